"""The features of toy models beside the latents that come nearest to them."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.saes.on_toy_models.claims import at, by_density, number_on
from experiments.saes.on_toy_models.measure import RETURNED, Dictionaries, Recovered
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

FEATURES_ALT = "Norms and dimensionalities of all features, above their cosines with latents."
FEATURES_CAPTION = (
    "One toy model of each density. Above, the truth: the norm ‖Wᵢ‖ of each feature, coloured by"
    " its dimensionality Dᵢ; a yellow feature has a dimension of its own, a dark one shares it."
    " Below, what was found: the feature's largest cosine with a latent, at the best L1"
    " coefficient; filled where the feature is represented. Grey line: what random directions"
    " reach; dotted: above it, a feature counts as found."
)
DENSITY_ALT = "Share of features that come back against density, and cosine against L0."
DENSITY_CAPTION = (
    "Left: share of the represented features that are found, against density, beside the mean"
    " dimensionality of these features: of models out of superposition, on the right, few or none"
    " are found. Middle: mean of the largest cosines, with controls. Right: the same against k of"
    " TopK, at each density p; dotted: mean number of represented features that are on."
)


def draw(measured: Recovered, folder: Path) -> list[Figure]:
    """Draw the features of one toy model of each density, and means over all."""
    _draw_features(measured, folder / "features.png")
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    _draw_shares(axes[0], measured)
    _draw_controls(axes[1], measured)
    _draw_l0(axes[2], measured)
    save(figure, folder / "density.png")
    return [
        Figure("features.png", FEATURES_ALT, FEATURES_CAPTION),
        Figure("density.png", DENSITY_ALT, DENSITY_CAPTION),
    ]


def _draw_features(measured: Recovered, path: Path) -> None:
    toys, l1 = measured.toys, measured.l1
    best, density = l1.best(toys), toys.density[l1.toy]
    places = [int(np.argmax(density == each)) for each in np.unique(density)[::-1]]
    figure, axes = new_figure(2, len(places), width=11, height=3.8, squeeze=False, sharey="row")
    colours: Any = None
    for (above, below), place in zip(axes.T, places, strict=True):
        toy, n = l1.toy[place], np.arange(toys.W.shape[1])
        kept, cosine = toys.represented[toy], l1.cosine[best[place], place].mean(0)
        norms = np.linalg.norm(toys.W[toy], axis=-1)
        colours = above.scatter(n, norms, c=toys.D[toy], s=9, cmap="viridis", vmin=0, vmax=1)
        above.set_title(f"density {toys.density[toy]:g}")
        below.scatter(n[kept], cosine[kept], s=9, color=PALETTE[0])
        below.scatter(n[~kept], cosine[~kept], s=9, facecolors="none", edgecolors=PALETTE[0])
        below.axhline(measured.random[toy], color="#888888", linewidth=0.8)
        below.axhline(RETURNED, color="#888888", linewidth=0.8, linestyle=":")
        below.set_xlabel("feature")
    axes[0, 0].set_ylabel(r"norm $\|W_i\|$")
    axes[1, 0].set(ylabel="largest cosine", ylim=(0, 1.05))
    figure.colorbar(colours, ax=axes[0], label="Dᵢ", pad=0.01)
    save(figure, path)


def _draw_shares(axis: Any, measured: Recovered) -> None:
    toys = measured.toys
    named = {"L1": measured.l1, "TopK": measured.topk}
    for (name, found), colour in zip(named.items(), PALETTE, strict=False):
        share = at(found.returned(toys), found.best(toys))
        axis.plot(*by_density(found, toys, share), "o-", color=colour, label=f"found, {name}")
    known = np.unique(toys.density)
    D = [toys.D[toys.density == p][toys.represented[toys.density == p]] for p in known]
    means = [each.mean() if each.size else np.nan for each in D]
    axis.plot(known, means, "s--", color=PALETTE[3], label="dimensionality Dᵢ")
    log_ticks(axis, known)
    axis.set(xlabel="density", ylabel="share of features, or mean Dᵢ", ylim=(-0.03, 1.03))
    axis.legend(frameon=False, fontsize=8)


def _draw_controls(axis: Any, measured: Recovered) -> None:
    toys = measured.toys
    named = {
        "L1": measured.l1,
        "TopK": measured.topk,
        "L1, Gaussian codes": measured.gaussian,
        "before training": measured.untrained,
    }
    for (name, found), colour, mark in zip(named.items(), PALETTE, "oo^v", strict=False):
        lines = by_density(found, toys, _best_cosine(found, measured))
        axis.plot(*lines, f"{mark}-", color=colour, label=name)
    known = np.unique(toys.density)
    axis.plot(
        known,
        [measured.random[toys.density == p].mean() for p in known],
        color="#888888",
        label="random directions",
    )
    log_ticks(axis, known)
    axis.set(xlabel="density", ylabel="mean cosine", ylim=(0, 1.03))
    axis.legend(frameon=False, fontsize=8)


def _draw_l0(axis: Any, measured: Recovered) -> None:
    toys, topk = measured.toys, measured.topk
    nearness, density = topk.nearness(toys), toys.density[topk.toy]
    for p, colour in zip(np.unique(density), PALETTE, strict=False):
        here = density == p
        axis.plot(topk.setting, nearness[:, here].mean(-1), "o-", color=colour, label=f"p = {p:g}")
        on = number_on(toys)[topk.toy[here]].mean()
        if topk.setting[0] <= on <= topk.setting[-1]:
            axis.axvline(on, color=colour, linewidth=0.9, linestyle=":")
    axis.set(xlabel="k of TopK", ylabel="mean cosine", ylim=(0, 1.03))
    axis.legend(frameon=False, fontsize=8)


def _best_cosine(found: Dictionaries, measured: Recovered) -> np.ndarray:
    return at(found.nearness(measured.toys), found.best(measured.toys))
