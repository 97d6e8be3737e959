"""Frontiers of the architectures, and the true features beside what each has found."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.synthbench.measure import (
    BATCH_TOPK,
    JUMPRELU,
    L1,
    MATRYOSHKA,
    N_SHOWN,
    PURSUIT,
    Benchmark,
)
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

GREY = "#888888"
NAMES = {
    BATCH_TOPK: "BatchTopK",
    MATRYOSHKA: "Matryoshka",
    PURSUIT: "matching pursuit",
    L1: "ReLU, L1",
    JUMPRELU: "JumpReLU",
}
SCORES = {"explained_variance": "explained variance", "f1": "F1", "mcc": "MCC"}
N_BINS = 16
"""Of features by their rank, each as wide as the others on a logarithmic axis."""
FRONTIER = Figure(
    "frontier.png",
    "Explained variance, F1 and MCC against L0, a line for each of five architectures.",
    "Each point is an autoencoder, at the number of latents that are on outside training. The star"
    " is the truth: the most frequent features, as many as there are latents, with their values."
    " Dotted: random directions. The best reconstruction need not be the one that finds features.",
)
FOUND = Figure(
    "found.png",
    "Matrices of |cosines| of features and latents: the truth, and five architectures.",
    f"|Cosines| of the {N_SHOWN} most frequent features with the latents that are paired with them,"
    " at the L0 that is compared. Left the truth, where every feature has a latent of its own.",
)
FEATURES = Figure(
    "features.png",
    "Largest cosine with a latent, and density, against the rank of features by density.",
    "Means over features of similar rank. Left: how well features are found. Solid vertical: the"
    " number of latents. Dotted: where the levels of the trees begin, roots first, and where the"
    " features do that are in no tree. Right: how often features are on.",
)


def draw(measured: Benchmark, folder: Path) -> list[Figure]:
    """Draw the frontiers, the matrices and which features are found."""
    figure, axes = new_figure(1, len(SCORES), width=11, height=3.5)
    for axis, score in zip(axes, SCORES, strict=True):
        _draw_frontier(axis, measured, score)
    axes[0].legend(frameon=False, fontsize=8)
    save(figure, folder / FRONTIER.name)
    figure, axes = new_figure(1, 1 + len(measured.found), width=13, height=2.7, sharey=True)
    image = _draw_matrices(axes, measured)
    figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01, label="|cosine|")
    save(figure, folder / FOUND.name)
    figure, axes = new_figure(1, 2, width=9, height=3.4)
    _draw_features(axes, measured)
    save(figure, folder / FEATURES.name)
    return [FRONTIER, FOUND, FEATURES]


def _draw_frontier(axis: Any, measured: Benchmark, score: str) -> None:
    truth = measured.truth
    for (name, found), colour in zip(measured.found.items(), PALETTE, strict=False):
        values = getattr(found, score)
        axis.plot(found.l0, values, "o-", color=colour, markersize=4, label=NAMES[name])
    height = truth.explained_variance if score == "explained_variance" else 1.0
    axis.plot(truth.l0, height, "*", color="black", markersize=10, label="true features")
    if score == "mcc":
        axis.axhline(truth.chance, color=GREY, linestyle=":", linewidth=0.9)
    axis.set(xlabel="L0", ylabel=SCORES[score])


def _draw_matrices(axes: Any, measured: Benchmark) -> Any:
    shown = {"truth": np.eye(N_SHOWN)}
    for name, found in measured.found.items():
        shown[NAMES[name]] = found.matrix[found.level(measured.compared)]
    for axis, (title, matrix) in zip(axes, shown.items(), strict=True):
        axis.imshow(matrix, cmap="viridis", vmin=0, vmax=1)
        axis.set(title=title, xlabel="latent")
    axes[0].set_ylabel("feature")
    return axes[0].images[0]


def _draw_features(axes: Any, measured: Benchmark) -> None:
    truth = measured.truth
    rank = 1 + np.arange(truth.density.size)
    edges = np.unique(np.geomspace(1, rank[-1] + 1, N_BINS + 1).round().astype(int))
    middle = np.sqrt(edges[:-1] * (edges[1:] - 1))

    def means(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, edges[:-1] - 1) / np.diff(edges)

    for (name, found), colour in zip(measured.found.items(), PALETTE, strict=False):
        cosine = found.cosine[found.level(measured.compared)]
        axes[0].plot(middle, means(cosine), "o-", color=colour, markersize=3, label=NAMES[name])
    axes[0].axvline(truth.n_latents, color=GREY, linewidth=0.9)
    axes[0].set(ylabel="largest cosine with a latent", ylim=(0, 1.03))
    axes[0].legend(edgecolor="none", framealpha=1, fontsize=8)
    axes[1].plot(middle, means(truth.density), "o-", color="black", markersize=3)
    axes[1].set(ylabel="density", yscale="log")
    for axis in axes:
        for start in truth.levels[1:]:
            axis.axvline(start + 1, color=GREY, linestyle=":", linewidth=0.8)
        axis.set(xscale="log", xlabel="feature, from frequent to rare")
