"""The estimates of each chain, beside the theory and the numbers of others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.chen import theory
from experiments.chen.llc.measure import Coefficients, Estimate
from experiments.chen.llc.published import LARGE, MEASURED, PRINTED, SMALL
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Estimated learning coefficients of pentagon and hexagon at two numbers of examples."
CAPTION = (
    "Estimate of each chain (dots; rings left their polygon and do not count) and mean of the"
    " others (bar), beside the theory (dashed) and the numbers of the paper or of arc-llc with"
    " one standard deviation (grey)."
)


def draw(measured: Coefficients, folder: Path) -> list[Figure]:
    """Draw a panel for each number of examples, a column for each polygon."""
    published = {SMALL: PRINTED, LARGE: MEASURED}
    panels = {"n = 5,000, short chains": (measured.short, SMALL, PRINTED)}
    panels |= {
        f"n = {n:,.0f}, long chains": (measured.long, n, published.get(n, {}))
        for n in sorted({n for _, n in measured.long})
    }
    figure, axes = new_figure(
        1, len(panels), width=3.9 * len(panels), height=3.4, squeeze=False, sharey=True
    )
    for axis, (title, (found, n, others)) in zip(axes[0], panels.items(), strict=True):
        _draw_panel(
            axis, {name: found[name, n] for name in theory.LLC if (name, n) in found}, others
        )
        axis.set_title(title)
    axes[0, 0].set_ylabel("local learning coefficient λ")
    save(figure, folder / "llc.png")
    return [Figure("llc.png", ALT, CAPTION)]


def _draw_panel(
    axis: Any, polygons: Mapping[str, Estimate], others: Mapping[str, tuple[float, float]]
) -> None:
    """Draw a column for each polygon.

    Args:
        axis: of the panel.
        polygons: name -> its chains.
        others: name -> mean and standard deviation of others.
    """
    for place, (name, chains) in enumerate(polygons.items()):
        jitter = np.linspace(-0.15, 0.15, len(chains.values))
        for kept, face in ((True, PALETTE[0]), (False, "none")):
            chosen = chains.kept == kept
            across, values = place + jitter[chosen], chains.values[chosen]
            axis.plot(across, values, "o", color=PALETTE[0], mfc=face, markersize=4)
        if chains.kept.any():
            axis.hlines(chains.mean, place - 0.2, place + 0.2, color=PALETTE[3])
        exact = theory.LLC[name]
        axis.hlines(exact, place - 0.3, place + 0.3, color="black", linestyle="dashed")
        if name in others:
            axis.errorbar(place + 0.3, *others[name], fmt="s", color="#888888")
    labels = [name if "+" in name else f"{name}-gon" for name in polygons]
    axis.set_xticks(range(len(polygons)), labels)
    axis.set_xlim(-0.5, len(polygons) - 0.4)
