"""The figure of the phase diagram: trained | exact optimum | disagreement."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.patches import Patch

from experiments.elhage import theory
from superpos.app.findings import Cell
from superpos.app.plots.figures import new_figure, save
from superpos.app.report.cells import cells_of

if TYPE_CHECKING:
    from experiments.elhage.phase_change import Diagram

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


def draw(path: Path, diagram: "Diagram", n_features: int) -> list[Cell]:
    """Draw the three panels side by side.

    Args:
        path: PNG to write.
        diagram: what `phase_change.measure` returns.
        n_features: 2 or 3.

    Returns:
        The points of the left panel, each with its trained model.
    """
    figure, axes = new_figure(1, 3, width=10, height=3.8, sharey=True)
    names = theory.PHASES[n_features]
    colours = ListedColormap([COLOURS[name] for name in names])
    meshes = []
    for axis, phases, title in (
        (axes[0], diagram.trained, "trained, best of restarts"),
        (axes[1], diagram.exact, "exact optimum"),
    ):
        meshes += [mesh(axis, diagram, phases, cmap=colours, vmin=-0.5, vmax=len(names) - 0.5)]
        axis.set_title(title)
        _closed_form_boundary(axis, diagram, n_features)
    excess = 100 * np.maximum(diagram.excess, 1e-6)
    shades = mesh(axes[2], diagram, excess, cmap="Greys", norm=LogNorm(1e-2, 10))
    figure.colorbar(shades, ax=axes[2], label="loss above the optimum, %", extend="both")
    row, column = np.nonzero(diagram.trained != diagram.exact)
    axes[2].plot(
        diagram.densities[row], diagram.importances[column], "x", color="#D55E00", markersize=5
    )
    axes[2].set_title(f"disagreement: {len(row)} of {diagram.exact.size} points")
    if diagram.fragile is not None:
        row, column = np.nonzero(diagram.fragile)
        axes[0].plot(
            diagram.densities[row], diagram.importances[column], "o", color="black", mfc="none"
        )
    for axis in axes:
        axis.set(xlabel="density p = 1 − S", xscale="log", yscale="log")
        axis.invert_xaxis()
    axes[0].set_ylabel("relative importance r of the extra feature")
    found = np.union1d(diagram.trained, diagram.exact)
    figure.legend(
        handles=[Patch(color=COLOURS[names[phase]], label=names[phase]) for phase in found],
        loc="outside lower center",
        ncols=len(found),
        frameon=False,
    )
    save(figure, path)
    return cells_of(
        meshes[0],
        texts=lambda row, column: _texts(diagram, (column, row), names),
        W=np.swapaxes(diagram.W, 0, 1),
        b=np.swapaxes(diagram.b, 0, 1),
    )


def _texts(diagram: "Diagram", at: tuple[int, int], names: Sequence[str]) -> dict[str, str]:
    """What a point of the diagram says of itself."""
    p, r = at
    same = diagram.trained[at] == diagram.exact[at]
    fragile = {"fragile": "yes"} if diagram.fragile is not None and diagram.fragile[at] else {}
    return {
        "density p": f"{diagram.densities[p]:.3g}",
        "importance r": f"{diagram.importances[r]:.3g}",
        "phase": names[int(diagram.trained[at])],
        "exact optimum": "the same" if same else names[int(diagram.exact[at])],
        "loss": f"{diagram.loss[at]:.4g}",
        "above the optimum": f"{100 * diagram.excess[at]:.2g} %",
        **fragile,
    }


def mesh(axis: Any, diagram: "Diagram", values: np.ndarray, **options: Any) -> Any:
    """Colour each grid point; density runs along x."""
    return axis.pcolormesh(
        diagram.densities, diagram.importances, values.T, shading="nearest", **options
    )


def _closed_form_boundary(axis: Any, diagram: "Diagram", n_features: int) -> None:
    """Where the fixed configuration with the least loss changes."""
    p = np.geomspace(diagram.densities.min(), diagram.densities.max(), 300)
    r = np.geomspace(diagram.importances.min(), diagram.importances.max(), 300)
    losses = np.array([*theory.configuration_losses(p[:, None], r, n_features).values()])
    for phase, loss in enumerate(losses):
        others = np.where(np.arange(len(losses))[:, None, None] == phase, np.inf, losses)
        lead = others.min(0) - loss  # > 0 where this one is least
        lead[others.argmin(0) < phase] = np.nan  # there it is drawn for the other of the two
        axis.contour(p, r, lead.T, levels=[0], colors="black", linestyles="dashed", linewidths=1)
