"""How the cost of superpos grows, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superpos.app.plots.figures import PALETTE, new_figure, save

PANELS = (
    ("models", "models", "us_per_model_step", "models (5→2)"),
    ("features", "features", "us_per_model_step", "features n (16 models, m = n / 4)"),
    ("batch", "batch", "us_per_model_step", "batch size (5→2 x 64)"),
    ("steps", "steps", "seconds", "steps (5→2 x 16)"),
)
UNITS = {"us_per_model_step": "µs per model-step", "seconds": "seconds"}


def draw(series: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Write the figure: cost against models, features, batch and steps, on logarithmic axes."""
    figure, axes = new_figure(2, 2, height=5.6)
    for ax, (name, x, y, label) in zip(axes.flat, PANELS, strict=True):
        rows = series[name]
        ax.loglog([row[x] for row in rows], [row[y] for row in rows], "o-", color=PALETTE[0])
        if name == "models":
            ax.set_ylim(bottom=1)
        else:
            _proportional(ax, rows, x, y)
        ax.set_xlabel(label)
        ax.set_ylabel(UNITS[y])
    axes[0, 1].legend(frameon=False)
    save(figure, path)


def _proportional(ax: Any, rows: Sequence[Mapping[str, Any]], x: str, y: str) -> None:
    """A dashed line through the last point: cost in proportion to what is swept."""
    last = rows[-1]
    line = [last[y] * row[x] / last[x] for row in rows]
    ax.loglog([row[x] for row in rows], line, "--", color=PALETTE[7], lw=1, label="in proportion")
