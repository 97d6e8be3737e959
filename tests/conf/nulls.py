"""Results of models that learned nothing, and of models that are put together by chance."""

from collections.abc import Callable

import numpy as np
import xarray

from superpos.app.config.variant import Variant
from superpos.store.grid import make_grid
from superpos.store.table import short_names

MOST, SEEDS, TOGETHER, BLOCKS = 7, 10, 15, 24
"""Values of an axis, seeds where they are one, and blocks of a course, that are judged. Axes that
vary together are whole up to TOGETHER values, as some of their values are compared."""
PARAMETERS = (
    *("W", "b", "weights", "biases"),
    *("W_enc", "W_dec", "b_enc", "b_dec", "threshold", "r_mag", "b_gate", "b_mag"),
)
"""What names of parameters begin with, and of their courses."""


def stretched(dataset: xarray.Dataset, variant: Variant) -> xarray.Dataset:
    """Results over the ends of each axis as if they were over all of it, or MOST of its values.

    Args:
        dataset: as a variant stores it that was cut down to the ends of its axes, and to 2 blocks.
        variant: as it is registered.

    Returns:
        The nearer of both ends at each value, with the axes of the variant.
    """
    axes = {name: np.asarray(values) for name, values in variant.axes.items()}
    places = {name: range(len(values)) for name, values in axes.items()}  # values may be words
    called = short_names(list(axes))
    for dim, names in make_grid(places, variant.zipped).dims.items():
        short, n = called[dim], len(axes[names[0]])
        most = SEEDS if [*names] == ["seed"] else MOST
        kept = _spread(n if len(names) > 1 and n <= TOGETHER else min(n, most), n)
        dataset = dataset.isel({short: _spread(len(kept), dataset.sizes[short])})
        for name in names:
            if called[name] in dataset.coords:
                dataset[called[name]] = (short, axes[name][kept])
    if dataset.sizes.get("step", 0) > 1:  # evenly from the first block to the last
        ends = dataset["step"].values
        blocks = np.linspace(ends[0], ends[-1], BLOCKS)
        steps = variant.plans[0].fit.n_steps * np.arange(1, BLOCKS + 1) // BLOCKS
        dataset = dataset.interp(step=blocks).assign_coords(step=steps)
    return dataset


def _spread(count: int, n: int) -> np.ndarray:
    """As many places as there are to be, from the first of n to the last, (count,)."""
    return np.round(np.linspace(0, n - 1, count)).astype(int)


def untrained(dataset: xarray.Dataset) -> xarray.Dataset:
    """Of models after two updates."""
    return dataset


def mislabelled(dataset: xarray.Dataset) -> xarray.Dataset:
    """Each axis in reverse order, but for its labels."""
    dims = dataset["status"].dims
    turned = dataset.isel({dim: slice(None, None, -1) for dim in dims})
    return turned.assign_coords({name: dataset[name] for name in dataset.coords})


def misplaced(dataset: xarray.Dataset) -> xarray.Dataset:
    """Of models of a feature in each neuron, whichever, and in every second one more against it."""
    found, rng = mislabelled(dataset), np.random.default_rng(0)
    for name, each in dataset.data_vars.items():
        if each.dims[-2:] == ("feature", "hidden"):
            eye = np.eye(each.sizes["hidden"], dtype=each.dtype)
            rows = np.concatenate([eye, -eye[1::2], np.zeros_like(eye, shape=each.shape[-2:])])
            order = rng.random(each.shape[:-1]).argsort(-1)
            found[name] = (each.dims, rows[order])
        elif each.dims[-1:] == ("feature",) and name == "b":
            found[name] = xarray.zeros_like(each)
    return found


def noise(dataset: xarray.Dataset) -> xarray.Dataset:
    """Of models whose parameters are drawn at random."""
    return _with_parameters(dataset, np.random.default_rng(1).standard_normal)


def nothing(dataset: xarray.Dataset) -> xarray.Dataset:
    """Of models whose parameters are next to 0."""
    rng = np.random.default_rng(2)
    return _with_parameters(dataset, lambda shape: 1e-3 * rng.standard_normal(shape))


def _with_parameters(
    dataset: xarray.Dataset, make: Callable[[tuple[int, ...]], np.ndarray]
) -> xarray.Dataset:
    found = dataset.copy()
    for name, each in dataset.data_vars.items():
        if str(name).split(".")[0].removesuffix("_path") in PARAMETERS:
            found[name] = (each.dims, make(each.shape).astype(each.dtype))
    return found


NULLS = (untrained, mislabelled, misplaced, noise, nothing)
