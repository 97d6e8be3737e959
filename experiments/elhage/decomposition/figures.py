"""The parts of the loss against density, and those of each feature at the sparse end."""

from pathlib import Path

import numpy as np

from experiments.elhage.decomposition import one_sparse
from experiments.elhage.decomposition.measure import Decomposed
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Parts of the loss against density, and by feature for the sparsest model."
CAPTION = (
    "Left: the loss where one feature is on, L1, in its two parts, and L0, where none is."
    " Middle: their shares of L1. Right: for each feature of the sparsest model, what is lost"
    " of it when it is on alone and what it does to the others; colours as on the left."
)


def draw(measured: Decomposed, folder: Path) -> list[Figure]:
    """Draw the parts of the loss of the ReLU models."""
    density, W, b, importance = measured.relu
    own = one_sparse.own_cost(W, b, importance)
    other = one_sparse.interference_cost(W, b, importance).sum(-1)
    n, x = W.shape[1], 1 / density
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    for values, label, colour in (
        (own.sum(-1) / n, "own cost (lack of benefit)", PALETTE[0]),
        (other.sum(-1) / n, "interference", PALETTE[3]),
        (one_sparse.zero_loss(b, importance), "L0", PALETTE[7]),
    ):
        axes[0].plot(x, np.maximum(values, 1e-7), "o-", color=colour, label=label, markersize=4)
    axes[0].set(xscale="log", yscale="log", xlabel="1 / density", ylabel="cost", ylim=(1e-6, None))
    axes[0].legend(frameon=False, fontsize=8)
    shares = np.array([own.sum(-1), other.sum(-1)]) / n
    axes[1].stackplot(x, shares / shares.sum(0), colors=[PALETTE[0], PALETTE[3]])
    axes[1].set(xscale="log", xlabel="1 / density", ylabel="part of L1", ylim=(0, 1))
    places = np.arange(n)
    axes[2].bar(places, own[-1], color=PALETTE[0])
    axes[2].bar(places, other[-1], bottom=own[-1], color=PALETTE[3])
    axes[2].set(xlabel="feature", ylabel=f"cost at p = {density[-1]:.3g}")
    save(figure, folder / "decomposition.png")
    return [Figure("decomposition.png", ALT, CAPTION)]
