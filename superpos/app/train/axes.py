"""Figures of what was swept: results against the axes, and the models themselves."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray

from superpos.app import plots
from superpos.app.findings import Figure
from superpos.app.plots.curves import draw_curve
from superpos.app.plots.figures import new_figure, save
from superpos.app.plots.maps import cells, draw_map
from superpos.app.plots.named import LOSS, final, members
from superpos.store.best import LeftOutWarning
from superpos.store.grid import SEED
from superpos.train import store

RESULTS = (LOSS, "features_per_dimension", "explained_variance_centred", "code_l0", "f1")
"""What is drawn: the first two of these that were measured."""
MOST_ARROWS = 20
"""Models of which arrows are drawn."""
BEST = "Of several seeds the model with the least loss is shown."


def draw_axes(name: str, dataset: xarray.Dataset, folder: Path) -> list[Figure]:
    """Draw results at the end against one axis or over two, and models of two hidden dimensions.

    Args:
        name: of the sweep, which the names of the files begin with.
        dataset: the sweep.
        folder: where the figures go.

    Returns:
        Figures; none where nothing was swept or measured, or where there are more than two axes.
    """
    axes = [dim for dim in members(dataset) if dim != SEED and dataset.sizes[dim] > 1]
    dataset = dataset.squeeze([dim for dim in members(dataset) if dim not in (*axes, SEED)])
    results = [each for each in RESULTS if _is_number(dataset, each)][:2]
    figures: list[Figure] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftOutWarning)  # captions say which models are shown
        if results and len(axes) == 1:
            figures.append(_curves(f"{name}_axis.png", dataset, axes[0], results, folder))
        elif results and len(axes) == 2:
            figures.append(_maps(f"{name}_axes.png", dataset, axes, results, folder))
        if len(axes) < 2 and _has_arrows(dataset):
            figures.append(_arrows(f"{name}_arrows.png", dataset, axes, folder))
    return figures


def _curves(
    file: str, dataset: xarray.Dataset, axis: str, results: Sequence[str], folder: Path
) -> Figure:
    figure, panels = new_figure(1, len(results), height=3.2, squeeze=False)
    for panel, each in zip(panels.flat, results, strict=True):
        draw_curve(panel, final(dataset, each), axis, each, None)
    save(figure, folder / file)
    caption = (
        f"Results at the end of training against {axis}: the mean over seeds, and the middle 80 %"
        " of them as a band."
    )
    return Figure(file, f"{' and '.join(results)} against {axis}.", caption)


def _maps(
    file: str, dataset: xarray.Dataset, axes: Sequence[str], results: Sequence[str], folder: Path
) -> Figure:
    y, x = axes
    figure, panels = new_figure(1, len(results), height=3.6, squeeze=False)
    meshes = [
        draw_map(figure, panel, final(dataset, each), x, y, each)
        for panel, each in zip(panels.flat, results, strict=True)
    ]
    save(figure, folder / file)
    models = _is_whole(dataset) and {"W", "b"} <= {*dataset.data_vars}
    found = cells(dataset, meshes[0], x=x, y=y, value=results[0]) if models else []
    caption = f"Results at the end of training over {x} and {y}, means over seeds."
    caption += f" {BEST}" if found else ""
    return Figure(file, f"{' and '.join(results)} over {x} and {y}.", caption, found)


def _arrows(file: str, dataset: xarray.Dataset, axes: Sequence[str], folder: Path) -> Figure:
    over = axes[0] if axes else None
    save(plots.arrows(dataset, over=over), folder / file)
    return Figure(
        file,
        f"Arrows of feature directions in two dimensions{f', at each {over}' if over else ''}.",
        "Each arrow is the direction that a feature has in the two hidden dimensions; the circle"
        f" has radius 1. {BEST}",
    )


def _is_number(dataset: xarray.Dataset, name: str) -> bool:
    """Whether a result was measured, is one number of each model, and finite for some."""
    if name not in dataset or not dataset[name].size:
        return False
    values = final(dataset, name)
    return {*values.dims} == {*dataset["status"].dims} and bool(np.isfinite(values).any())


def _is_whole(dataset: xarray.Dataset) -> bool:
    """Whether there is a best model at each point."""
    if not _is_number(dataset, LOSS):
        return False
    usable = store.finished(dataset) & np.isfinite(final(dataset, LOSS))
    return bool((usable.any(SEED) if SEED in usable.dims else usable).all())


def _has_arrows(dataset: xarray.Dataset) -> bool:
    """Whether the models are few, and all have two hidden dimensions."""
    if "W" not in dataset or dataset["W"].dims[-2:] != ("feature", "hidden"):
        return False
    points = dataset["status"].size // dataset.sizes.get(SEED, 1)
    two = dataset.sizes["hidden"] == 2 and not dataset["W"].isnull().any()
    return bool(two) and points <= MOST_ARROWS and _is_whole(dataset)
