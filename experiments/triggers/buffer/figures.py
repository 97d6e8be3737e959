"""Shares beyond the buffer, what they cost, and real runs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.triggers.buffer.measure import Buffers
from experiments.triggers.buffer.simulated import BUFFER, FACTORS, JUMPS, MONTHS, NOISE, worst
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save
from superpos.triggers import PRESETS
from superpos.triggers.policy import RESETS

ALT = "Share of evaluations beyond 6x and the largest overshoot over the factor of a policy."
CAPTION = (
    "The overshoot of an evaluation is the effective compute at which it is complete, over that of"
    " the last one. Left: share of simulated evaluations whose overshoot exceeds 6x, against the"
    " factor at which a policy asks for one, at 6 months; solid without noise, dashed with noise"
    " of 0.3. Middle: the largest overshoot without noise (dots: 6 months, crosses: 3, triangles:"
    " 1) and its closed form (lines). Right: overshoot of each evaluation of real runs, by the law"
    " of other seeds: near the irreducible loss, a little noise is much compute. Grey: 6x."
)


def draw(measured: Buffers, folder: Path) -> list[Figure]:
    """Draw three panels."""
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    cells, months = measured.cells, MONTHS.index(6)
    for at, jump in enumerate(JUMPS):
        colour, label = PALETTE[at], f"jumps up to {jump:g}" if jump > 1 else "no jumps"
        for noise, style in ((0.0, "o-"), (0.3, "o--")):
            share = cells.breached[:, months, NOISE.index(noise), at]
            named = {"label": label} if noise == 0 else {}
            axes[0].plot(FACTORS, share, style, color=colour, ms=4, **named)
        for month, marker in zip(MONTHS, "^xo", strict=True):
            exact = cells.largest[:, MONTHS.index(month), NOISE.index(0.0), at]
            axes[1].plot(FACTORS, exact, marker, color=colour, ms=5)
        axes[1].plot(FACTORS, [worst(factor, jump) for factor in FACTORS], color=colour, lw=1)
    for factor, overshoots in zip(FACTORS, measured.real or (), strict=False):
        axes[2].plot(np.full(len(overshoots), factor), overshoots, "o", color=PALETTE[0], ms=4)
    axes[2].plot(FACTORS, FACTORS, color=PALETTE[7], lw=1, label="the factor")
    axes[0].set(ylabel="share beyond 6x", ylim=(-0.03, 1.03), title="simulated")
    axes[1].set(ylabel="largest overshoot", title="simulated, and in closed form")
    log_ticks(axes[1], 2 ** np.arange(1, 7), along="y")
    axes[2].set(ylabel="overshoot", yscale="log", title="real runs")
    for axis in axes:
        log_ticks(axis, FACTORS)
        axis.set_xlabel("factor of the policy")
    for axis in axes[1:]:
        axis.axhline(BUFFER, color="0.6", lw=1)
    for axis in axes[::2]:
        axis.legend(frameon=False, fontsize=8)
    save(figure, folder / "buffer.png")
    return [Figure("buffer.png", ALT, CAPTION)]


def tables(measured: Buffers) -> Sequence[Table]:
    """What each policy costs and what it leaves."""
    cells, none = measured.cells, NOISE.index(0.0)
    rows = [
        [
            f"{factor:g}x, {month} months",
            *(f"{cells.evaluations[i, j, none, k]:.1f}" for k in range(len(JUMPS))),
            *(f"{cells.breached[i, j, none, k]:.2f}" for k in range(len(JUMPS))),
            *(f"{cells.crossed[i, j, none, k]:.2f}" for k in range(len(JUMPS))),
        ]
        for i, factor in enumerate(FACTORS)
        for j, month in enumerate(MONTHS)
    ]
    header = ["policy"]
    for what in ("evaluations", "share beyond 6x", "reached unseen"):
        header += [f"{what}, jumps {jump:g}" for jump in JUMPS]
    caption = (
        "Simulated runs of two years without noise: evaluations in a run, the share of them beyond"
        " 6x, and the share of runs that reach a capability before an evaluation has said so."
    )
    return [Table(caption, header, rows), _costs(measured.costs)]


def _costs(costs: np.ndarray) -> Table:
    """What the two readings of the policy cost."""
    rows = [
        [f"{preset}, {reset}", *(f"{value:.1f}" for value in costs[i, j])]
        for i, preset in enumerate(PRESETS)
        for j, reset in enumerate(RESETS)
    ]
    caption = (
        "Evaluations in such a run where each starts both clocks anew, and where each clock is"
        " independent of the other."
    )
    return Table(caption, ["policy", *(f"jumps {jump:g}" for jump in JUMPS)], rows)
