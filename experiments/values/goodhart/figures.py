"""True value by budget, and regret by how often correlates come along."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.values.goodhart.measure import Goodhart, Optimised, Shifted
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

COLOURS = {
    "scratch": PALETTE[0],
    "dense": PALETTE[1],
    "sparse": PALETTE[2],
    "pointer": PALETTE[7],
    "misled pointer": PALETTE[4],
}
LINES = ("o:", "s--", "o-")
"""From the fewest labels to the most."""
VALUES = Figure(
    "values.png",
    "True value of the policy against KL divergence, with all and with half of the value named.",
    "True value above that of the uniform policy in standard deviations, by the KL divergence that"
    " the policy of a reward spends. Grey: of the true value itself. From few labels (dotted) to"
    " many (solid); the pointer has none. Left: all that is valued has a name, right: half of it.",
)
SHIFTS = Figure(
    "shifts.png",
    "Regret by how often correlates come along, before and after they break.",
    "Regret of rewards that were learned where concepts that nobody values come along with the"
    " valued ones, by how often they do. Left: on items of that kind. Right: on items whose"
    " correlates are drawn for themselves. Lines as above; the misled pointer is of a network that"
    " never read of one without the other.",
)


def draw(measured: Goodhart, folder: Path) -> list[Figure]:
    """Draw both."""
    shares = sorted({each.named_share for each in measured.optimised}, reverse=True)
    figure, axes = new_figure(1, len(shares), width=10, height=3.8, sharey=True, squeeze=False)
    for axis, share in zip(axes[0], shares, strict=True):
        rows = [each for each in measured.optimised if each.named_share == share]
        if share in measured.best:
            line = {"color": "#999999", "lw": 2, "label": "the value"}
            axis.plot(measured.budgets, measured.best[share], **line)
        _draw_values(axis, rows, measured.budgets)
        axis.set(title=f"named share of the value {share:g}", xlabel="KL divergence (nats)")
    axes[0, 0].set(ylabel="true value (standard deviations)")
    _name_below(figure, axes[0, 0])
    save(figure, folder / VALUES.name)
    figure, axes = new_figure(1, 2, width=10, height=3.8, sharey=True)
    for axis, name, title in zip(
        axes, ("regret", "shifted"), ("as it was", "correlates break"), strict=True
    ):
        _draw_shifts(axis, measured.shifted, name)
        axis.set(title=title, xlabel="probability that a correlate comes along")
    axes[0].set(ylabel="regret (1 is chance)")
    _name_below(figure, axes[0])
    save(figure, folder / SHIFTS.name)
    return [VALUES, SHIFTS]


def _name_below(figure: Any, axis: Any) -> None:
    named = axis.get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=4, frameon=False, fontsize=8)


def _styles(rows: list[Optimised] | list[Shifted]) -> list[dict[str, Any]]:
    """How each is drawn, the numbers of labels of each learner from dotted to solid."""
    styles = []
    for each in rows:
        numbers = sorted({row.n_labels for row in rows if row.learner == each.learner})
        line = LINES[len(LINES) - len(numbers) + numbers.index(each.n_labels)]
        name = each.learner + (f", {each.n_labels:g} labels" if each.n_labels else "")
        styles.append({"fmt": line, "color": COLOURS[each.learner], "label": name})
    return styles


def _draw_values(axis: Any, rows: list[Optimised], budgets: np.ndarray) -> None:
    for each, style in zip(rows, _styles(rows), strict=True):
        axis.plot(each.kl, each.value, style.pop("fmt"), ms=3, lw=1.1, **style)
    log_ticks(axis, budgets)


def _draw_shifts(axis: Any, rows: list[Shifted], name: str) -> None:
    for each, style in zip(rows, _styles(rows), strict=True):
        axis.plot(each.correlation, getattr(each, name), style.pop("fmt"), ms=3, lw=1.1, **style)
    axis.set_ylim(bottom=-0.02)
