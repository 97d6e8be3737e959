"""Agreement of seeds beside agreement with the truth."""

from pathlib import Path

import numpy as np

from experiments.saes.seeds.claims import PAPER_L1
from experiments.saes.seeds.measure import Agreement, Agreements
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

SEEDS_ALT = "Agreement between seeds against agreement with the truth, and both over each setting."
SEEDS_CAPTION = (
    "Left: PW-MCC of five seeds against their MCC with the true features, from each block of"
    " training to the end (large marks). Middle and right: both at the end over the coefficient of"
    " the penalty and over k; three features are on. Dashed: random directions."
)
PAIRS_ALT = "Cosines of true features with the latents paired with them, for L1 and TopK."
PAIRS_CAPTION = (
    "The truth beside what was found: |cosine| of each true feature (row) with each latent"
    " (column), paired. A dictionary that is right is a diagonal of ones."
)


def draw(measured: Agreements, folder: Path) -> list[Figure]:
    """Draw the agreements, and the cosines behind them."""
    figure, axes = new_figure(1, 3, width=10, height=3.5, sharey=True)
    kinds = (("L1", measured.l1, PALETTE[1]), ("TopK", measured.topk, PALETTE[0]))
    for name, found, colour in kinds:
        for truth, seeds in zip(found.truth, found.seeds, strict=True):
            axes[0].plot(truth, seeds, "-", color=colour, lw=0.8, alpha=0.6)
        axes[0].plot(found.truth[:, -1], found.seeds[:, -1], "o", color=colour, ms=5, label=name)
    axes[0].plot([0, 1], [0, 1], ":", color=PALETTE[7], lw=0.8)
    axes[0].set(xlabel="MCC with the truth", ylabel="PW-MCC, or MCC", title="course of training")
    axes[0].set(xlim=(0.4, 1.02), ylim=(0.4, 1.02))
    axes[0].legend(frameon=False)
    labels = ("L1: coefficient of the penalty", "TopK: k")
    for axis, label, (_, found, colour) in zip(axes[1:], labels, kinds, strict=True):
        _over_settings(axis, found, colour)
        axis.axhline(measured.chance, color=PALETTE[7], lw=0.8, ls="--")
        axis.set_xlabel(label)
    axes[1].set_xscale("log")
    axes[2].axvline(3, color=PALETTE[7], lw=0.8, ls=":")
    axes[1].legend(frameon=False)
    save(figure, folder / "agreement.png")
    _draw_pairs(measured, folder / "pairs.png")
    return [
        Figure("agreement.png", SEEDS_ALT, SEEDS_CAPTION),
        Figure("pairs.png", PAIRS_ALT, PAIRS_CAPTION),
    ]


def _over_settings(axis, found: Agreement, colour: str) -> None:
    axis.plot(found.setting, found.truth[:, -1], "o-", color=colour, label="MCC with the truth")
    axis.plot(
        *(found.setting, found.seeds[:, -1], "s--"),
        **{"color": colour, "mfc": "none", "label": "PW-MCC of seeds"},
    )


def _draw_pairs(measured: Agreements, path: Path) -> None:
    l1, topk = measured.l1, measured.topk
    panels = [
        (f"L1 at {PAPER_L1:g}", l1, l1.at(PAPER_L1) or 0),
        ("L1, best coefficient", l1, _best(l1)),
        ("TopK, best k", topk, _best(topk)),
    ]
    figure, axes = new_figure(1, 3, width=9.5, height=3.3, sharey=True)
    for axis, (title, found, at) in zip(axes, panels, strict=True):
        axis.imshow(found.cosine[at], cmap="viridis", vmin=0, vmax=1)
        axis.set(title=f"{title} ({found.setting[at]:.3g})", xlabel="latent")
    axes[0].set_ylabel("true feature")
    figure.colorbar(axes[0].images[0], ax=axes, label="|cosine|")
    save(figure, path)


def _best(found: Agreement) -> int:
    return int(np.argmax(np.nan_to_num(found.truth[:, -1], nan=-1)))
