"""Recovery of the true features by each dictionary, and what one sees without knowing them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.saes.codes import unit
from experiments.saes.truth import drawn_directions
from superpos.train import store

SILENT = 200
"""Updates after which a latent that did not fire is dead, of those of the run if it has fewer."""


class Grid(NamedTuple):
    """All dictionaries, over their size and the penalty; nan for those that did not finish.

    Attributes:
        ratio: latents per true feature, from small to large, (sizes,).
        coefficient: of the penalty, from small to large, (penalties,).
        mmcs: of the true features with the dictionary, (sizes, penalties).
        dead: part of the latents that are dead at the end, (sizes, penalties).
        mse: error of the reconstruction in the last block, (sizes, penalties).
        proxy: mean over larger dictionaries with the same penalty of the MMCS of this one's latents
            with them; nan for the largest, (sizes, penalties).
        chance: MMCS of as many random directions, (sizes,).
        cosine: of each true feature with its nearest latent, (sizes, penalties, n_features).
        share: density of each true feature as part of that of the first, (n_features,).
    """

    ratio: np.ndarray
    coefficient: np.ndarray
    mmcs: np.ndarray
    dead: np.ndarray
    mse: np.ndarray
    proxy: np.ndarray
    chance: np.ndarray
    cosine: np.ndarray
    share: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Grid:
    """Measure the dictionaries at the end of training.

    Args:
        datasets: any number of sweeps over coefficient and width, of the same coefficients.
    """
    one = next(iter(datasets.values()))
    truth = drawn_directions(one)
    parts = sorted((part for each in datasets.values() for part in _of_widths(each)), key=_width)
    widths, W = [width for width, *_ in parts], [rows for _, rows, *_ in parts]
    cosine = np.array([_largest(truth, rows).astype(float) for rows in W])
    decay = store.config_of(one)["data.data.data.decay"]
    return Grid(
        ratio=np.array(widths) / len(truth),
        coefficient=one["coefficient"].to_numpy().astype(float),
        mmcs=cosine.mean(-1),
        dead=np.array([dead for *_, dead, _ in parts]),
        mse=np.array([mse for *_, mse in parts]),
        proxy=np.array([_proxy(rows, W[at + 1 :]) for at, rows in enumerate(W)]),
        chance=np.array([chance(truth, width) for width in widths]),
        cosine=cosine,
        share=decay ** np.arange(len(truth)),
    )


def chance(truth: np.ndarray, n_latents: int) -> float:
    """MMCS of random directions, the mean of 20 dictionaries."""
    rows = np.random.default_rng(0).normal(size=(20, n_latents, truth.shape[1]))
    return float(_largest(truth, rows).mean())


def _of_widths(dataset: xarray.Dataset) -> list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
    """Width, decoders (penalties, width, d_in), dead latents and error (penalties,) of each."""
    found = dataset.where(store.finished(dataset)).isel(seed=0)
    steps = int(dataset["step"][-1])
    parts = []
    for at, width in enumerate(dataset["width"].to_numpy().astype(int)):
        each = found.isel(width=at).transpose("coefficient", ...)
        silent = each["state.silent"].to_numpy()[:, :width]
        dead = np.where(np.isnan(silent), np.nan, silent >= min(SILENT, steps)).mean(-1)
        rows = each["W_dec"].transpose("coefficient", "latent", "input").to_numpy()[:, :width]
        parts.append((int(width), rows, dead, each["mse"].isel(step=-1).to_numpy().astype(float)))
    return parts


def _width(part: tuple[int, np.ndarray, np.ndarray, np.ndarray]) -> int:
    return part[0]


def _largest(rows: np.ndarray, dictionaries: np.ndarray) -> np.ndarray:
    """The largest cosine of each row with one of a dictionary, (..., rows).

    In NumPy, as there are too many shapes to compile a program for each.
    """
    return (unit(rows) @ np.swapaxes(unit(dictionaries), -1, -2)).max(-1)


def _proxy(rows: np.ndarray, larger: list[np.ndarray]) -> np.ndarray:
    """Mean over larger dictionaries of the MMCS of these latents with them, (penalties,)."""
    if not larger:
        return np.full(len(rows), np.nan)
    return np.mean([_largest(rows, other).mean(-1) for other in larger], axis=0).astype(float)
