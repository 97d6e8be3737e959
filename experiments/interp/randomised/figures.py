"""Scores beside what they cost in bits, their distributions, and explained variance, by arm."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.interp.randomised.bootstrap import interval, means
from experiments.interp.randomised.claims import EXPLAINER, SINGLE, UNIGRAM
from experiments.interp.randomised.excerpts import questions_of
from experiments.interp.randomised.measure import Latents, Randomised
from superpos.app.findings import Figure, Question, Table
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.evaluations.interpretation import EXPLAINERS

SCORES = {
    "simulation": "Spearman, simulated and true",
    "detection": "detection, AUROC",
    "fuzzing": "fuzzing, AUROC",
}
SPREADS = {
    "simulation": "Spearman, simulated and true",
    "top_token_entropy": "entropy of tokens (nats)",
    "context_gain": "context gain (R²)",
}
BITS_ALT = "Three scores of explanations over their bits, one line an arm."
BITS_CAPTION = (
    "Mean score of the explanations of each kind over their mean length, one point a kind: a"
    " constant, token lists of 1, 3 and 10, classes, position, a decision list, n-grams, a bag of"
    " context. Dashed: what a constant explanation scores."
)
SPREAD_ALT = "Distributions over latents of three measures, one line an arm."
SPREAD_CAPTION = (
    "Share of latents at or below each value. Simulation is by decision lists; the entropy is over"
    " the tokens of the contexts with the largest activations; context gain is the R² of trigrams"
    " less that of the token alone."
)
FIT_ALT = "Explained variance over L0 for trained and shuffled weights, and with its floors."
FIT_CAPTION = (
    "Left: held-out explained variance over L0, the wider dictionary solid. Right: held-out"
    " explained variance of activations and of activations less their means by token (full), and of"
    " normal vectors with the same mean and covariance (outlined)."
)


def draw(measured: Randomised, folder: Path) -> list[Figure]:
    """Draw three figures."""
    _draw_bits(measured.last, folder / "bits.png")
    _draw_spread(measured.last, folder / "spread.png")
    _draw_fit(measured, folder / "fit.png")
    return [
        Figure("bits.png", BITS_ALT, BITS_CAPTION),
        Figure("spread.png", SPREAD_ALT, SPREAD_CAPTION),
        Figure("fit.png", FIT_ALT, FIT_CAPTION),
    ]


def _draw_bits(scored: Latents, path: Path) -> None:
    figure, axes = new_figure(1, len(SCORES), width=9.5, height=4.4)
    for axis, (name, label) in zip(axes, SCORES.items(), strict=True):
        for colour, arm in zip(PALETTE, scored.names, strict=False):
            points = [
                (
                    means(scored.of(arm, "bits", kind)).mean(),
                    means(scored.of(arm, name, kind)).mean(),
                )
                for kind in EXPLAINERS
            ]
            bits, values = np.array(sorted(points)).T
            axis.plot(np.maximum(bits, 1), values, "o-", ms=3, lw=1, color=colour, label=arm)
        floor = means(scored.of(scored.names[0], f"{name}_floor", EXPLAINER)).mean()
        axis.axhline(floor, ls="--", lw=0.8, color="#666666")
        axis.set(xscale="log", xlabel="bits of the explanation", ylabel=label)
    _legend(figure, axes[0])
    save(figure, path)


def _draw_spread(scored: Latents, path: Path) -> None:
    figure, axes = new_figure(1, len(SPREADS), width=9.5, height=4.4)
    for axis, (name, label) in zip(axes, SPREADS.items(), strict=True):
        for colour, arm in zip(PALETTE, scored.names, strict=False):
            values = np.sort(scored.of(arm, name, EXPLAINER if name in SCORES else "").ravel())
            values = values[np.isfinite(values)]
            axis.plot(values, np.arange(1, len(values) + 1) / max(len(values), 1), lw=1.2,
                      color=colour, label=arm)  # fmt: skip
        axis.set(xlabel=label, ylabel="share of latents", ylim=(0, 1))
    _legend(figure, axes[0])
    save(figure, path)


def _legend(figure: Any, axis: Any) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _draw_fit(measured: Randomised, path: Path) -> None:
    figure, (left, right) = new_figure(1, 2, width=9.5, height=3.6)
    widths = sorted({each.width for each in measured.frontier})
    arms = [*dict.fromkeys(each.arm for each in measured.frontier)]
    for colour, arm in zip(PALETTE, arms, strict=False):
        for width in widths:
            line = [e for e in measured.frontier if (e.arm, e.width) == (arm, width)]
            style = "o-" if width == widths[-1] else "o:"
            label = f"{arm}, {width:.0f} latents"
            l0, explained = ([getattr(e, name) for e in line] for name in ("l0", "explained"))
            left.plot(l0, explained, style, ms=3, lw=1, color=colour, label=label)
    left.set(xlabel="L0", ylabel="explained variance, held out")
    left.legend(frameon=False, fontsize=8)
    ends = ("", " + less_token_means")
    names = [f"{arm}{end}" for end in ends for arm in arms]
    for place, name in enumerate(names):
        colour = PALETTE[place % len(arms)]
        for end, fill in (("", colour), (" + matched_gaussian", "none")):
            values = measured.explained[f"{name}{end}"]
            x = place + (0.3 if end else 0)
            right.bar(x, values.mean(), 0.3, color=fill, edgecolor=colour)
    labels = [name.replace(" + less_token_means", "\nless token means") for name in names]
    right.set(xticks=np.arange(len(names)) + 0.15, ylabel="explained variance, held out")
    right.set_xticklabels(labels, fontsize=7)
    save(figure, path)


def tables(measured: Randomised) -> list[Table]:
    """Arms by measures in each layer, with intervals; and autoencoders that have learned little."""
    header = ["Arm", *(label for label, *_ in COLUMNS), "Explained variance", "Latents"]
    found = [
        Table(f"Latents of layer {layer} by arm. {LEGEND}", header, _rows(scored))
        for layer, scored in zip(measured.layers, measured.scored, strict=True)
    ]
    nulls = [row for each in measured.nulls.values() for row in _rows(each)]
    recovered = [[name, *_of_loss(each)] for name, each in measured.recovered.items()]
    return [
        *found,
        Table(
            f"The same of autoencoders of the trained one that learned less. {LEGEND}",
            header,
            nulls,
        ),
        Table(
            "Share of the loss that the MLP is worth which is kept with reconstructions in its"
            " place, mean over transformers; of autoencoders of the trained one.",
            ["Autoencoder", "Loss recovered"],
            recovered,
        ),
    ]


def _of_loss(recovered: np.ndarray) -> list[str]:
    known = recovered[np.isfinite(recovered)]
    return [f"{known.mean():.3f}" if known.size else "no number: ablation costs nothing certain"]


LEGEND = (
    "In brackets the 95 % interval over transformers and latents, after ± the mean standard"
    " deviation of a latent over reseeds, after / the floor."
)
COLUMNS = (
    ("Simulation", "simulation", EXPLAINER),
    ("Detection", "detection", EXPLAINER),
    ("Fuzzing", "fuzzing", EXPLAINER),
    ("R² of a look-up", "r_squared", UNIGRAM),
    ("Context gain", "context_gain", ""),
    ("Token entropy", "top_token_entropy", ""),
)
"""Label, result, explainer."""


def _rows(latents: Latents) -> list[list[str]]:
    return [_row(latents, arm) for arm in latents.names]


def _row(latents: Latents, arm: str) -> list[str]:
    cells = [_cell(latents, arm, result, explainer) for _, result, explainer in COLUMNS]
    fit = latents.fit["held_out_explained_variance"][latents.names.index(arm)]
    share = latents.of(arm, "largest_token_share")
    n = int(np.isfinite(share).sum())
    single = np.nanmean(share >= SINGLE) if n else np.nan
    return [arm, *cells, f"{fit.mean():.3f}", f"{n}, {100 * single:.0f} % of one token"]


def _cell(latents: Latents, arm: str, result: str, explainer: str) -> str:
    found = interval(latents.of(arm, result, explainer))
    text = f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f})"
    spread = f"{result}_reseed_sd"
    if explainer or spread in latents.by_latent:
        text += f" ± {means(latents.of(arm, spread, explainer)).mean():.2f}"
    if explainer:
        text += f" / {means(latents.of(arm, f'{result}_floor', explainer)).mean():.2f}"
    return text


def questions(measured: Randomised) -> Sequence[Question]:
    """Latents of all arms in an order that says nothing of them."""
    return questions_of(measured.excerpts)
