"""The figure of the phase diagram: trained, exact optimum, disagreement, and models of it."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke

from experiments.elhage.phase_change import theory
from experiments.elhage.phase_change.measure import Diagram, interior
from superpos import metrics
from superpos.app.findings import Figure
from superpos.app.plots.figures import log_ticks, new_figure, save
from superpos.app.report.cells import cells_of

SHADES = matplotlib.colormaps["cividis"]
"""Of interference, from none to all of a dimension."""
MOST_MODELS = 3


def draw(measured: Diagram, folder: Path) -> list[Figure]:
    """Draw the diagrams above and some models below; each point of the left one has its model."""
    figure, whole = new_figure(1, 1, width=10, height=6.2)
    whole.remove()
    grid = figure.add_gridspec(2, 12, height_ratios=(1.7, 1))
    left = figure.add_subplot(grid[0, :4])
    others = [figure.add_subplot(grid[0, at : at + 4], sharex=left, sharey=left) for at in (4, 8)]
    points = _draw_features(left, measured, measured.W, "trained, best of restarts")
    _draw_features(others[0], measured, measured.W_exact, "exact optimum")
    _draw_disagreement(figure, others[1], measured)
    if measured.fragile is not None:
        _mark(left, measured, measured.fragile, "o", color="#D55E00", mfc="none")
    for axis in (left, *others):
        log_ticks(axis, _ticks(measured.densities), "{:.2g}")
        log_ticks(axis, _ticks(measured.importances), "{:.2g}", along="y")
        axis.set_xlabel("density $p = 1 - S$")
    for axis in others:
        axis.tick_params(labelleft=False)
    left.set_ylabel("relative importance $r$ of the extra feature")
    left.invert_xaxis()
    _draw_key(figure.add_subplot(grid[1, :3]))
    for at, place in enumerate(_examples(measured), 1):
        _draw_model(figure.add_subplot(grid[1, 3 * at : 3 * at + 3]), measured, place)
    save(figure, folder / "phase_diagram.png")
    cells = cells_of(
        points,
        texts=lambda row, column: _texts(measured, (column, row)),
        W=np.swapaxes(measured.W, 0, 1),
        b=np.swapaxes(measured.b, 0, 1),
    )
    return [Figure("phase_diagram.png", _alt(measured), _caption(measured), cells)]


def colours_of(norm: np.ndarray, interference: np.ndarray) -> np.ndarray:
    """Colours of features: from white to full by norm, from dark to yellow by interference.

    Args:
        norm: of each, clipped to [0, 1].
        interference: of each, clipped to [0, 1], of the same shape.

    Returns:
        Red, green and blue, (..., 3).
    """
    full = SHADES(np.clip(interference, 0, 1))[..., :3]
    weight = np.clip(norm, 0, 1)[..., None]
    return weight * full + (1 - weight)


def _examples(diagram: Diagram) -> list[tuple[int, int]]:
    """A point in the middle of each of the largest regions of trained models, at most three."""
    places = []
    sizes = np.bincount(diagram.trained.ravel(), minlength=len(diagram.phases))
    for phase in np.argsort(-sizes, kind="stable")[:MOST_MODELS]:
        region = diagram.trained == phase
        inner = region & interior(diagram.trained)
        points = np.argwhere(inner if inner.any() else region)
        if len(points):
            distances = np.square(points - points.mean(0)).sum(1)
            places.append(tuple(points[distances.argmin()].tolist()))
    return places


def _draw_key(axis: Any) -> None:
    """Which colour stands for which norm and interference."""
    steps = np.linspace(0, 1, 41)
    norm, interference = np.meshgrid(steps, steps)
    axis.imshow(colours_of(norm, interference), origin="lower", extent=(0, 1, 0, 1))
    axis.set(title="colour", xlabel=r"norm $\|W_e\|$ of the extra feature $e$")
    axis.set(ylabel="its interference\n" + r"$\sum_{j \neq e} (\hat{W}_e \cdot W_j)^2$")
    axis.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])


def _draw_model(axis: Any, diagram: Diagram, at: tuple[int, int]) -> None:
    """W Wᵀ and b of the model at a point, with their numbers."""
    W, b = diagram.W[at], diagram.b[at]
    n = len(W)
    numbers = np.column_stack([W @ W.T, np.full(n, np.nan), b])
    axis.imshow(numbers, cmap="RdBu_r", vmin=-1.2, vmax=1.2)
    for row, column in np.argwhere(np.isfinite(numbers)):
        number = numbers[row, column]
        colour = "white" if abs(number) > 0.8 else "black"
        text = f"{number:.2f}".replace("-0.00", "0.00").replace("-", "\u2212")
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    p, r = diagram.densities[at[0]], diagram.importances[at[1]]
    name = diagram.phases[int(diagram.trained[at])]
    axis.set_title(f"{name}\n$p$ = {p:.2g}, $r$ = {r:.2g}")
    axis.set_xticks([(n - 1) / 2, n + 1], ["$W W^T$", "$b$"])
    axis.set_yticks(range(n), ["extra" if i == n - 1 else f"{i + 1}" for i in range(n)])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def _alt(diagram: Diagram) -> str:
    return (
        "Phase diagrams over density and relative importance, coloured by norm and interference of"
        " the extra feature: the best trained model, the exact optimum, and how far they are apart."
        " Below, the key of the colours and W Wᵀ and b of a model of each region:"
        f" {', '.join(diagram.phases[int(diagram.trained[at])] for at in _examples(diagram))}."
    )


def _caption(diagram: Diagram) -> str:
    return (
        f"Best of {diagram.n_restarts} trained models (left), exact optimum by quadrature"
        " (middle). Colour tells norm and interference of the extra feature: white is ignored, dark"
        " blue has a dimension for itself, yellow shares one with another feature. Right: how far"
        " the trained loss lies above the optimum; a cross marks another phase, a ring (left) a"
        " model that is sensitive to rounding. The black line is where the closed-form losses of"
        " the fixed configurations cross; trained norms and biases move the true boundary. Below:"
        " W Wᵀ and b of a trained model in the middle of each region."
    )


def _texts(diagram: Diagram, at: tuple[int, int]) -> dict[str, str]:
    """What a point of the diagram says of itself."""
    p, r = at
    trained, exact = (
        diagram.phases[int(phases[at])] for phases in (diagram.trained, diagram.exact)
    )
    texts = {
        "density p": f"{diagram.densities[p]:.3g}",
        "importance r": f"{diagram.importances[r]:.3g}",
        "phase": trained,
        "exact optimum": "the same" if trained == exact else exact,
        "loss": f"{diagram.loss[at]:.4g}",
        "above the optimum": f"{100 * diagram.excess[at]:.2g} %",
    }
    if diagram.fragile is not None and diagram.fragile[at]:
        texts["sensitive to rounding"] = "yes"
    return texts


def _draw_features(axis: Any, diagram: Diagram, W: np.ndarray, title: str) -> Any:
    """Colour each point by what its model (n_p, n_r, n_features, n_hidden) makes of the extra one.

    Returns:
        What is drawn.
    """
    interference = np.asarray(metrics.interference(W))[..., -1]
    colours = colours_of(np.linalg.norm(W[..., -1, :], axis=-1), interference)
    points = _mesh(axis, diagram, colours.swapaxes(0, 1))
    axis.set_title(title)
    _draw_closed_form_boundary(axis, diagram)
    return points


def _draw_disagreement(figure: Any, axis: Any, diagram: Diagram) -> None:
    """Shade each point by how far its loss is above the optimum, and mark other phases."""
    excess = 100 * np.maximum(diagram.excess, 1e-6)
    shades = _mesh(axis, diagram, excess.T, cmap="Greys", norm=LogNorm(1e-2, 10))
    figure.colorbar(shades, ax=axis, label="loss above the optimum, %", extend="both")
    differ = diagram.trained != diagram.exact
    _mark(axis, diagram, differ, "x", color="#D55E00", markersize=5)
    axis.set_title(f"disagreement: {differ.sum()} of {differ.size} points")


def _mesh(axis: Any, diagram: Diagram, values: np.ndarray, **options: Any) -> Any:
    """Colour each point by its value or its colour (n_r, n_p, ...); density runs along x."""
    return axis.pcolormesh(
        _edges(diagram.densities), _edges(diagram.importances), values, **options
    )


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of cells around positive values (n,), in the middle on a logarithmic axis, (n + 1,)."""
    steps = np.diff(np.log(values)) if len(values) > 1 else np.ones(1)
    middles = np.log(values[:-1]) + steps[: len(values) - 1] / 2
    first, last = np.log(values[0]) - steps[0] / 2, np.log(values[-1]) + steps[-1] / 2
    return np.exp([first, *middles, last])


def _ticks(values: np.ndarray) -> np.ndarray:
    """Powers of ten among positive values; their ends where there are fewer than two."""
    low, high = values.min() * (1 - 1e-6), values.max() * (1 + 1e-6)
    powers = 10.0 ** np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1)
    return powers if len(powers) > 1 else np.unique([values.min(), values.max()])


def _mark(axis: Any, diagram: Diagram, where: np.ndarray, mark: str, **options: Any) -> None:
    """Mark the points where this is so, bool (n_p, n_r)."""
    row, column = np.nonzero(where)
    axis.plot(diagram.densities[row], diagram.importances[column], mark, **options)


def _draw_closed_form_boundary(axis: Any, diagram: Diagram) -> None:
    """Where the fixed configuration with the least loss changes."""
    p = np.geomspace(diagram.densities.min(), diagram.densities.max(), 300)
    r = np.geomspace(diagram.importances.min(), diagram.importances.max(), 300)
    by_name = theory.configuration_losses(p[:, None], r, diagram.n_features)
    losses = np.array([*by_name.values()])
    for phase, loss in enumerate(losses):
        others = np.where(np.arange(len(losses))[:, None, None] == phase, np.inf, losses)
        lead = others.min(0) - loss  # > 0 where this one is least
        lead[others.argmin(0) < phase] = np.nan  # there it is drawn for the other of the two
        line = axis.contour(p, r, lead.T, levels=[0], colors="black", linewidths=1.2)
        line.set_path_effects([withStroke(linewidth=3, foreground="white")])
