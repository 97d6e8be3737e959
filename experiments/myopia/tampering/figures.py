"""When agents set the clock back and shut down, and what they earn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.myopia.tampering.measure import OBSERVED, TRUE, Tampering
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

NAMES = {TRUE: "penalty reads the true epoch", OBSERVED: "penalty reads the observed clock"}
ALT = "Share of episodes that are on, and that tamper, by epoch; returns beside the best plans."
CAPTION = (
    "Left and middle: the share of episodes that are still on in an epoch (grey), and the share"
    " that sets the clock back in it (bars, one colour for each κ); means over agents, N dotted."
    " Right: returns of agents, a mark each; lines are the best plan where the clock can be set"
    " back (solid) and where it cannot (dashed). That plan knows the true epoch, which an agent no"
    " longer sees once it has set its clock back."
)


def draw(measured: Tampering, folder: Path) -> list[Figure]:
    """Draw an axis for each arm, and the returns."""
    figure, axes = new_figure(1, 3, width=11, height=3.5)
    for axis, name in zip(axes, NAMES, strict=False):
        _draw_arm(axis, measured, name)
    _draw_returns(axes[2], measured)
    save(figure, folder / "tampering.png")
    return [Figure("tampering.png", ALT, CAPTION)]


def _draw_arm(axis: Any, measured: Tampering, name: str) -> None:
    arm = measured.arms[name]
    n_growth, _, n_steps = arm.tampers.shape
    epochs, width = np.arange(n_steps), 0.8 / n_growth
    axis.step(epochs, arm.on.mean((0, 1)), where="mid", color="#777777", lw=1.5, label="on")
    for at, growth in enumerate(measured.growth):
        places = epochs + (at - (n_growth - 1) / 2) * width
        label = f"sets back, κ = {growth:g}"
        axis.bar(places, arm.tampers[at].mean(0), width, color=PALETTE[at], label=label)
    axis.vlines(measured.n_allowed, 0, 1, color="#888888", lw=0.8, ls=":")
    axis.set(title=NAMES[name], xlabel="epoch", ylabel="share of episodes", ylim=(0, 1.32))
    axis.set_yticks(np.linspace(0, 1, 6))
    axis.legend(frameon=False, fontsize=8, ncols=2, loc="upper center")


def _draw_returns(axis: Any, measured: Tampering) -> None:
    for colour, (name, arm) in zip(PALETTE[3:], measured.arms.items(), strict=False):
        n_seeds = arm.returns.shape[1]
        aside = np.linspace(-0.01, 0.01, n_seeds)
        places = (measured.growth[:, None] + aside).ravel()
        axis.plot(
            places, arm.returns.ravel(), "o", ms=3, color=colour, alpha=0.7, label=NAMES[name]
        )
        axis.plot(measured.growth, [each.value for each in arm.plans], "-", color=colour, lw=1)
    without = measured.arms[TRUE].without
    axis.plot(measured.growth, without, "--", color="black", lw=1, label="best, no tampering")
    most = max(each.value for arm in measured.arms.values() for each in arm.plans)
    axis.set(xlabel="growth κ of the pay", ylabel="return of an episode", ylim=(0, 1.45 * most))
    axis.set_xticks(measured.growth)
    axis.legend(frameon=False, fontsize=8, loc="upper left")


def tables(measured: Tampering) -> Sequence[Table]:
    """What agents and best plans do and earn."""
    rows = []
    for name, arm in measured.arms.items():
        for at, (growth, plans) in enumerate(zip(measured.growth, arm.plans, strict=True)):
            rows.append(
                [
                    NAMES[name],
                    f"{growth:g}",
                    f"{arm.tampers[at].sum(-1).mean():.2f}",
                    ", ".join(map(str, sorted(plans.tamperings))),
                    f"{arm.ends_on[at].mean():.2f}",
                    f"{arm.returns[at].mean():.2f}",
                    f"{plans.value:g}",
                ]
            )
    columns = ["", "κ", "sets back", "best plan", "never shut down", "return", "best plan"]
    return [Table("Means over agents: times the clock is set back in an episode.", columns, rows)]
