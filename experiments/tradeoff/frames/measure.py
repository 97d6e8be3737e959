"""Cosines between the features of trained models, and what frames have."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store

SMALLEST = 0.1
"""A feature is represented where its row has this norm, as part of the largest."""
N_RANDOM = 64


class Frames(NamedTuple):
    """Models of one activation, from the densest features to the sparsest, each (k, seeds).

    Attributes:
        density: p, (k,).
        loss: at the end.
        represented: number of features with a direction of their own.
        squared: mean squared cosine of pairs of represented features, over the least there is for
            as many directions, (N - m) / (m (N - 1)); nan where N <= m.
        largest: largest |cosine| over its least, the root of that number; nan likewise.
        negative: share of negative cosines in the sum of squares.
        crosstalk: mean squared cross-talk of the read-out W Wᵀ of represented features over the
            floor of a linear one, nan likewise.
        cosines: of all pairs of features of the best sparse model, (n, n).
    """

    density: np.ndarray
    loss: np.ndarray
    represented: np.ndarray
    squared: np.ndarray
    largest: np.ndarray
    negative: np.ndarray
    crosstalk: np.ndarray
    cosines: np.ndarray


class Measured(NamedTuple):
    """All activations.

    Attributes:
        frames: variant -> its models.
        shape: n_features and n_hidden.
        random: numbers of random directions: squared, largest, negative and crosstalk, the mean.
    """

    frames: Mapping[str, Frames]
    shape: tuple[int, int]
    random: Mapping[str, float]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Compare the directions of each model with frames.

    Args:
        datasets: {"linear", "relu", "gelu", "hidden_relu", "hidden_solu": sweeps of tied
            autoencoders over density and seed}.
    """
    frames = {name: frames_of(dataset) for name, dataset in datasets.items()}
    sizes = next(iter(datasets.values())).sizes
    shape = sizes["feature"], sizes["hidden"]
    drawn = np.random.default_rng(0).normal(size=(N_RANDOM, *shape))
    drawn /= np.linalg.norm(drawn, axis=-1, keepdims=True)
    rows = np.array([numbers(W) for W in drawn])
    names = ("represented", "squared", "largest", "negative", "crosstalk")
    return Measured(frames, shape, dict(zip(names, rows.mean(0), strict=True)))


def frames_of(dataset: xarray.Dataset) -> Frames:
    """The models of a variant."""
    dataset = dataset.sortby("density", ascending=False)
    W = dataset["W"].transpose("density", "seed", "feature", "hidden").to_numpy().astype(float)
    finished = store.finished(dataset).transpose("density", "seed").to_numpy()
    loss = dataset["loss"].isel(step=-1).transpose("density", "seed").to_numpy().astype(float)
    rows = np.array([[numbers(each) for each in row] for row in W])
    rows[~finished] = np.nan
    best = W[-1, np.where(finished[-1], loss[-1], np.inf).argmin()]
    represented, squared, largest, negative, crosstalk = np.moveaxis(rows, -1, 0)
    return Frames(
        density=dataset["density"].to_numpy().astype(float),
        loss=loss,
        represented=represented,
        squared=squared,
        largest=largest,
        negative=negative,
        crosstalk=crosstalk,
        cosines=cosines(best),
    )


def cosines(W: np.ndarray) -> np.ndarray:
    """Between all rows, 0 for a row of 0, (n, n)."""
    norms = np.linalg.norm(W, axis=-1, keepdims=True)
    unit = W / np.where(norms > 0, norms, 1.0)
    return unit @ unit.T


def numbers(W: np.ndarray) -> tuple[float, ...]:
    """Represented, squared, largest, negative and crosstalk of one W (n, m), as in `Frames`."""
    m = W.shape[1]
    norms = np.linalg.norm(W, axis=-1)
    kept = norms > SMALLEST * norms.max()
    count = int(kept.sum())
    if count < 2:
        return count, np.nan, np.nan, np.nan, np.nan
    W = W[kept]
    pairs = cosines(W)[~np.eye(count, dtype=bool)]
    least = (count - m) / (m * (count - 1)) if count > m else np.nan
    total = np.square(pairs).sum()
    read = W @ W.T
    read = (read / np.diagonal(read)[:, None])[~np.eye(count, dtype=bool)]
    return (
        count,
        total / len(pairs) / least,
        np.abs(pairs).max() / np.sqrt(least),
        np.square(pairs[pairs < 0]).sum() / max(total, 1e-12),
        np.square(read).mean() / least,  # the floor of a read-out is the same number
    )
