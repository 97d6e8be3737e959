"""Latents of a parent and a child: where they are on, and what their weights are made of."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

from experiments.saes.codes import parameters, relu_code, unit
from superpos.data import directions
from superpos.train import store

ACTIVE = 0.01
"""A latent is active above this; features that are on are 1."""
N_EXAMPLES = 20_000


class Latents(NamedTuple):
    """The latents that stand for the parent (0) and the child (1).

    Attributes:
        coefficient: of L1, (coefficients,).
        recall: of the parent's latent where the child and the parent are on, (coefficients, seeds).
        precision: of the parent's latent, (coefficients, seeds).
        encoder: components of latents along features, (coefficients, seeds, latents, features).
        decoder: cosines of latents with features, of the same shape.
    """

    coefficient: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    encoder: np.ndarray
    decoder: np.ndarray

    def at(self, coefficient: float) -> "Latents":
        """Those of the nearest coefficient there is."""
        place = int(np.argmin(np.abs(self.coefficient - coefficient)))
        return Latents(*(values[[place]] for values in self))


class Measured(NamedTuple):
    """The four variants, by name."""

    absorbed: Latents
    tied: Latents
    partial: Latents
    varying: Latents


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Measure the latents of each variant on fresh examples of its data.

    Args:
        datasets: {"absorbed", "tied", "partial" and "varying": sweeps over coefficient and seed}.
    """
    return Measured(**{name: latents_of(datasets[name]) for name in Measured._fields})


def latents_of(dataset: xarray.Dataset) -> Latents:
    """The latents of one variant; nan for what did not finish."""
    features = directions.orthonormal(0, 2, dataset.sizes["input"]).astype(float)
    given = parameters(dataset, "coefficient", "seed")
    finished = store.finished(dataset).transpose("coefficient", "seed").to_numpy()
    decoder = unit(given["W_dec"]) @ features.T
    encoder = np.swapaxes(given["W_enc"], -1, -2) @ features.T
    order = _order(decoder)
    on = examples(store.config_of(dataset))
    code = np.take_along_axis(relu_code(on @ features, given), order[..., None, :], -1)
    fired, parent, child = code[..., 0] > ACTIVE, on[:, 0] != 0, on[:, 1] != 0
    both = parent & child
    right = (fired & parent).sum(-1)
    return Latents(
        coefficient=dataset["coefficient"].to_numpy().astype(float),
        recall=np.where(finished, fired[..., both].mean(-1), np.nan),
        precision=np.where(finished, right / np.maximum(fired.sum(-1), 1), np.nan),
        encoder=np.take_along_axis(encoder, order[..., None], -2),
        decoder=np.take_along_axis(decoder, order[..., None], -2),
    )


def _order(decoder: np.ndarray) -> np.ndarray:
    """Latents by how much more of the parent than of the child they have, (..., 2)."""
    return np.argsort(decoder[..., 1] - decoder[..., 0], axis=-1, kind="stable")


def examples(config: Mapping[str, Any]) -> np.ndarray:
    """Feature values of fresh examples of the data, (N_EXAMPLES, 2)."""
    family = {name: config[f"data.data.data.{name}"] for name in ("density", "without_parent")}
    rng = np.random.default_rng(0)
    u = rng.random((2, N_EXAMPLES))
    parent = u[0] < family["density"]
    child = u[1] < np.where(
        parent, config["data.data.data.with_parent"][0], family["without_parent"]
    )
    values = np.ones((N_EXAMPLES, 2))
    if config["data.data.data.magnitude.kind"] == "normal":
        mean, std = (config[f"data.data.data.magnitude.{name}"] for name in ("mean", "std"))
        values = mean + std * rng.standard_normal((N_EXAMPLES, 2))
    return np.stack([parent, child], axis=-1) * values
