"""Regrets by what the network read, and by its hidden units."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.values.controls.measure import Controls
from experiments.values.world import TEXTS
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

CONTROLS = Figure(
    "controls.png",
    "Regret of names and of labels by what the network read, and by its hidden units.",
    "Left: regret of a pointer at the valued concepts (black) and at two others (grey), and of a"
    " sparse reward from 4,096 labels (green), by what the text says that the network read; below,"
    " labels that tell nothing. Middle: half of the value has no name, and the network read of that"
    " half or not; the line is the exact regret of a pointer. Right: by the number of hidden units"
    " of the network, where 32 concepts are in use, of names, and of rewards from 4,096 labels.",
)


def draw(measured: Controls, folder: Path) -> list[Figure]:
    """Draw all in one."""
    figure, (left, middle, right) = new_figure(1, 3, width=12, height=3.8)
    _draw_texts(left, measured)
    _draw_unknown(middle, measured)
    _draw_widths(right, measured)
    save(figure, folder / CONTROLS.name)
    return [CONTROLS]


def _draw_texts(axis: Any, measured: Controls) -> None:
    rows = [TEXTS[int(each)] for each in measured.pointer] + ["labels by chance"]
    for values, colour, marker, name in (
        ([*measured.pointer.values(), np.nan], PALETTE[7], "o", "pointer"),
        (
            [*map(measured.elsewhere.get, measured.pointer), np.nan],
            "#999999",
            "s",
            "pointer elsewhere",
        ),
        (
            [*map(measured.learned.get, measured.pointer), measured.by_chance["sparse"]],
            PALETTE[2],
            "^",
            "sparse reward",
        ),
    ):
        known = np.array([np.nan if each is None else each for each in values], float)
        places = np.arange(len(rows))[::-1]
        axis.plot(known, places, marker, color=colour, ms=6, label=name)
    axis.axvline(1, color="#999999", ls=":", lw=0.8, zorder=0)
    axis.set(xlabel="regret (1 is chance)", yticks=np.arange(len(rows))[::-1])
    axis.set_yticklabels(rows)
    axis.legend(frameon=False, fontsize=8, loc="center", bbox_to_anchor=(0.5, 0.37))


def _draw_unknown(axis: Any, measured: Controls) -> None:
    names = {
        "pointer": "pointer",
        "sparse": "sparse reward,\nhalf never read of",
        "scratch": "from scratch",
        "known": "sparse reward,\nboth read of",
    }
    places = np.arange(len(names))[::-1]
    axis.barh(places, [measured.unknown[each] for each in names], color=PALETTE[0], height=0.6)
    axis.axvline(measured.exact, color="#999999", lw=1)
    axis.set_yticks(places, names.values())
    axis.set(xlabel="regret (1 is chance)")


def _draw_widths(axis: Any, measured: Controls) -> None:
    names = [*measured.wide]
    places = np.arange(len(names))[::-1]
    for row, shift, colour, name in (
        (measured.wide, 0.2, PALETTE[0], "64 hidden units"),
        (measured.narrow, -0.2, PALETTE[1], "16 hidden units"),
    ):
        lengths = [row[each] for each in names]
        axis.barh(places + shift, lengths, color=colour, height=0.38, label=name)
    axis.set_yticks(places, names)
    axis.set(xlabel="regret (1 is chance)")
    axis.legend(frameon=False, fontsize=8)
