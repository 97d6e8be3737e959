"""What a mixture of the inputs is worth, and which ReLUs are served at each exponent."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.computation.compressed.claims import gains_by_mixing
from experiments.computation.compressed.measure import (
    Compressed,
    Networks,
    responses,
    served,
    share_at_top,
)
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

MIXING = Figure(
    "mixing.png",
    "The part of the naive loss that is saved, and where W_in lies, against the size of a mixture.",
    "Left: the part of the naive network's loss that trained ones save (points) and its mean"
    " (line), against the size s of the mixture M in the targets: of Gaussian entries, or the"
    " 1 - E Eᵀ of a residual stream with an embedding E, at the root mean square of its entries."
    " Right: share of W_in along the top eigenvectors of M; dashed: by chance.",
)
POWERS = Figure(
    "powers.png",
    "Responses of the outputs to their own inputs, and the weights, at each exponent of the loss.",
    "Without a mixture. Left: each output where its own input alone is 1 (dots) or -1 (crosses),"
    " from the largest to the least, for each exponent q of the loss; dashed: the targets 1 and 0."
    " Middle: share of ReLUs that are served: less than half of their squared error is left where"
    " they are on alone. Right: at the largest q, entries of W_out against those of the"
    " pseudo-inverse of W_in, both over their root mean square; dashed: equal.",
)


def draw(measured: Compressed, folder: Path) -> list[Figure]:
    """Draw what a mixture is worth, and what the exponent of the loss changes."""
    _draw_mixing(folder / MIXING.name, measured)
    _draw_powers(folder / POWERS.name, measured.power)
    return [MIXING, POWERS]


def _draw_mixing(path: Path, measured: Compressed) -> None:
    figure, (left, right) = new_figure(1, 2, width=8, height=3.2)
    found, embedding = measured.mixing, measured.embedding
    left.plot(found.mixing, found.gain, "o", color=PALETTE[0], markersize=4)
    left.plot(*gains_by_mixing(found), color=PALETTE[0], linewidth=1, label="Gaussian M")
    size = np.sqrt(np.square(embedding.M).mean())
    left.plot(size * embedding.mixing, embedding.gain, "s", color=PALETTE[1], label="1 - E Eᵀ")
    left.axhline(0, color="#999999", ls="--", linewidth=0.8)
    left.set(xlabel="size s of the mixture", ylabel="part of the naive loss saved")
    left.legend(frameon=False)
    shares = [share_at_top(W, found.M) for W in found.W_in]
    right.plot(found.mixing, shares, "o", color=PALETTE[0], markersize=4)
    n, m = found.W_in.shape[1:]
    right.axhline(m / n, color="#999999", ls="--", linewidth=0.8)
    for axis in (left, right):
        axis.locator_params(axis="x", nbins=5)
    right.set(
        xlabel="size s of the mixture",
        ylabel=r"$W_\mathrm{in}$ along top eigenvectors",
        ylim=(0, 1.02),
    )
    save(figure, path)


def _draw_powers(path: Path, found: Networks) -> None:
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.3)
    exponents = np.unique(found.exponent)
    for q, colour in zip(exponents, PALETTE, strict=False):
        chosen = np.flatnonzero(found.exponent == q)
        up, down = responses(found.W_in[chosen[0]], found.W_out[chosen[0]])
        left.plot(np.sort(up)[::-1], ".", color=colour, label=f"q = {q:g}")
        left.plot(np.sort(down)[::-1], "x", color=colour, markersize=3)
    for wanted in (0, 1):
        left.axhline(wanted, color="#999999", ls="--", linewidth=0.8, zorder=0)
    left.set(xlabel="output, sorted", ylabel="response to its own input")
    left.legend(frameon=False)
    middle.plot(
        found.exponent, served(found.W_in, found.W_out).mean(-1), "o", color=PALETTE[0], ms=4
    )
    middle.set(xlabel="exponent q of the loss", ylabel="share of ReLUs served", ylim=(0, 1.05))
    middle.set_xticks(exponents)
    at = int(found.exponent.argmax())
    _draw_inverse(right, found.W_in[at], found.W_out[at], f"q = {exponents[-1]:g}")
    save(figure, path)


def _draw_inverse(axis: Any, W_in: np.ndarray, W_out: np.ndarray, title: str) -> None:
    inverse = np.linalg.pinv(W_in).T
    x, y = (each.ravel() / np.sqrt(np.square(each).mean()) for each in (inverse, W_out))
    axis.plot(x, y, ".", color=PALETTE[0], markersize=2)
    axis.axline((0, 0), slope=1, color="#999999", ls="--", linewidth=0.8, zorder=0)
    axis.set(xlabel=r"pseudo-inverse of $W_\mathrm{in}$", ylabel=r"$W_\mathrm{out}$", title=title)
