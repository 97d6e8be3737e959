"""Capacities against importance times density, counts, and what interference takes back."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from experiments.tradeoff.allocation.best import Models
from experiments.tradeoff.allocation.measure import (
    HIDDEN,
    QUADRATIC,
    TAIL_DECAY,
    TAILS,
    TIED,
    Measured,
)
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

NAMES = {TIED: "autoencoder", HIDDEN: "ReLU-hidden", QUADRATIC: "quadratic"}
ALLOCATION = Figure(
    "allocation.png",
    "Capacity of each feature against its importance, for three models and two importances.",
    "Capacity Cᵢ of each feature of the best model against its importance times its density, Iᵢ p,"
    " or against its value vᵢ in the quadratic model. Columns are models, rows how fast the"
    " importance falls; darker is denser, or of lower kurtosis κ. Lines join the features of one"
    " model; in the quadratic model they are the exact optimum.",
)
COUNTS = Figure(
    "counts.png",
    "Numbers of features with a dimension, a share of one, and none, against density or kurtosis.",
    "How many features of the best model have a capacity of 1, between 0 and 1, and of 0, within"
    " 0.05, at importance 0.9ⁱ; the dashed line is Σ Cᵢ, at most the number of dimensions. Right:"
    " how many have one between 0 and 1 in the autoencoder, for four distributions of magnitudes"
    " with the same E x². A binary feature of density 1 is a constant, which the bias reproduces,"
    " so that W is arbitrary there.",
)
SPLIT = Figure(
    "split.png",
    "Share of interference in the loss, and benefit and interference of each feature.",
    "Left: interference as a part of the loss, by quadrature, or sampled for the ReLU-hidden model;"
    " solid at importance 0.9ⁱ, dashed at 0.7ⁱ. It is below 0 where a bias is right only beside the"
    " other features. Middle: benefit of each feature and, below 0, its interference, both over the"
    " loss of ignoring the feature, in the autoencoder at 0.9ⁱ and the density nearest to 0.06; the"
    " dot is their difference, what is saved. Right: by how much the median loss of the instances"
    " exceeds the best.",
)


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw all three."""
    _draw_allocation(measured, folder / ALLOCATION.name)
    _draw_counts(measured, folder / COUNTS.name)
    _draw_split(measured, folder / SPLIT.name)
    return [ALLOCATION, COUNTS, SPLIT]


def _draw_allocation(measured: Measured, path: Path) -> None:
    decays = [decay for decay in measured.models[TIED].decay if decay < 1] or [1.0]
    figure, axes = new_figure(
        len(decays), 3, width=11, height=2.9 * len(decays), sharey=True, squeeze=False
    )
    for row, decay in zip(axes, decays, strict=True):
        for axis, (kind, name) in zip(row, NAMES.items(), strict=True):
            models = measured.models[kind]
            at = models.at(decay) or 0
            colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(models.along)))
            for k, (along, colour) in enumerate(zip(models.along, colours, strict=True)):
                x = models.importance[at] * (1 if kind == QUADRATIC else along)
                style = "o" if kind == QUADRATIC else "o-"
                label = f"{'κ' if kind == QUADRATIC else 'p'} = {along:.3g}"
                axis.plot(x, models.capacity[at, k], style, color=colour, ms=4, lw=0.8, label=label)
                if kind == QUADRATIC:
                    axis.plot(x, measured.optimal[at, k], color=colour, lw=0.8)
            axis.set(xscale="log", title=f"{name}, importance {decay:.2g}ⁱ")
            if models.importance[at].min() > 0.1 and kind == QUADRATIC:
                log_ticks(axis, (0.3, 0.5, 0.7, 1))
            axis.set_xlabel("vᵢ" if kind == QUADRATIC else "Iᵢ p")
        row[0].set_ylabel("capacity Cᵢ")
    axes[0, 0].legend(frameon=False, fontsize=8)  # the same densities as in the second column
    axes[0, -1].legend(frameon=False, fontsize=8)
    save(figure, path)


def _draw_counts(measured: Measured, path: Path) -> None:
    figure, axes = new_figure(1, 4, width=11, height=3.3, sharey=True)
    for axis, (kind, name) in zip(axes, NAMES.items(), strict=False):
        models = measured.models[kind]
        at, places = models.at(TAIL_DECAY) or 0, np.arange(len(models.along))
        bottom = np.zeros(len(places))
        labels = ("C = 1", "0 < C < 1", "C = 0")
        for label, count, colour in zip(
            labels, models.counts[at].T, (PALETTE[0], PALETTE[1], "#DDDDDD"), strict=True
        ):
            axis.bar(places, count, bottom=bottom, color=colour, label=label)
            bottom += count
        axis.plot(places, models.packing[at] * models.W.shape[-1], "k--", lw=1, label="Σ Cᵢ")
        axis.set_xticks(places, [f"{along:.3g}" for along in models.along])
        axis.set(title=name, xlabel="kurtosis κ" if kind == QUADRATIC else "density p")
    axes[0].set(ylabel="features", ylim=(0, measured.models[TIED].W.shape[-2] + 0.3))
    named = axes[0].get_legend_handles_labels()
    figure.legend(*named, loc="outside lower left", ncols=4, frameon=False, fontsize=8)
    for name, colour in zip(TAILS, PALETTE, strict=False):
        models = measured.models[name]
        at = (models.at(TAIL_DECAY) or 0) if name == TIED else 0
        label = {TIED: "uniform", "lomax": "Lomax"}.get(name, name)
        places = np.arange(len(models.along))
        axes[3].plot(places, models.counts[at, :, 1], "o-", color=colour, ms=4, label=label)
        axes[3].set_xticks(places, [f"{along:.3g}" for along in models.along])
    axes[3].set(xlabel="density p", title="0 < C < 1, autoencoder")
    axes[3].legend(frameon=False, fontsize=8)
    save(figure, path)


def _draw_split(measured: Measured, path: Path) -> None:
    figure, axes = new_figure(1, 3, width=11, height=3.4)
    for (kind, name), colour in zip(NAMES.items(), PALETTE, strict=False):
        models, share = measured.models[kind], measured.share(kind)
        for decay, style in ((0.9, "o-"), (0.7, "o--")):
            at = models.at(decay)
            if at is not None:
                axes[0].plot(_sparsity(kind, models), share[at], style, color=colour)
        excess = np.median(models.excess, axis=0)
        axes[2].plot(_sparsity(kind, models), excess, "o-", color=colour, label=name)
    axes[0].set(xlabel="1 / density, or κ", ylabel="interference / loss")
    axes[2].set(xlabel="1 / density, or κ", ylabel="median loss / best - 1")
    for axis in (axes[0], axes[2]):
        log_ticks(axis, 2 ** np.arange(7))
    axes[2].legend(frameon=False, fontsize=8)
    _draw_features(axes[1], measured)
    save(figure, path)


def _sparsity(kind: str, models: Models) -> np.ndarray:
    return models.along if kind == QUADRATIC else 1 / models.along


def _draw_features(axis: Any, measured: Measured) -> None:
    """Benefit, interference and saving of each feature of one model."""
    models, split = measured.models[TIED], measured.split[TIED]
    at = models.at(TAIL_DECAY) or 0, int(np.abs(models.along - 0.06).argmin())
    benefit, interference = (
        part[at] / split.ignored[at] for part in (split.benefit, split.interference)
    )
    places = np.arange(len(benefit))
    axis.bar(places, benefit, color=PALETTE[2], label="benefit")
    axis.bar(places, -interference, color=PALETTE[3], label="interference")
    axis.plot(places, benefit - interference, "ko", ms=4, label="saved")
    axis.axhline(0, color="#333333", lw=0.8)
    axis.set(xlabel="feature, from the most important", ylabel="part of the loss if ignored")
    axis.set_ylim(None, 1.35)
    axis.legend(frameon=False, fontsize=8, ncols=3)
