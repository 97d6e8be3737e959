"""A result over two axes of the sweep: a heat map, whose cells show models on a page."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from superpos.app.findings import Cell
from superpos.app.plots.curves import is_wide
from superpos.app.plots.figures import PAGE, new_figure, styled
from superpos.app.plots.named import along, best_of_seeds, check_dim, final, labels
from superpos.app.report.cells import cells_of
from superpos.arguments import ArgumentError
from superpos.store.grid import SEED

if TYPE_CHECKING:
    import xarray

FEW = 6
"""A side of a heat map whose numbers are written into its cells."""


@styled
def heat_map(dataset: "xarray.Dataset", *, x: str, y: str, value: str = "loss") -> Figure:
    """A result at the end over two axes of a sweep, the mean over seeds.

    Args:
        dataset: a sweep.
        x: the dimension that runs to the right.
        y: the dimension that runs up.
        value: the name of the result, one number a model.

    Raises:
        ArgumentError: a name is not there, or other dimensions are left; one line.
    """
    figure, axis = new_figure(1, 1, width=PAGE / 1.5, height=3.4)
    draw_map(figure, axis, final(dataset, value), x, y, value)
    return figure


def draw_map(
    figure: Figure, axis: Any, values: "xarray.DataArray", x: str, y: str, value: str
) -> Any:
    """Draw what `heat_map` says, of values over its dimensions, `seed` among them or not.

    Returns:
        The mesh.
    """
    for name, dim in (("x", x), ("y", y)):
        check_dim(name, dim, values.dims)
    if x == y:
        raise ArgumentError(f"y={y!r}: expected another dimension than x")
    for dim in values.dims:
        if dim not in (x, y, SEED) and values.sizes[dim] > 1:
            raise ArgumentError(
                f"{dim}: {values.sizes[dim]} values, expected one; take it by .isel or .sel"
            )
    shades = values.mean([dim for dim in values.dims if dim not in (x, y)]).transpose(y, x)
    numbers = shades.to_numpy()
    norm = LogNorm() if is_wide(numbers) else Normalize()
    mesh = axis.pcolormesh(numbers, cmap="viridis", norm=norm)
    figure.colorbar(mesh, ax=axis, label=value)
    _label(axis.xaxis, labels(shades, x))
    _label(axis.yaxis, labels(shades, y))
    if max(numbers.shape) <= FEW:
        _write(axis, mesh, numbers)
    axis.set(xlabel=x, ylabel=y)
    return mesh


def cells(dataset: "xarray.Dataset", mesh: Any, *, x: str, y: str, value: str) -> list[Cell]:
    """What a page says of each cell: the result there, and the weights of its best model.

    Args:
        dataset: of autoencoders, with W and b.
        mesh: what `draw_map` returned, in a figure that has been saved.
        x: as `heat_map` was given it.
        y: as `heat_map` was given it.
        value: as `heat_map` was given it.

    Returns:
        Cells, row by row; none where some point has no finished model of the same size.
    """
    best = best_of_seeds(dataset)
    along(best, x, (y,))
    mean = final(dataset, value).mean(SEED) if SEED in dataset["status"].dims else None
    W, b = (final(best, name).squeeze().transpose(y, x, ...).to_numpy() for name in ("W", "b"))
    if not (np.isfinite(W).all() and np.isfinite(b).all()):
        return []
    shown = (final(best, value) if mean is None else mean).squeeze().transpose(y, x).to_numpy()
    rows, columns = labels(best, y), labels(best, x)
    return cells_of(
        mesh,
        texts=lambda row, column: {
            x: columns[column],
            y: rows[row],
            f"mean {value}": f"{shown[row, column]:.4g}",
        },
        W=W,
        b=b,
    )


def _label(ticks: Any, texts: list[str]) -> None:
    """Ticks in the middle of cells, at most seven of them."""
    step = -(-len(texts) // 7)
    turned = 30 if ticks.axis_name == "x" and len("".join(texts[::step])) > 24 else 0
    ticks.set_ticks(np.arange(0, len(texts), step) + 0.5, texts[::step], rotation=turned)


def _write(axis: Any, mesh: Any, numbers: np.ndarray) -> None:
    """Write each number into its cell, dark on what is light."""
    for (row, column), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            light = np.mean(mesh.to_rgba(number)[:3]) > 0.5
            axis.text(
                column + 0.5, row + 0.5, f"{number:.2g}", ha="center", va="center", fontsize=8,
                color="black" if light else "white",
            )  # fmt: skip
