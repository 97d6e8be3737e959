"""The figure of the phase diagram: trained | exact optimum | disagreement."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.patches import Patch

from experiments.elhage.phase_change import theory
from experiments.elhage.phase_change.measure import Diagram
from superpos.app.findings import Figure
from superpos.app.plots.figures import new_figure, save
from superpos.app.report.cells import cells_of

COLOURS = {
    "none": "#333333",
    "ignore": "#56B4E9",
    "dedicate": "#009E73",
    "antipodal": "#D55E00",
    "aligned": "#F0E442",
    "ignore last": "#56B4E9",
    "ignore first": "#009E73",
    "antipodal others": "#E69F00",
    "antipodal extra": "#D55E00",
    "plane": "#F0E442",
    "other": "#333333",
}


def draw(measured: Diagram, folder: Path) -> list[Figure]:
    """Draw the three panels side by side; the points of the left one have their trained models."""
    figure, axes = new_figure(1, 3, width=10, height=3.8, sharey=True)
    points = _draw_phases(axes[0], measured, measured.trained, "trained, best of restarts")
    _draw_phases(axes[1], measured, measured.exact, "exact optimum")
    _draw_disagreement(figure, axes[2], measured)
    if measured.fragile is not None:
        _mark(axes[0], measured, measured.fragile, "o", color="black", mfc="none")
    for axis in axes:
        axis.set(xlabel="density p = 1 − S", xscale="log", yscale="log")
        axis.invert_xaxis()
    axes[0].set_ylabel("relative importance r of the extra feature")
    found = [measured.phases[phase] for phase in np.union1d(measured.trained, measured.exact)]
    figure.legend(
        handles=[Patch(color=COLOURS[name], label=name) for name in found],
        loc="outside lower center",
        ncols=len(found),
        frameon=False,
    )
    save(figure, folder / "phase_diagram.png")
    cells = cells_of(
        points,
        texts=lambda row, column: _texts(measured, (column, row)),
        W=np.swapaxes(measured.W, 0, 1),
        b=np.swapaxes(measured.b, 0, 1),
    )
    return [Figure("phase_diagram.png", _alt(measured), _caption(measured), cells)]


def _alt(diagram: Diagram) -> str:
    return (
        "Three phase diagrams over density and relative importance: the best trained model, the"
        f" exact optimum, and where they differ. Phases: {', '.join(diagram.phases)}."
    )


def _caption(diagram: Diagram) -> str:
    return (
        f"Best of {diagram.n_restarts} trained models (left), exact optimum by quadrature"
        " (middle), and how far the trained loss lies above the optimum (right; a cross marks"
        " another phase, a ring a model that is sensitive to rounding). The dashed line is where"
        " the closed-form losses of the fixed configurations cross; trained norms and biases move"
        " the true boundary."
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


def _draw_phases(axis: Any, diagram: Diagram, phases: np.ndarray, title: str) -> Any:
    """Colour each point by its phase; returns what is drawn."""
    names = diagram.phases
    colours = ListedColormap([COLOURS[name] for name in names])
    points = _mesh(axis, diagram, phases, cmap=colours, vmin=-0.5, vmax=len(names) - 0.5)
    axis.set_title(title)
    _draw_closed_form_boundary(axis, diagram)
    return points


def _draw_disagreement(figure: Any, axis: Any, diagram: Diagram) -> None:
    """Shade each point by how far its loss is above the optimum, and mark other phases."""
    excess = 100 * np.maximum(diagram.excess, 1e-6)
    shades = _mesh(axis, diagram, excess, cmap="Greys", norm=LogNorm(1e-2, 10))
    figure.colorbar(shades, ax=axis, label="loss above the optimum, %", extend="both")
    differ = diagram.trained != diagram.exact
    _mark(axis, diagram, differ, "x", color="#D55E00", markersize=5)
    axis.set_title(f"disagreement: {differ.sum()} of {differ.size} points")


def _mesh(axis: Any, diagram: Diagram, values: np.ndarray, **options: Any) -> Any:
    """Colour each point by its value (n_p, n_r); density runs along x."""
    return axis.pcolormesh(
        diagram.densities, diagram.importances, values.T, shading="nearest", **options
    )


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
        axis.contour(p, r, lead.T, levels=[0], colors="black", linestyles="dashed", linewidths=1)
