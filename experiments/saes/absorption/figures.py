"""The true features beside what latents read and write, and where absorption begins."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.absorption.claims import L1
from experiments.saes.absorption.measure import Latents, Measured
from experiments.saes.plane import arrow, truth
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Arrows of features, decoders and encoders in the plane of a parent and a child."
CAPTION = (
    "In the plane of both features: grey, the truth; solid, the decoder rows of the latents of the"
    " parent (blue) and the child (orange), scaled to norm 1; dashed, their encoders, scaled to"
    " norm 1 as well. A shaded half-plane is where the parent's latent is on. Each panel is the"
    " first seed of a setting."
)
PARTIAL_ALT = "Recall of the parent's latent and its part in the child's latent, against L1."
PARTIAL_CAPTION = (
    "Left: how often the parent's latent is on where the child is on, by seed, for each setting."
    " Right: the cosine of the child's latent with the parent against the L1 coefficient, where the"
    " child comes without its parent too; dots are seeds."
)


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw the weights of four settings, and what depends on them."""
    shown = _settings(measured)
    figure, axes = new_figure(1, len(shown), width=11, height=3.1, sharex=True, sharey=True)
    for axis, (title, found) in zip(axes, shown.items(), strict=True):
        _draw_plane(axis, found)
        axis.set(title=title, xlabel="parent", aspect="equal")
    axes[0].set(ylabel="child", xlim=(-1.25, 1.25), ylim=(-1.25, 1.25))
    save(figure, folder / "plane.png")
    figure, axes = new_figure(1, 2, width=9, height=3.4)
    _draw_recall(axes[0], shown)
    _draw_partial(axes[1], measured.partial)
    save(figure, folder / "recall.png")
    return [Figure("plane.png", ALT, CAPTION), Figure("recall.png", PARTIAL_ALT, PARTIAL_CAPTION)]


def _settings(measured: Measured) -> dict[str, Latents]:
    return {
        "no L1": measured.absorbed.at(0.0),
        f"L1 {L1:g}": measured.absorbed.at(L1),
        "varying magnitudes": measured.varying.at(L1),
        "tied weights": measured.tied.at(L1),
    }


def _draw_plane(axis: Any, found: Latents) -> None:
    encoder, decoder = found.encoder[0, 0], found.decoder[0, 0]
    normal = encoder[0] / np.linalg.norm(encoder[0])
    x, y = np.meshgrid(*[np.linspace(-1.25, 1.25, 101)] * 2)
    on = (normal[0] * x + normal[1] * y > 0).astype(float)
    axis.contourf(x, y, on, levels=[0.5, 1.5], colors=[PALETTE[0]], alpha=0.1)
    truth(axis)
    for row, read, colour in zip(decoder, encoder, PALETTE, strict=False):
        arrow(axis, row, color=colour, linewidth=1.8)
        arrow(axis, read / np.linalg.norm(read), color=colour, linewidth=1.2, linestyle="--")


def _draw_recall(axis: Any, shown: dict[str, Latents]) -> None:
    for place, found in enumerate(shown.values()):
        recall = found.recall[0]
        spread = place + np.linspace(-0.15, 0.15, len(recall))
        axis.plot(spread, recall, "o", color=PALETTE[0], markersize=5, alpha=0.8)
    axis.set_xticks(range(len(shown)), list(shown), fontsize=8)
    axis.set(ylabel="recall where the child is on", ylim=(-0.05, 1.05))


def _draw_partial(axis: Any, found: Latents) -> None:
    cosine = found.decoder[..., 1, 0]
    for seed in cosine.T:
        axis.plot(found.coefficient, seed, "o", color=PALETTE[1], markersize=4, alpha=0.6)
    axis.plot(found.coefficient, cosine.mean(-1), color=PALETTE[1])
    axis.set(xscale="log", xlabel="L1 coefficient", ylabel="cosine of child's latent and parent")
