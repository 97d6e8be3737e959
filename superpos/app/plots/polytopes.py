"""The polytopes that features in superposition form."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from superpos import metrics
from superpos.app.plots.figures import PALETTE, panel_figure, styled
from superpos.app.plots.named import panels
from superpos.arguments import ArgumentError

if TYPE_CHECKING:
    import xarray

MOST_SETS = 12
REPRESENTED = 0.5
"""A feature is represented when its norm exceeds this (Elhage et al. 2022, W_i ~ 0 or 1)."""


@styled
def polytopes(dataset: "xarray.Dataset", *, weights: str = "W", edge: float = 0.1) -> Figure:
    """The sets of features of one model that interfere with each other, largest first, at most 12.

    Each is drawn along its directions of largest extent, with its name and the dimensions that a
    feature of it has. Features of norm below 0.5 are left out.

    Args:
        dataset: a sweep, in which one model is left, but for its seeds.
        weights: the name of the result that is drawn.
        edge: two features whose inner product is larger than this are joined, >= 0.

    Raises:
        ArgumentError: as `arrows`; or no feature has a norm of 0.5.

    Reference:
        Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition".
    """
    [panel] = panels(dataset, None, weights)
    W = panel.W[np.linalg.norm(panel.W, axis=1) > REPRESENTED]
    if not len(W):
        raise ArgumentError(f"weights={weights!r}: no feature has a norm above {REPRESENTED}")
    factors = np.asarray(metrics.tegum_factors(W, threshold=edge))
    D = np.asarray(metrics.feature_dimensionality(W))
    sets = sorted((np.flatnonzero(factors == at) for at in np.unique(factors)), key=len)[::-1]
    solid = max(map(len, sets)) > 3
    figure, axes = panel_figure(min(len(sets), MOST_SETS), "3d" if solid else None)
    for axis, rows in zip(axes, sets, strict=False):
        _draw_polytope(axis, W[rows], edge, n_dims=3 if solid else 2)
        name = metrics.polytope_of(W[rows])
        axis.set_title(f"{name}\n$D_i$ = {D[rows].mean():.2f}")
    return figure


def _draw_polytope(axis: Any, rows: np.ndarray, edge: float, n_dims: int) -> None:
    """Rows (k, m) along their directions of largest extent, with their edges."""
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    space = rows @ directions[:n_dims].T
    space = np.pad(space, [(0, 0), (0, n_dims - space.shape[1])])
    product = rows @ rows.T
    for i, j in zip(*np.triu_indices(len(rows), 1), strict=True):
        if abs(product[i, j]) > edge:
            colour = PALETTE[3] if product[i, j] > 0 else PALETTE[0]
            axis.plot(*space[[i, j]].T, color=colour, linewidth=1)
    for point in space:
        axis.plot(*np.stack([0 * point, point], axis=1), color="#BBBBBB", linewidth=0.8)
    axis.plot(*space.T, "o", color=PALETTE[7], markersize=4)
    axis.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
    if n_dims == 3:
        axis.set(zlim=(-1.2, 1.2))
        axis.set_box_aspect((1, 1, 1), zoom=1.8)
    else:
        axis.set_aspect("equal")
    axis.axis("off")
