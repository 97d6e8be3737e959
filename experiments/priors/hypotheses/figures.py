"""Shares of networks by factor and by label noise, and networks beside kernels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.priors.hypotheses.claims import shares
from experiments.priors.hypotheses.measure import Hypotheses, Picked
from experiments.statistics import wilson
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.data.two_rules import PAIRS

FACTORS_ALT = "Share of networks that pick the first rule, by factor, for six pairs of rules."
FACTORS_CAPTION = (
    "Of the networks that fit their examples, the share that picks the first rule (blue) and the"
    " second (orange) of each pair, with 95 % Wilson intervals over networks, as if the sets of"
    " examples were the only ones; the others pick neither. Each row changes one factor of the"
    " base; the last two are limits of wide networks, by their kernels."
)
NOISE_ALT = "Share that picks the first rule by label noise, agreement beside kernels and chance."
NOISE_CAPTION = (
    "Left: share of the networks that picks the first rule where it contradicts a part of the"
    " labels, for each pair. Middle: mean agreement with the first rule, of trained networks (the"
    " base) against those of two kernels; a mark for each pair and set of examples, on the line"
    " both agree alike. Right: the same of networks that are trained on six examples, against"
    " networks that fit these by chance, as they are drawn."
)


def draw(measured: Hypotheses, folder: Path) -> list[Figure]:
    """Draw the factors in a panel for each pair, and noise and kernels."""
    rows = [*measured.cells, *measured.kernels.values()]
    n = len(measured.pairs)
    n_rows = -(-n // 3)
    size = {"width": 11, "height": 3.4 * n_rows}
    apart = {"hspace": 0.08}
    figure, axes = new_figure(n_rows, min(n, 3), **size, squeeze=False, gridspec_kw=apart)
    places = np.arange(len(rows))[::-1]
    for at, pair in enumerate(measured.pairs):
        axis = axes.ravel()[at]
        for kind, name in enumerate(("first rule", "second rule")):
            _draw_shares(axis, [row.counts()[at] for row in rows], places, kind, name)
        axis.set(xlim=(-0.03, 1.03), yticks=places, title=PAIRS[pair])
        axis.set_yticklabels([row.name for row in rows] if at % 3 == 0 else [])
    for axis in axes.ravel()[n:]:
        axis.set_axis_off()
    for axis in axes[-1]:
        axis.set_xlabel("share of networks")
    named = axes[0, 0].get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=2, frameon=False)
    save(figure, folder / "factors.png")
    figure, axes = new_figure(1, 3, width=13, height=4)
    _draw_noise(axes[0], measured)
    base = measured.cells[0]
    kernels = [(name, base, limit) for name, limit in measured.kernels.items()]
    _draw_beside(axes[1], kernels, "kernels")
    pairs = zip(measured.few, measured.guessed, strict=True)
    _draw_beside(axes[2], [(few.name, few, chance) for few, chance in pairs], "fit by chance")
    save(figure, folder / "noise.png")
    return [
        Figure("factors.png", FACTORS_ALT, FACTORS_CAPTION),
        Figure("noise.png", NOISE_ALT, NOISE_CAPTION),
    ]


def _draw_shares(
    axis: Any, counts: Sequence[np.ndarray], places: np.ndarray, kind: int, name: str
) -> None:
    hits, n = np.array([each[kind] for each in counts]), np.array([each.sum() for each in counts])
    known = n > 0
    share = hits / np.maximum(n, 1)
    low, high = wilson(hits, n)
    errors = np.maximum(np.stack([share - low, high - share]), 0)[:, known]
    style = {"fmt": "o", "ms": 4, "color": PALETTE[kind], "label": name}
    axis.errorbar(share[known], places[known], xerr=errors, **style)


def _draw_noise(axis: Any, measured: Hypotheses) -> None:
    found = np.array([shares(cell)[:, 0] for cell in measured.noisy])
    for at, pair in enumerate(measured.pairs):
        axis.plot(measured.levels, found[:, at], "o-", ms=4, color=PALETTE[at], label=PAIRS[pair])
    axis.set(xlabel="share of labels that contradict the first rule", ylim=(-0.03, 1.03))
    axis.set(ylabel="share that picks the first rule")
    axis.legend(frameon=False, fontsize=8)


def _draw_beside(axis: Any, rows: Sequence[tuple[str, Picked, Picked]], what: str) -> None:
    """Mean agreement of trained networks against that of others, one colour for each row."""
    for (name, found, other), marker, colour in zip(rows, "o^s", PALETTE, strict=False):
        means = other.mean().ravel(), found.mean().ravel()
        axis.plot(*means, marker, ms=5, color=colour, label=name)
    axis.plot([0, 1], [0, 1], color="black", lw=1)
    axis.set(xlabel=f"agreement with the first rule, {what}", ylabel="agreement, trained networks")
    axis.legend(frameon=False, fontsize=8)


def tables(measured: Hypotheses) -> Sequence[Table]:
    """Counts of each kind of network."""
    rows = []
    for cell in [*measured.cells, *measured.noisy, measured.shuffled]:
        texts = []
        for (first, second, neither), n in zip(
            cell.counts(), cell.fits.reshape(len(cell.fits), -1).sum(1), strict=True
        ):
            texts.append(f"{first}, {second}, {neither} of {n}")
        rows.append([cell.name, *texts])
    caption = (
        "Networks that pick the first rule, the second, and neither, of those that fit. To pick a"
        " rule is to agree with it on three quarters of the examples on which the rules disagree."
    )
    return [Table(caption, ["", *(PAIRS[pair] for pair in measured.pairs)], rows)]
