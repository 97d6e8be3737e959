"""The truth beside what was found in the star, and what shows the true L0 of the random model."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.sparse_but_wrong.claims import LOW, STRONG, TRUE_L0
from experiments.saes.sparse_but_wrong.measure import RANKS, Mixing, RandomModel, Star
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

GREY = "#888888"
STAR = Figure(
    "star.png",
    "Cosines of latents and features in four matrices, and their mixing against the correlation.",
    "Cosines of five latents with five features: the truth, and what was found at three settings,"
    " where a start at the truth was left for a mixture with feature 0. Right: the mean part of"
    " feature 0 in the other latents, over its correlation with their features.",
)
RANDOM = Figure(
    "random.png",
    "MCC, the decoder-projection statistic and the squared error, each against k.",
    "Fifty features with random correlations. Dashed: how many are on together. Left: how well the"
    " truth is found. Middle: the statistic, which needs no truth, over its value at the largest k."
    " Right: below the true L0 the autoencoder has a smaller error than the true features have with"
    " as many of them active.",
)


def draw(measured: Mixing, folder: Path) -> list[Figure]:
    """Draw both models."""
    figure, axes = new_figure(
        1, 5, width=13, height=2.9, gridspec_kw={"width_ratios": (1, 1, 1, 1, 1.7)}
    )
    image = _draw_matrices(axes[:4], measured.star)
    figure.colorbar(image, ax=axes[3], shrink=0.8, label="cosine")
    _draw_mixing(axes[4], measured.star)
    save(figure, folder / STAR.name)
    figure, axes = new_figure(1, 3, width=11, height=3.5)
    _draw_random(axes, measured.random)
    save(figure, folder / RANDOM.name)
    return [STAR, RANDOM]


def _draw_matrices(axes: Any, star: Star) -> Any:
    shown = {"truth": np.eye(star.cosines.shape[-1])}
    for correlation, l0 in ((STRONG, TRUE_L0), (STRONG, LOW), (-STRONG, LOW)):
        place, level = star.place(correlation), star.level(l0)
        title = f"correlation {star.correlation[place]:.1f}\nL0 {star.l0[level]:.1f}"
        shown[title] = star.cosines[place, level]
    for axis, (title, cosines) in zip(axes, shown.items(), strict=False):
        axis.imshow(cosines, cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set(title=title, xlabel="feature", xticks=range(5), yticks=range(5))
    axes[0].set_ylabel("latent")
    return axes[0].images[0]


def _draw_mixing(axis: Any, star: Star) -> None:
    for level, (l0, colour) in enumerate(zip(star.l0, PALETTE, strict=False)):
        values = star.others[:, level].mean(-1)
        axis.plot(star.correlation, values, "o-", color=colour, markersize=3, label=f"L0 {l0:.1f}")
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set(xlabel="correlation with feature 0", ylabel="cosine with feature 0")
    axis.legend(frameon=False, fontsize=8)


def _draw_random(axes: Any, random: RandomModel) -> None:
    axes[0].plot(random.k, random.mcc, "o-", color=PALETTE[0], markersize=3)
    axes[0].set(ylabel="MCC", ylim=(0, 1.03))
    scaled = random.projection / np.abs(random.projection[-1:])
    for n, values, colour in zip(RANKS, scaled.T, PALETTE, strict=False):
        axes[1].plot(random.k, values, "o-", color=colour, markersize=3, label=f"n = {n}")
    axes[1].set(ylabel="decoder projection, relative")
    axes[1].legend(frameon=False, fontsize=8)
    for label, values, colour in (
        ("learned", random.mse, PALETTE[0]),
        ("true features", random.true_mse, PALETTE[3]),
    ):
        axes[2].plot(random.k, values, "o-", color=colour, markersize=3, label=label)
    axes[2].set(ylabel="squared error", yscale="log")
    axes[2].legend(frameon=False, fontsize=8)
    for axis in axes:
        axis.axvline(random.true_l0, color=GREY, linestyle="--", linewidth=0.8)
        axis.set_xlabel("k, the L0 that is asked for")
