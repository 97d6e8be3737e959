"""A result against an axis of the sweep: mean and spread over seeds, D_i, and frontiers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from superpos import metrics
from superpos.app.plots.figures import PAGE, PALETTE, log_ticks, new_figure, styled
from superpos.app.plots.named import against, check_dim, final, labels, members
from superpos.arguments import ArgumentError
from superpos.store.grid import SEED

if TYPE_CHECKING:
    import xarray

MOST_LINES = len(PALETTE)
SPREAD = (0.1, 0.9)
"""Quantiles of the seeds between which the spread is drawn."""
LEVELS = {1: "1", 3 / 4: "3/4", 2 / 3: "2/3", 1 / 2: "1/2", 2 / 5: "2/5", 3 / 8: "3/8"}
"""D_i of a feature alone, and in a tetrahedron, triangle, digon, pentagon and square antiprism."""
MOST_TICKS = 6
NUMBERS = "fiu"
"""Kinds of NumPy's dtypes that lie along an axis; anything else stands side by side."""
WIDE = 10.0
"""An axis whose largest value is so many times its smallest is logarithmic."""
MARKERS = "osD^vPX*"


@styled
def curve(dataset: "xarray.Dataset", *, x: str, y: str = "loss", by: str | None = None) -> Figure:
    """A result against an axis: the mean over seeds, and the middle 80 % of them as a band.

    Args:
        dataset: a sweep.
        x: a dimension: an axis of the sweep, or one along which the result was measured in
            training. Elsewhere the result is that at the end.
        y: the name of the result, one number a model.
        by: a dimension with a line for each of its values, at most eight.

    Raises:
        ArgumentError: a name is not there, or other dimensions are left; one line.
    """
    figure, axis = new_figure(1, 1, width=PAGE / 1.5, height=3.4)
    draw_curve(axis, against(dataset, y, x), x, y, by)
    return figure


def draw_curve(axis: Any, values: "xarray.DataArray", x: str, y: str, by: str | None) -> None:
    """Draw what `curve` says, of values over its dimensions, `seed` among them or not."""
    check_dim("x", x, values.dims)
    _set_axis(axis, values, x)
    places = _places(values, x)
    for label, colour, line in _lines(values, x, by):
        line = (
            line if SEED in line.dims else line.drop_vars(SEED, errors="ignore").expand_dims(SEED)
        )
        over = [dim for dim in line.dims if dim != x]
        there = line.notnull().any(over).to_numpy()
        line, at = line.isel({x: there}), places[there]
        low, high = line.quantile(SPREAD, over)
        mean = line.mean(over)
        if values[x].dtype.kind in NUMBERS:
            axis.plot(at, mean, "o-", color=colour, markersize=3.5, label=label)
            axis.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)
        else:
            axis.plot(at, mean, "o", color=colour, markersize=5, label=label)
            axis.vlines(at, low, high, color=colour)
    _finish(axis, values, y, by)


@styled
def dimensionality(
    dataset: "xarray.Dataset", *, x: str, weights: str = "W", levels: bool = True
) -> Figure:
    """The dimensionality D_i of each feature against an axis, a dot for each feature and model.

    Args:
        dataset: a sweep.
        x: a dimension: an axis of the sweep, or, of weights that were kept in training
            (weights="W_path"), the steps.
        weights: the name of the weights, features by hidden dimensions.
        levels: whether lines are drawn where the polytopes are.

    Raises:
        ArgumentError: a name is not there; one line.

    Reference:
        Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition".
    """
    W = against(dataset, weights, x)
    *_, feature, hidden = W.dims
    D = metrics.feature_dimensionality(W.fillna(0.0))
    D = D.where(W.notnull().any(str(hidden)) & (D > 0))
    check_dim("x", x, tuple(dim for dim in D.dims if dim != feature))
    figure, axis = new_figure(1, 1, width=PAGE / 1.5, height=3.4)
    for level, text in LEVELS.items() if levels else ():
        axis.axhline(level, color="#BBBBBB", linewidth=0.8, zorder=0)
        place = {"2/5": "bottom", "3/8": "top"}.get(text, "center")
        transform = axis.get_yaxis_transform()
        axis.text(1.01, level, text, va=place, fontsize=8, transform=transform)
    _set_axis(axis, D, x)
    places = _places(D, x)
    rows = D.transpose(x, ...).to_numpy().reshape(len(places), -1)
    alpha = max(0.08, min(1.0, 40 / rows.shape[1]))
    axis.plot(places, rows, "o", color=PALETTE[0], markersize=3, alpha=alpha, markeredgewidth=0)
    axis.set(ylabel="dimensionality $D_i$", ylim=(0, 1.05))
    return figure


@styled
def frontier(
    dataset: "xarray.Dataset",
    *,
    x: str = "code_l0",
    y: str = "explained_variance_centred",
    by: str | None = None,
) -> Figure:
    """One result at the end against another one, such as explained variance or F1 against L0.

    A dot is the mean over seeds; those of a line are joined from left to right.

    Args:
        dataset: a sweep.
        x: the name of the result that runs to the right, one number a model.
        y: the name of the other one.
        by: a dimension with a line for each of its values, at most eight.

    Raises:
        ArgumentError: a name is not there; one line.
    """
    over = [dim for dim in members(dataset) if dim == SEED]
    pair = [final(dataset, name).mean(over) for name in (x, y)]
    figure, axis = new_figure(1, 1, width=PAGE / 1.5, height=3.4)
    lines = zip(*(_lines(each, None, by) for each in pair), strict=True)
    for at, ((label, colour, left), (_, _, up)) in enumerate(lines):
        right, up = left.to_numpy().ravel(), up.to_numpy().ravel()
        order = np.argsort(right)
        marker = MARKERS[at % len(MARKERS)]
        axis.plot(right[order], up[order], f"{marker}-", color=colour, markersize=4, label=label)
    if is_wide(pair[0].to_numpy()):
        axis.set_xscale("log")
    axis.set_xlabel(x)
    _finish(axis, pair[1], y, by)
    return figure


def _lines(
    values: "xarray.DataArray", x: str | None, by: str | None
) -> "Iterator[tuple[str, str, xarray.DataArray]]":
    """Label, colour and values of each line."""
    if by is not None:
        check_dim("by", by, tuple(dim for dim in values.dims if dim != x))
        if values.sizes[by] > MOST_LINES:
            raise ArgumentError(
                f"by={by!r}: {values.sizes[by]} values, expected at most {MOST_LINES}"
            )
    if x is not None:
        for dim in values.dims:
            if dim not in (x, by, SEED) and values.sizes[dim] > 1:
                raise ArgumentError(
                    f"{dim}: {values.sizes[dim]} values, expected one; take it by .isel or .sel, or"
                    f" as by={dim!r}"
                )
    ordered = by is not None and values[by].dtype.kind in NUMBERS and values.sizes[by] > 2
    names = [""] if by is None else labels(values, by)
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(names)))
    for at, label in enumerate(names):
        colour = to_hex(shades[at]) if ordered else PALETTE[at]
        yield label, colour, values.isel({by: at}) if by else values


def _places(values: "xarray.DataArray", dim: str) -> np.ndarray:
    """Where the values of a dimension are: they themselves, or whole numbers for texts."""
    coordinate = values[dim].to_numpy()
    return coordinate if coordinate.dtype.kind in NUMBERS else np.arange(len(coordinate))


def _set_axis(axis: Any, values: "xarray.DataArray", dim: str) -> None:
    """Name the x axis, with ticks at some of its values where it is logarithmic, or of texts."""
    places, texts = _places(values, dim), labels(values, dim)
    axis.set_xlabel(dim)
    some = slice(None, None, -(-len(places) // MOST_TICKS))
    if values[dim].dtype.kind not in NUMBERS:
        axis.set_xticks(places, texts, rotation=30 if len(texts) > 4 else 0)
    elif is_wide(places):
        log_ticks(axis, places[some], "{:.2g}")


def _finish(axis: Any, values: "xarray.DataArray", y: str, by: str | None) -> None:
    """Name the y axis, logarithmic where values are wide, and the lines."""
    axis.set_ylabel(y)
    if is_wide(values.to_numpy()):
        axis.set_yscale("log")
    if by is not None:
        axis.legend(frameon=False, title=by, loc="center left", bbox_to_anchor=(1.0, 0.5))


def is_wide(values: np.ndarray) -> bool:
    """Whether positive numbers differ so much that they are told apart on a logarithmic axis."""
    known = values[np.isfinite(values)]
    return bool(known.size) and 0 < known.min() * WIDE < known.max()
