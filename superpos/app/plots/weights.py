"""Pictures of weights: W Wᵀ, who interferes with whom, and norms.

Each takes the Dataset of a sweep and draws a panel for each value of the dimension `over`; without
it, a single model has to be left. Of several seeds the model with the least loss is drawn.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from superpos import metrics
from superpos.app.plots.figures import PALETTE, panel_figure, styled
from superpos.app.plots.named import panels

if TYPE_CHECKING:
    import xarray

MOST_NUMBERED = 20
"""Features of a graph that are told by their numbers; more are too close to each other."""
EDGE = 0.1
"""An inner product of two features up to this size is not drawn."""


@styled
def gram(dataset: "xarray.Dataset", *, over: str | None = None, weights: str = "W") -> Figure:
    """W Wᵀ: on the diagonal how well each feature is kept, beside it what it does to others.

    Args, Raises:
        as `arrows`, for any number of hidden dimensions.
    """
    found = [(panel.title, panel.W @ panel.W.T) for panel in panels(dataset, over, weights)]
    most = max(np.abs(product).max(initial=0) for _, product in found) or 1.0
    figure, axes = panel_figure(len(found))
    shades = ScalarMappable(Normalize(-most, most), "RdBu_r")
    for axis, (title, product) in zip(axes, found, strict=True):
        axis.imshow(product, cmap=shades.cmap, norm=shades.norm)
        axis.set(title=title, xticks=[], yticks=[])
    axes[0].set(xlabel="feature", ylabel="feature")
    figure.colorbar(shades, ax=axes, label="$W W^T$", shrink=0.8)
    return figure


@styled
def interference_graph(
    dataset: "xarray.Dataset", *, over: str | None = None, weights: str = "W"
) -> Figure:
    """Features as dots, as large as their norms; a line joins two that are not orthogonal.

    Lines are as wide as inner products are large, blue where they are negative.

    Args, Raises:
        as `arrows`, for any number of hidden dimensions.
    """
    return _each(dataset, over, weights, _draw_graph)


@styled
def norms(dataset: "xarray.Dataset", *, over: str | None = None, weights: str = "W") -> Figure:
    """The norm of each feature as a bar, coloured by the interference from all the others.

    Args, Raises:
        as `arrows`, for any number of hidden dimensions.

    Reference:
        Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition".
    """
    figure = _each(dataset, over, weights, draw_norms)
    figure.supxlabel(r"norm $\|W_i\|$", fontsize=9)
    figure.supylabel("feature", fontsize=9)
    shades = ScalarMappable(Normalize(0, 1), "cividis")
    label = r"interference $\sum_{j \neq i} (\hat{W}_i \cdot W_j)^2$"
    figure.colorbar(shades, ax=figure.axes, label=label, extend="max", shrink=0.8)
    return figure


def draw_norms(axis: Any, W: np.ndarray) -> None:
    """Draw the norms of the rows of W (n, m) as bars, the first at the top, by interference."""
    interference = np.asarray(metrics.interference(W))
    colours = matplotlib.colormaps["cividis"](np.clip(interference, 0, 1))
    axis.barh(np.arange(len(W)), np.linalg.norm(W, axis=-1), color=colours, height=0.9)
    axis.set(xlim=(0, 1.3), yticks=[])
    axis.invert_yaxis()


def _each(
    dataset: "xarray.Dataset",
    over: str | None,
    weights: str,
    draw: Callable[[Any, np.ndarray], None],
) -> Figure:
    found = panels(dataset, over, weights)
    figure, axes = panel_figure(len(found))
    for axis, panel in zip(axes, found, strict=True):
        draw(axis, panel.W)
        axis.set_title(panel.title)
        axis.label_outer()
    return figure


def _draw_graph(axis: Any, W: np.ndarray) -> None:
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(W)) / len(W)
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    product = W @ W.T
    for i, j in zip(*np.triu_indices(len(W), 1), strict=True):
        if abs(product[i, j]) > EDGE:
            colour = PALETTE[3] if product[i, j] > 0 else PALETTE[0]
            width = 4 * min(1.0, abs(product[i, j]))
            axis.plot(*places[[i, j]].T, color=colour, linewidth=width, alpha=0.7, zorder=1)
    sizes = 60 * np.minimum(1.5, np.linalg.norm(W, axis=1)) ** 2
    axis.scatter(*places.T, s=sizes, color=PALETTE[7], zorder=2)
    for number, place in enumerate(places if len(W) <= MOST_NUMBERED else (), 1):
        axis.text(*(1.22 * place), f"{number}", ha="center", va="center", fontsize=7)
    axis.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal")
    axis.axis("off")
