"""The figure of the audit: a grid of metrics against the symmetries of each model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.gauge.audit_claims import Audits, Cell
from superpos.app.plots.figures import PALETTE, new_figure, save

COLOURS = {"invariant": PALETTE[0], "equivariant": PALETTE[2], "not invariant": PALETTE[1]}
OTHER = PALETTE[7]
GAP = 0.6


def draw(path: Path, audits: Audits) -> None:
    """Draw a square for each metric and symmetry, the symmetries of a model side by side."""
    metrics = list(next(iter(next(iter(audits.values())).values())))
    n_columns = sum(map(len, audits.values()))
    width = 2.6 + 0.42 * n_columns
    figure, axis = new_figure(1, 1, width=width, height=2.4 + 0.3 * len(metrics))
    ticks: list[tuple[float, str]] = []
    at = 0.0
    for model, audit in audits.items():
        left = at
        for symmetry, by_metric in audit.items():
            mark = "*" if next(iter(by_metric.values())).preserves == "argmax" else ""
            ticks.append((at, symmetry + mark))
            _column(axis, at, metrics, by_metric)
            at += 1
        axis.text((left + at - 1) / 2, -0.75, model.replace("_", " "), ha="center", va="bottom",
                  fontsize=9, fontweight="bold", rotation=30 if at - left < 3 else 0)  # fmt: skip
        at += GAP
    axis.set_xticks([x for x, _ in ticks], [name for _, name in ticks], rotation=60, ha="right")
    axis.set_yticks(range(len(metrics)), [name.replace("_", " ") for name in metrics])
    axis.set(xlim=(-0.5, at - GAP - 0.5), ylim=(len(metrics) - 0.5, -0.5))
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    save(figure, path)


def _column(axis: Any, at: float, metrics: list[str], by_metric: Mapping[str, Cell]) -> None:
    for row, metric in enumerate(metrics):
        cell = by_metric[metric]
        colour = COLOURS.get(cell.verdict, OTHER)
        axis.barh(row, 0.94, height=0.92, left=at - 0.47, color=colour)
        if cell.verdict == "not invariant":
            axis.text(at, row, f"{cell.change:.1g}", ha="center", va="center", fontsize=6.5)
