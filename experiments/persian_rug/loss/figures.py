"""The losses of trained and constructed weights, and what both look like."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.persian_rug.loss.measure import Measured, Model
from experiments.persian_rug.loss.theory import limit
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

LOSSES = Figure(
    "losses.png",
    "Loss for each feature that is on of trained and constructed weights, their ratio, and how much"
    " features differ.",
    "Left: loss for each feature that is on, against m/n: of trained weights (dots), of"
    " constructed ones (crosses), and in closed form for many features that are treated alike"
    " (lines); dotted: 1/3, the loss of no output. Middle: trained over constructed. Right: how"
    " much the weights of a trained model differ between features, and how much of what is added"
    " to a feature comes from few others, against the number of features at m/n = 1/4; dashed: the"
    " latter of normal weights.",
)
WEIGHTS = Figure(
    "weights.png",
    "The matrix W_out W_in of two trained models, and that of constructed weights between them.",
    "W_out W_in without its diagonal, over the mean of the diagonal; red is positive, blue"
    " negative. Left and middle: the trained model of the most features, and constructed weights"
    " of its size. Right: the trained model whose loss is furthest from that of constructed"
    " weights; dark points are antipodal pairs of features.",
)


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw the losses with what features differ by, and the weights of one model."""
    _draw_losses(folder / LOSSES.name, measured)
    _draw_weights(folder / WEIGHTS.name, measured)
    return [LOSSES, WEIGHTS]


def _draw_losses(path: Path, measured: Measured) -> None:
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.5)
    densities = sorted({each.p for each in measured.grid})
    for number, p in enumerate(densities):
        of = sorted((each for each in measured.grid if each.p == p), key=lambda each: each.m)
        colour = PALETTE[number % len(PALETTE)]
        ratio = np.array([each.m / each.n for each in of])
        trained, made = (np.array([getattr(e, k) for e in of]) for k in ("trained", "constructed"))
        left.plot(ratio, trained, "o", color=colour, markersize=5, label=f"p = {p:.3g}")
        left.plot(ratio, made, "x", color="black", markersize=5)
        fine = np.geomspace(ratio.min(), ratio.max(), 20)
        left.plot(fine, [limit(1, share, p)[1] for share in fine], color=colour, linewidth=1)
        middle.plot(ratio, trained / made, "o-", color=colour, markersize=4, linewidth=1)
    left.axhline(1 / 3, ls=":", color="#999999", linewidth=1)
    left.set(xlabel="m/n", ylabel="loss for each feature on", yscale="log")
    left.legend(frameon=False, fontsize=8)
    middle.axhline(1, ls="--", color="#999999", linewidth=1)
    middle.set(xlabel="m/n", ylabel="loss, trained / constructed")
    for axis in (left, middle):
        log_ticks(axis, sorted({each.m / each.n for each in measured.grid}), "{:.3g}")
    _draw_sizes(right, measured.sizes)
    save(figure, path)


def _draw_sizes(axis: Any, sizes: list[Model]) -> None:
    n = [each.n for each in sizes]
    variation, lumps = [each.variation for each in sizes], [each.lumps for each in sizes]
    axis.plot(n, variation, "o-", color=PALETTE[0], label="between features")
    axis.plot(n, lumps, "o-", color=PALETTE[3], label="among the others of a feature")
    axis.plot(n, 1.6 / np.sqrt(n), "--", color="#999999", label="normal weights, 1.6/√n")
    axis.set(xlabel="features n", ylabel="inequality of weights", yscale="log")
    log_ticks(axis, n)
    axis.legend(frameon=False, fontsize=8)


def _draw_weights(path: Path, measured: Measured) -> None:
    model = max(measured.sizes or measured.grid, key=lambda each: each.n)
    far = max(measured.grid, key=lambda each: abs(np.log(each.trained / each.constructed)))
    shown = (
        ("trained", model, model.W),
        ("constructed", model, model.rug),
        ("trained", far, far.W),
    )
    figure, axes = new_figure(1, 3, width=11, height=3.7)
    images = []
    for axis, (name, of, W) in zip(axes, shown, strict=True):
        own = np.diagonal(W)
        others = (W - np.diag(own)) / own.mean()
        style = {"cmap": "RdBu_r", "vmin": -0.6, "vmax": 0.6, "interpolation": "nearest"}
        images.append(axis.imshow(others, **style))
        axis.set(title=f"{name}: n = {of.n}, m = {of.m}, p = {of.p:.3g}", xticks=[])
        axis.set_yticks([])
    figure.colorbar(images[-1], ax=axes, shrink=0.8, label="over the mean of the diagonal")
    save(figure, path)
