"""K and the alternative, what the gap is made of, and what training picks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.priors.enumeration.measure import MANY, Enumeration
from experiments.priors.enumeration.nets import Codes
from experiments.priors.picked import Picks, floor
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "All codes by the shortest, parts of the gap, and divergences of what is picked."
CAPTION = (
    "Left: -log₂ of the weight of all codes of a function, by the length K of its shortest code; a"
    " dot is a function, on the line both are equal. Dots of three units are moved to the right by"
    " a fifth of a bit. Middle: how much shorter than K that is with three units, mean over"
    " functions: by the orbit of the shortest code, and by all other codes. Right: divergence of"
    " what trained networks pick from five predictions; the line is what as many draws from the"
    " first prediction itself have."
)


def draw(measured: Enumeration, folder: Path) -> list[Figure]:
    """Draw three panels."""
    figure, axes = new_figure(1, 3, width=11, height=3.7)
    by_units = measured.codes.items()
    for colour, shift, (n, codes) in zip((1, 0), (0, 0.2), by_units, strict=True):
        style = {"ms": 3, "alpha": 0.6, "color": PALETTE[colour], "label": f"{n} hidden units"}
        axes[0].plot(codes.shortest + shift, codes.alternative, "o", **style)
    last = measured.codes[max(measured.codes)]
    ends = [0, last.shortest.max()]
    axes[0].plot(ends, ends, color="black", lw=1)
    axes[0].set(xlabel="shortest code K (bits)", ylabel="all codes (bits)")
    axes[0].set_title("short codes and many codes")
    axes[0].legend(frameon=False, fontsize=8)
    _draw_gap(axes[1], last)
    _draw_rules(axes[2], measured.picks)
    save(figure, folder / "enumeration.png")
    return [Figure("enumeration.png", ALT, CAPTION)]


def _draw_gap(axis: Any, codes: Codes) -> None:
    bits = np.unique(codes.shortest)
    gap, own = (
        np.array([each[codes.shortest == k].mean() for k in bits])
        for each in (codes.gap, codes.by_symmetry)
    )
    axis.bar(bits, own, color=PALETTE[0], label="orbit of the shortest code")
    axis.bar(bits, gap - own, bottom=own, color=PALETTE[5], label="other codes")
    axis.set(xlabel="shortest code K (bits)", ylabel="K minus all codes (bits)")
    axis.set(title="what many codes are worth", ylim=(0, 1.3 * gap.max()))
    axis.legend(frameon=False, fontsize=8)


def _draw_rules(axis: Any, picks: Picks) -> None:
    found = {rule: each.mean() for rule, each in picks.divergences().items()}
    places = np.arange(len(found))[::-1]
    axis.barh(places, list(found.values()), color=PALETTE[2])
    axis.axvline(floor(picks.picked, picks.expected[MANY]).mean(), color="black", lw=1)
    axis.set(yticks=places, yticklabels=list(found), xlabel="divergence (bits)")
    axis.set_title("predictions of what training picks")


def tables(measured: Enumeration) -> Sequence[Table]:
    """The functions with the shortest codes of three units."""
    codes = measured.codes[max(measured.codes)]
    order = np.lexsort((codes.alternative, codes.shortest))
    chosen = [*order[:6], *order[-4:]]
    rows = [
        [
            f"{codes.function[at]:08b}"[::-1],
            f"{codes.shortest[at]:.0f}",
            f"{codes.alternative[at]:.2f}",
            f"{codes.n_networks[at]:,.0f}",
            f"{codes.orbit[at]:,.0f}",
            f"{codes.n_orbits[at]:,.0f}",
        ]
        for at in chosen
    ]
    header = ["truth table", "K", "all codes", "networks", "orbit of the shortest", "orbits"]
    caption = (
        "Functions of networks with three hidden units, the six with the shortest codes and the"
        " four with the longest: outputs at 000, 001, ... 111; bits of the shortest code and of all"
        " codes; networks, those in the orbit of the shortest code, and orbits."
    )
    return [Table(caption, header, rows)]
