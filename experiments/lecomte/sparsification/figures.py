"""The weights that are left over time, beside the closed forms."""

from pathlib import Path
from typing import Any

from experiments.lecomte.sparsification.measure import Course
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "L1 norm and number of weights that are left against time, beside their closed forms."
CAPTION = (
    "The weights of a feature that are left: their L1 norm (left) and number (right) against"
    " the time t, one line a seed; dashed: the closed forms."
)


def draw(measured: Course, folder: Path) -> list[Figure]:
    """Draw norm and number, a line for each instance."""
    figure, axes = new_figure(1, 2, width=9, height=3.6)
    form = measured.closed_form
    panels = {"L1 norm": (measured.norm, form), "weights left": (measured.left, form**2)}
    for axis, (name, (lines, expected)) in zip(axes, panels.items(), strict=True):
        drawn: Any = axis
        drawn.plot(measured.t, lines.T, color=PALETTE[0], linewidth=1, alpha=0.7)
        drawn.plot(measured.t, expected, "--", color="black", label="closed form")
        drawn.set(xlabel="time t", ylabel=name, yscale="log")
        drawn.legend(frameon=False)
    save(figure, folder / "sparsification.png")
    return [Figure("sparsification.png", ALT, CAPTION)]
