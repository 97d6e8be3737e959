"""The figure of the audit, metrics against the symmetries of each model, and a table for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.gauge.audit.measure import Audits, Cell
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Grid of metrics against the symmetries of each model, coloured by the verdict."
CAPTION = (
    "Each metric under each symmetry that a model has: blue, it stays; green, it moves as the"
    " units do; orange, it changes, by the part of its size that is written. An asterisk marks"
    " a symmetry that preserves the largest output only. Dark: members"
    " differ. The last row is a control."
)
COLOURS = {"invariant": PALETTE[0], "equivariant": PALETTE[2], "not invariant": PALETTE[1]}
OTHER = PALETTE[7]
GAP = 0.6


def draw(measured: Audits, folder: Path) -> list[Figure]:
    """Draw a square for each metric and symmetry, the symmetries of a model side by side."""
    metrics = measured.metrics
    n_columns = sum(map(len, measured.cells.values()))
    width = 2.6 + 0.42 * n_columns
    figure, axis = new_figure(1, 1, width=width, height=2.4 + 0.3 * len(metrics))
    ticks: list[tuple[float, str]] = []
    at = 0.0
    for model, audit in measured.cells.items():
        left, preserved = at, measured.preserved(model)
        for symmetry, by_metric in audit.items():
            mark = "*" if preserved[symmetry] == "argmax" else ""
            ticks.append((at, symmetry + mark))
            _column(axis, at, metrics, by_metric)
            at += 1
        axis.text((left + at - 1) / 2, -0.75, model.replace("_", " "), ha="center", va="bottom",
                  fontsize=9, fontweight="bold")  # fmt: skip
        at += GAP
    axis.set_xticks([x for x, _ in ticks], [name for _, name in ticks], rotation=60, ha="right")
    axis.set_yticks(range(len(metrics)), [name.replace("_", " ") for name in metrics])
    axis.set(xlim=(-0.5, at - GAP - 0.5), ylim=(len(metrics) - 0.5, -0.5))
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    save(figure, folder / "audit.png")
    return [Figure("audit.png", ALT, CAPTION)]


def tables(measured: Audits) -> list[Table]:
    """A table for each model, metrics against its symmetries."""
    return [_table(model, audit, measured) for model, audit in measured.cells.items()]


def _table(model: str, audit: Mapping[str, Mapping[str, Cell]], measured: Audits) -> Table:
    preserved = measured.preserved(model)
    kept = ", ".join(f"{symmetry} ({what})" for symmetry, what in preserved.items())
    rows = [
        [metric, *(_text(audit[symmetry][metric]) for symmetry in audit)]
        for metric in measured.metrics
    ]
    caption = f"Model {model}; symmetries, and what each preserves: {kept}."
    return Table(caption, ["metric", *audit], rows)


def _text(cell: Cell) -> str:
    return cell.verdict if cell.verdict != "not invariant" else f"changes by {cell.change:.2g}"


def _column(axis: Any, at: float, metrics: list[str], by_metric: Mapping[str, Cell]) -> None:
    for row, metric in enumerate(metrics):
        cell = by_metric[metric]
        colour = COLOURS.get(cell.verdict, OTHER)
        axis.barh(row, 0.94, height=0.92, left=at - 0.47, color=colour)
        if cell.verdict == "not invariant":
            axis.text(at, row, f"{cell.change:.1g}", ha="center", va="center", fontsize=6.5)
