"""The grid: what is recovered, and what one sees of it without knowing the features."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.sharkey.measure import Grid
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

GRID_ALT = "Four maps over penalty and dictionary size: MMCS, its proxy, dead latents and error."
GRID_CAPTION = (
    "Each cell is a dictionary. MMCS is high in a band of penalties; the same band shows in the"
    " MMCS with larger dictionaries, which no truth is needed for, at the edge of dead latents and"
    " in the reconstruction error. White dots: the best penalty of each size."
)
TRUTH_ALT = "Cosine of each true feature with its nearest latent for three penalties, and chance."
TRUTH_CAPTION = (
    "The truth beside what was found, for the dictionary with one latent for each feature: how near"
    " the nearest latent is to each true feature, from the most frequent to the rarest, with a"
    " penalty that is too small, the best, and one that is too large."
)


def draw(measured: Grid, folder: Path) -> list[Figure]:
    """Draw the maps and the cosines of single features."""
    figure, axes = new_figure(2, 2, width=9, height=5.4, sharex=True, sharey=True)
    maps = (
        ("MMCS with the true features", measured.mmcs, "viridis"),
        ("MMCS with larger dictionaries", measured.proxy, "viridis"),
        ("dead latents", measured.dead, "magma"),
        ("log₁₀ of the reconstruction error", np.log10(measured.mse), "cividis"),
    )
    best = np.nanargmax(np.nan_to_num(measured.mmcs, nan=-1), axis=1)
    for axis, (title, values, colours) in zip(axes.flat, maps, strict=True):
        limits = {"vmin": 0, "vmax": 1} if colours != "cividis" else {}
        image = axis.imshow(values, cmap=colours, origin="lower", aspect="auto", **limits)
        axis.plot(best, np.arange(len(best)), "o", color="white", markeredgecolor="#333333")
        axis.set_title(title)
        figure.colorbar(image, ax=axis)
    for axis in axes[1]:
        ticks = np.arange(0, len(measured.coefficient), 4)
        axis.set_xticks(ticks, [f"{measured.coefficient[at]:.3g}" for at in ticks])
        axis.set_xlabel("penalty on a latent, l1 · d / size")
    for axis in axes[:, 0]:
        axis.set_yticks(np.arange(len(measured.ratio)), [f"{each:.3g}" for each in measured.ratio])
        axis.set_ylabel("latents per feature")
    save(figure, folder / "grid.png")
    _draw_truth(measured, folder / "features.png")
    return [
        Figure("grid.png", GRID_ALT, GRID_CAPTION),
        Figure("features.png", TRUTH_ALT, TRUTH_CAPTION),
    ]


def _draw_truth(measured: Grid, path: Path) -> None:
    figure, axis = new_figure(1, 1, width=9, height=3.2)
    at = int(np.argmin(np.abs(measured.ratio - 1)))
    best = int(np.argmax(np.nan_to_num(measured.mmcs[at], nan=-1)))
    columns: dict[int, Any] = {0: PALETTE[1], best: PALETTE[0], -1: PALETTE[3]}
    features = np.arange(1, measured.cosine.shape[-1] + 1)
    for column, colour in columns.items():
        label = f"penalty {measured.coefficient[column]:.3g}"
        axis.plot(
            features, measured.cosine[at, column], "o-", color=colour, ms=4, lw=1, label=label
        )
    axis.axhline(1, color=PALETTE[7], lw=0.8, ls=":", label="the truth")
    axis.axhline(measured.chance[at], color=PALETTE[7], lw=0.8, ls="--", label="random directions")
    axis.set(xlabel="true feature, from frequent to rare", ylabel="cosine with nearest latent")
    axis.set_ylim(0, 1.05)
    axis.legend(frameon=False, ncols=5, loc="lower center")
    save(figure, path)
