"""The loss against the width, its powers, and what is represented and how."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.liu.scaling.measure import STRONG, WEAK, Models, Scaling, fit, missed, welch
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

NAMES = {STRONG: "strong, γ = −1", WEAK: "weak, γ = 1"}
LOSSES = Figure(
    "scaling.png",
    "Loss against the width with weak and strong superposition, and the exponents of both.",
    "Left and middle: loss of each model against its width m, and the power law fitted at each α"
    " (lines); dotted: ⟨v²⟩ Σ pᵢ over all but the m most frequent features. Right: exponents of"
    " these laws, with the 95 % interval of a bootstrap over models; dashed: 1 and α − 1.",
)
GEOMETRY = Figure(
    "geometry.png",
    "Represented features against the weight decay, and overlaps against the width.",
    "Left: share φ of features whose norm exceeds 1/2, mean over the widths; dashed: mean of m/n."
    " Right: mean squared overlap of two features with strong superposition, at the same values of"
    " α; lines: 1/m, and the least that is possible (Welch).",
)


def draw(measured: Scaling, folder: Path) -> list[Figure]:
    """Draw the losses with their exponents, and the geometry."""
    _draw_losses(folder / LOSSES.name, measured.grid)
    _draw_geometry(folder / GEOMETRY.name, measured.grid)
    return [LOSSES, GEOMETRY]


def _draw_losses(path: Path, models: Models) -> None:
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.6)
    shown = np.unique(models.power)
    shown = shown[np.unique(np.linspace(0, len(shown) - 1, 5).round().astype(int))]
    for axis, decay in ((left, STRONG), (middle, WEAK)):
        for power, colour in zip(shown, PALETTE, strict=False):
            _draw_line(axis, models.where(decay=decay, power=power), colour, f"α = {power:.3g}")
        axis.set(yscale="log", xlabel="width m", ylabel="loss", title=NAMES[decay])
        log_ticks(axis, np.unique(models.m))
    left.legend(frameon=False, fontsize=8)
    for power, colour in zip(shown, PALETTE, strict=False):
        m = np.unique(models.m)
        law = models.n, power, models.active[0]
        expected = [missed(*law, int(each), models.second) for each in m]
        middle.plot(m, expected, ":", color=colour, linewidth=1)
    for decay, colour in ((STRONG, PALETTE[0]), (WEAK, PALETTE[3])):
        _draw_exponents(right, models.where(decay=decay), colour, NAMES[decay])
    ends = np.array([shown.min(), shown.max()])
    right.axhline(1, color="#999999", ls="--", linewidth=0.8, zorder=0)
    right.plot(np.maximum(ends, 1), np.maximum(ends, 1) - 1, "--", color="#999999", linewidth=0.8)
    right.set(xlabel="α", ylabel="exponent of the loss", title="exponents")
    right.legend(loc="upper left", frameon=False, fontsize=8)
    save(figure, path)


def _draw_line(axis: Any, models: Models, colour: str, label: str) -> None:
    if not len(models.m):
        return
    axis.plot(models.m, models.loss, "o", color=colour, markersize=4, label=label)
    if len(np.unique(models.m)) > 1:
        m = np.unique(models.m)
        through = np.log(models.loss).mean() + fit(models).exponent * np.log(models.m).mean()
        axis.plot(m, np.exp(through) * m ** -fit(models).exponent, color=colour, linewidth=1)


def _draw_exponents(axis: Any, models: Models, colour: str, label: str) -> None:
    powers = np.unique(models.power)
    found = np.array([fit(models.where(power=power)) for power in powers]).reshape(-1, 3)
    off = np.abs(found[:, 1:] - found[:, :1]).T
    axis.errorbar(powers, found[:, 0], off, fmt="o-", color=colour, markersize=4, label=label)


def _draw_geometry(path: Path, models: Models) -> None:
    figure, (left, right) = new_figure(1, 2, width=8, height=3.4)
    decays = np.unique(models.decay)
    for power, colour in zip(np.unique(models.power), _colours(models), strict=True):
        of = models.where(power=power)
        share = [of.where(decay=decay).kept.mean() / models.n for decay in decays]
        left.plot(decays, share, "o-", color=colour, markersize=4, label=f"α = {power:.3g}")
        strong = of.where(decay=STRONG)
        right.plot(strong.m, strong.overlap, "o", color=colour, markersize=4)
    left.axhline(models.m.mean() / models.n, color="#999999", ls="--", linewidth=0.8)
    left.set(xlabel="weight decay γ", ylabel="share of features represented", ylim=(-0.02, 1.02))
    if len(np.unique(models.power)) <= len(PALETTE):
        left.legend(frameon=False, fontsize=8)
    m = np.unique(models.m)
    right.plot(m, 1 / m, color="#333333", linewidth=1, label="1/m")
    right.plot(m, welch(models.n, m), "--", color="#333333", linewidth=1, label="Welch")
    right.set(yscale="log", xlabel="width m", ylabel="mean squared overlap")
    log_ticks(right, m)
    right.legend(frameon=False, fontsize=8)
    save(figure, path)


def _colours(models: Models) -> list[Any]:
    """A colour for each α, of the palette while there are enough."""
    n = len(np.unique(models.power))
    return [PALETTE[at * len(PALETTE) // max(n, len(PALETTE))] for at in range(n)]
