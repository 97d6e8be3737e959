"""The only latent beside the two features and their principal component."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.hedging.claims import DENSITY
from experiments.saes.hedging.measure import CASES, Narrow, first_component
from experiments.saes.plane import arrow, truth
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "The only latent as an arrow beside the parent and the child, in each case."
CAPTION = (
    "In the plane of parent and child: grey, the truth; dashed, the first principal component of"
    " the data; blue, the latent of each seed, scaled to norm 1; orange, the decoder bias. Circles"
    " are inputs, as large as they are frequent. The coefficient of L1 stands in brackets."
)


def draw(measured: Narrow, folder: Path) -> list[Figure]:
    """Draw a panel for each case."""
    n_cases = len(measured.cosine)
    figure, axes = new_figure(2, 3, width=9.5, height=5.6, sharex=True, sharey=True)
    for axis in axes.ravel()[n_cases:]:
        axis.set_axis_off()
    for place, axis in enumerate(axes.ravel()[:n_cases]):
        _draw_case(axis, measured, place)
        l1 = measured.coefficient[place]
        axis.set(title=f"{CASES[place]} ({l1:g})", aspect="equal")
    axes[0, 0].set(xlim=(-0.35, 1.3), ylim=(-0.5, 1.2))
    for axis in axes[:, 0]:
        axis.set_ylabel("child")
    for axis in axes[-1]:
        axis.set_xlabel("parent")
    save(figure, folder / "latent.png")
    return [Figure("latent.png", ALT, CAPTION)]


def _draw_case(axis: Any, measured: Narrow, place: int) -> None:
    given, alone = measured.with_parent[place], measured.without_parent[place]
    shares = {
        (0, 0): (1 - DENSITY) * (1 - alone),
        (1, 0): DENSITY * (1 - given),
        (0, 1): (1 - DENSITY) * alone,
        (1, 1): DENSITY * given,
    }
    for point, share in shares.items():
        axis.scatter(*point, s=400 * share, facecolors="none", edgecolors="#666666")
    truth(axis)
    component = first_component(given, alone, DENSITY)
    axis.plot(*np.outer(component, [-0.3, 1.2]), "--", color="#333333", linewidth=0.9)
    for latent, bias in zip(measured.cosine[place], measured.bias[place], strict=True):
        arrow(axis, latent, color=PALETTE[0], linewidth=1.5)
        arrow(axis, bias, color=PALETTE[1], linewidth=1.5)
