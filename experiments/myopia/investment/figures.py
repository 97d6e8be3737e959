"""Investments by N and κ beside the best plan; discounts; hazards; penalties and bonuses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.myopia.investment.measure import Agents, Investments
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

GRID_ALT = "Heat maps of investments by N and growth: of the best plan and of trained agents."
GRID_CAPTION = (
    "Investments in an episode. Left: of the best plan, by dynamic programming; where two are as"
    " good, the smaller number. Middle: mean of the agents that learn by the clipped surrogate."
    " Right: those of the plain policy gradient. On the right of the line, N = 1 + 1/κ, investing"
    " pays. Agents on both sides of it shut down at N: to shut down by the index is not myopia."
)
AGENTS_ALT = "Probability to shut down by epoch, investments by discount, and regret by penalty."
AGENTS_CAPTION = (
    "Left: probability to shut down, of agents that are still on, by epoch minus N; a line for each"
    " N and κ, with agents that should invest and agents that should not. Middle: investments by"
    " discount at N = 8 and κ = 0.45, an agent a mark; bars are those of the plan that is best at"
    " that discount. Right: what agents earn less than the best plan, in per cent of its value, by"
    " penalty and entropy bonus; the mean over agents."
)


def draw(measured: Investments, folder: Path) -> list[Figure]:
    """Draw both figures."""
    figure, axes = new_figure(1, 3, width=11, height=3.3)
    best = np.array([[min(each.investments) for each in row] for row in measured.clipped.plans])
    kinds = (
        ("best plan", best),
        ("clipped", measured.clipped.did.investments.mean(-1)),
        ("plain policy gradient", measured.plain.did.investments.mean(-1)),
    )
    images = [
        _draw_grid(axis, measured, values, max(best.max(), 1))
        for axis, (_, values) in zip(axes, kinds, strict=True)
    ]
    for axis, (name, _) in zip(axes, kinds, strict=True):
        axis.set(title=name, xlabel="epochs allowed N")
    axes[0].set_ylabel("growth κ of the pay")
    figure.colorbar(images[0], ax=axes, label="investments", shrink=0.9)
    save(figure, folder / "grid.png")
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    _draw_hazards(axes[0], measured)
    _draw_discounts(axes[1], measured)
    _draw_strengths(axes[2], measured)
    save(figure, folder / "agents.png")
    return [
        Figure("grid.png", GRID_ALT, GRID_CAPTION),
        Figure("agents.png", AGENTS_ALT, AGENTS_CAPTION),
    ]


def _draw_grid(axis: Any, measured: Investments, values: np.ndarray, most: float) -> Any:
    n, k = measured.n_allowed, measured.growth
    rows = np.arange(len(k))
    image = axis.pcolormesh(n, rows, values.T, vmin=0, vmax=most, cmap="Blues", shading="nearest")
    for (i, j), value in np.ndenumerate(values):
        colour = "white" if value > 0.6 * most else "black"
        style = {"ha": "center", "va": "center", "fontsize": 7, "color": colour}
        axis.text(n[i], rows[j], f"{value:.1f}".removesuffix(".0"), **style)
    with np.errstate(divide="ignore"):  # without growth it never pays
        edge = np.clip(1 + 1 / k, n[0] - 0.5, n[-1] + 0.5)
    axis.step(np.repeat(edge, 2), np.ravel([rows - 0.5, rows + 0.5], "F"), color=PALETTE[3], lw=1.8)
    axis.set_xticks(n, [f"{each:g}" for each in n])
    axis.set_yticks(rows, [f"{each:g}" for each in k])
    return image


def _draw_hazards(axis: Any, measured: Investments) -> None:
    pays = measured.stakes > 0
    kinds = (True, PALETTE[0], "investing pays"), (False, PALETTE[1], "it does not")
    for side, colour, name in kinds:
        label: str | None = name
        for i, j in np.argwhere(pays == side):
            hazard = _mean(measured.clipped.did.hazard[i, j])
            since = np.arange(len(hazard)) - measured.n_allowed[i]
            axis.plot(since, hazard, "o-", ms=2.5, lw=0.7, alpha=0.6, color=colour, label=label)
            label = None
    axis.axvline(0, color="#888888", lw=0.8, ls=":")
    axis.set(xlabel="epoch - N", ylabel="probability to shut down", xlim=(-8.3, 2.3))
    axis.legend(frameon=False, fontsize=8, loc="center left")


def _draw_discounts(axis: Any, measured: Investments) -> None:
    agents, places = measured.discounts, np.arange(len(measured.discount))
    best = [min(row[0].investments) for row in agents.plans]
    axis.bar(places, best, color="#CCCCCC", width=0.7, label="best plan")
    n_seeds = agents.did.investments.shape[-1]
    aside = np.linspace(-0.25, 0.25, n_seeds)
    axis.plot(
        (places[:, None] + aside).ravel(),
        agents.did.investments[:, 0].ravel(),
        "o",
        ms=3,
        color=PALETTE[0],
        label="agents",
    )
    axis.set_xticks(places, [f"{each:g}" for each in measured.discount])
    axis.set(xlabel="discount γ", ylabel="investments")
    axis.legend(frameon=False, fontsize=8)


def _draw_strengths(axis: Any, measured: Investments) -> None:
    regret = 100 * measured.strengths.regret.mean(-1)
    for column, (bonus, colour) in enumerate(zip(measured.entropy_bonus, PALETTE, strict=False)):
        axis.plot(measured.penalty, regret[:, column], "o-", ms=4, color=colour, label=f"{bonus:g}")
    log_ticks(axis, measured.penalty)
    axis.set(xlabel="penalty p", ylabel="regret (% of the best plan)")
    axis.legend(frameon=False, fontsize=8, title="entropy bonus", title_fontsize=8)


def _mean(hazards: np.ndarray) -> np.ndarray:
    """The mean over seeds that are on, (n_steps,); nan where none is."""
    known = np.isfinite(hazards)
    total = np.where(known, hazards, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)


def tables(measured: Investments) -> Sequence[Table]:
    """Means of what agents do on both sides of the boundary."""
    pays = measured.stakes > 0
    columns = [
        "",
        "investments",
        "of the best plan",
        "shut down before N",
        "overrun (epochs)",
        "regret / value",
    ]
    rows = [
        [f"{name}, {kind}", *_row(agents, pays == side)]
        for name, agents in (("clipped", measured.clipped), ("plain", measured.plain))
        for side, kind in ((True, "N > 1 + 1/κ"), (False, "N < 1 + 1/κ"))
    ]
    caption = "Means over agents, by whether investing pays."
    return [Table(caption, columns, rows)]


def _row(agents: Agents, cells: np.ndarray) -> list[str]:
    best = np.array([[min(each.investments) for each in row] for row in agents.plans])
    did = agents.did
    numbers = (did.investments, best, did.premature, did.overrun, agents.regret)
    return [f"{each[cells].mean():.3f}" if cells.any() else "-" for each in numbers]
