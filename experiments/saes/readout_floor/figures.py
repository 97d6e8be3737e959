"""Cross-talk beside its floor, by model, by feature and by pair."""

from pathlib import Path

import numpy as np

from experiments.saes.readout_floor.measure import LINEAR, RELU, Measured, tight_frame
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

FLOOR_ALT = "Cross-talk over its floor by size and model, and of single features, sorted."
FLOOR_CAPTION = (
    "Left: mean squared cross-talk of trained read-outs as a multiple of its floor, a dot for a"
    " seed; bars are d/(d − 2), that of a projection that is random. Right: of single features,"
    " from the least to the most. A tight frame of unit vectors has 1 for all of them."
)
NAMES = {LINEAR: "linear", RELU: "ReLU"}
PAIRS_ALT = "What is read of a feature while another is on: frame, linear model, ReLU model."
PAIRS_CAPTION = (
    "What a linear read-out gives for feature i (row) while feature j (column) alone is on, for 40"
    " features in 10 dimensions: the best there is, and what was trained."
)


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw the ratios, and the read-outs of the smallest size."""
    colours = {LINEAR: PALETTE[0], RELU: PALETTE[1]}
    figure, axes = new_figure(1, 2, width=9, height=3.6)
    ticks = []
    for at, each in enumerate(measured.models.values()):
        colour = colours[each.kind]
        axes[0].plot(np.full(len(each.ratio), at), each.ratio, "o", color=colour, ms=5, alpha=0.8)
        if each.kind == LINEAR:
            axes[0].hlines(each.expected, at - 0.3, at + 0.3, color=PALETTE[7], lw=1.5)
        ticks.append(f"{NAMES[each.kind]}\n({each.n_features}, {each.n_hidden})")
        share = (np.arange(each.n_features) + 0.5) / each.n_features
        style = {10: "-", 30: "--"}.get(each.n_hidden, ":")
        axes[1].plot(
            share, np.sort(each.rows), style, color=colour, label=ticks[-1].replace("\n", " ")
        )
    axes[0].set_xticks(range(len(ticks)), ticks)
    for axis in axes:
        axis.axhline(1, color=PALETTE[2], lw=1.2, label="floor, tight frame")
    axes[0].set(ylabel="mean squared cross-talk / floor", title="models")
    axes[1].set(xlabel="part of the features", ylabel="cross-talk of a feature / floor")
    axes[1].set_title("features")
    axes[1].legend(frameon=False, fontsize=8)
    save(figure, folder / "floor.png")
    _draw_pairs(measured, folder / "pairs.png")
    return [
        Figure("floor.png", FLOOR_ALT, FLOOR_CAPTION),
        Figure("pairs.png", PAIRS_ALT, PAIRS_CAPTION),
    ]


def _draw_pairs(measured: Measured, path: Path) -> None:
    linear, relu = measured.of(LINEAR)[0], measured.of(RELU)[0]
    frame = tight_frame(linear.n_features, linear.n_hidden)
    panels = {"tight frame": frame @ frame.T, "linear model": linear.gram, "ReLU model": relu.gram}
    figure, axes = new_figure(1, 3, width=9.5, height=3.3, sharey=True)
    for axis, (title, gram) in zip(axes, panels.items(), strict=True):
        axis.imshow(gram, cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set(title=title, xlabel="feature that is on")
    axes[0].set_ylabel("feature that is read")
    figure.colorbar(axes[0].images[0], ax=axes, label="read, over its own")
    save(figure, path)
