"""Latents beside the features that they should be."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.hedging.claims import DENSITY
from experiments.saes.hedging.measure import (
    CASES,
    LEVELS,
    Hedging,
    Levels,
    Narrow,
    first_component,
)
from experiments.saes.plane import arrow, truth
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "The only latent as an arrow beside the parent and the child, in each case."
CAPTION = (
    "In the plane of parent and child: grey, the truth; dashed, the first principal component of"
    " the data; blue, the latent of each seed, scaled to norm 1; orange, the decoder bias. Circles"
    " are inputs, as large as they are frequent. The coefficient of L1 stands in brackets."
)


LEVELS_ALT = "Cosines of encoders and decoders of four latents with four features, in each case."
LEVELS_CAPTION = (
    "Cosines of four latents (rows) with the parent and its three children (columns). The first"
    " latent has an error of its own, of weight β. In its encoder, hedging is red beside the parent"
    " and absorption blue; in the decoders of the others, absorption is red below the parent."
    " Latents that are the features would be the identity. Unequal: children with P = 0.02, 0.15"
    " and 0.5 in place of 0.15 each."
)
TITLES = {
    "standard": "no inner level (β = 0)",
    "balanced": "balanced (β = 0.25)",
    "detached": "detached (β = ∞)",
    "unbalanced": "unequal (β = 0.17)",
}


def draw(measured: Hedging, folder: Path) -> list[Figure]:
    """Draw the single latents, and those with an inner level."""
    _draw_single(measured.single, folder / "latent.png")
    _draw_levels(measured.levels, folder / "levels.png")
    return [
        Figure("latent.png", ALT, CAPTION),
        Figure("levels.png", LEVELS_ALT, LEVELS_CAPTION),
    ]


def _draw_single(measured: Narrow, path: Path) -> None:
    """A panel for each case."""
    n_cases = len(measured.cosine)
    figure, axes = new_figure(2, 3, width=9.5, height=5.6, sharex=True, sharey=True)
    for axis in axes.ravel()[n_cases:]:
        axis.set_axis_off()
    for place, axis in enumerate(axes.ravel()[:n_cases]):
        _draw_case(axis, measured, place)
        l1 = measured.coefficient[place]
        axis.set(title=f"{CASES[place]} ({l1:g})", aspect="equal")
    axes[0, 0].set(xlim=(-0.35, 1.3), ylim=(-0.5, 1.2))
    for axis in axes[:, 0]:
        axis.set_ylabel("child")
    for axis in axes[-1]:
        axis.set_xlabel("parent")
    save(figure, path)


def _draw_levels(measured: Levels, path: Path) -> None:
    """A column for each case, the encoder above the decoder."""
    figure, axes = new_figure(2, len(LEVELS), width=9.5, height=5.0, sharex=True, sharey=True)
    for row, name in enumerate(("encoder", "decoder")):
        cosines = getattr(measured, name).mean(axis=1)
        for axis in axes[row, len(cosines) :]:
            axis.set_axis_off()
        for axis, case, cosine in zip(axes[row], measured.cases, cosines, strict=False):
            axis.imshow(cosine, cmap="RdBu_r", vmin=-1, vmax=1)
            for (latent, feature), value in np.ndenumerate(cosine):
                colour = "white" if abs(value) > 0.6 else "black"
                text = f"{value:z.2f}"
                axis.text(feature, latent, text, ha="center", va="center", color=colour, size=7)
            axis.set_title(TITLES[case] if row == 0 else "")
        axes[row, 0].set(ylabel=f"{name}\nlatent", yticks=range(4))
    for axis in axes[-1]:
        axis.set(xlabel="feature (0: parent)", xticks=range(4))
    save(figure, path)


def _draw_case(axis: Any, measured: Narrow, place: int) -> None:
    given, alone = measured.with_parent[place], measured.without_parent[place]
    shares = {
        (0, 0): (1 - DENSITY) * (1 - alone),
        (1, 0): DENSITY * (1 - given),
        (0, 1): (1 - DENSITY) * alone,
        (1, 1): DENSITY * given,
    }
    for point, share in shares.items():
        axis.scatter(*point, s=400 * share, facecolors="none", edgecolors="#666666")
    truth(axis)
    component = first_component(given, alone, DENSITY)
    axis.plot(*np.outer(component, [-0.3, 1.2]), "--", color="#333333", linewidth=0.9)
    for latent, bias in zip(measured.cosine[place], measured.bias[place], strict=True):
        arrow(axis, latent, color=PALETTE[0], linewidth=1.5)
        arrow(axis, bias, color=PALETTE[1], linewidth=1.5)
