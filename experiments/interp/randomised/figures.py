"""Scores beside what they cost in bits, their distributions, and explained variance, by arm."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.interp.randomised import keep
from experiments.interp.randomised.bootstrap import interval, means
from experiments.interp.randomised.claims import EXPLAINER, SINGLE, UNIGRAM
from experiments.interp.randomised.excerpts import questions_of
from experiments.interp.randomised.measure import EXPLAINED, L0, Latents, Randomised
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
LETTERS = dict(zip(EXPLAINERS, "C13XLPDUBTG", strict=True))
BITS_ALT = "Three scores of explanations over their bits, a letter for each kind, a colour an arm."
BITS_CAPTION = (
    "Mean score of the explanations of each kind over their mean length. C: a constant; 1, 3, X:"
    " lists of 1, 3 and 10 tokens; L: classes of tokens; P: position; D: a decision list; U, B, T:"
    " tables of single tokens, bigrams and trigrams; G: a bag of the tokens before. Dashed: what a"
    " constant scores in each arm."
)
SPREAD_ALT = "Distributions over latents of three measures, one line an arm."
SPREAD_CAPTION = (
    "Share of latents at or below each value. Simulation is by decision lists; the entropy is over"
    " the tokens of the contexts with the largest activations; context gain is the R² of trigrams"
    " less that of the token alone."
)
FIT_ALT = "Explained variance over L0 for trained and shuffled weights, and with its floors."
FIT_CAPTION = (
    "Left: held-out explained variance over L0 of the first transformer, the wider dictionary"
    " solid. Right: held-out explained variance of activations and of activations less their means"
    " by token (full), and of normal vectors with the same mean and covariance (outlined)."
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
            for kind, letter in LETTERS.items():
                bits, value = (means(scored.of(arm, each, kind)).mean() for each in ("bits", name))
                axis.plot(max(bits, 1), value, marker=f"${letter}$", ms=6, lw=0, color=colour)
            axis.plot([], [], "s", color=colour, label=arm)
            floor = means(scored.of(arm, f"{name}_floor", EXPLAINER)).mean()
            axis.axhline(floor, ls="--", lw=0.8, color=colour)
        scale = "log" if np.isfinite(axis.dataLim.x1) else "linear"  # without data there is no log
        axis.set(xscale=scale, xlabel="bits of the explanation", ylabel=label)
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
    handles, arms = axis.get_legend_handles_labels()
    labels = [*map(_words, arms)]
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _words(arm: str) -> str:
    return arm.replace("_", " ")


def _draw_fit(measured: Randomised, path: Path) -> None:
    figure, (left, right) = new_figure(1, 2, width=9.5, height=3.6)
    widths = sorted({each.width for each in measured.frontier})
    arms = [*dict.fromkeys(each.arm for each in measured.frontier)]
    for colour, arm in zip(PALETTE, arms, strict=False):
        for width in widths:
            line = [e for e in measured.frontier if (e.arm, e.width) == (arm, width)]
            style = "o-" if width == widths[-1] else "o:"
            label = f"{_words(arm)}, {width:.0f} latents"
            l0, explained = ([getattr(e, name) for e in line] for name in ("l0", "explained"))
            left.plot(l0, explained, style, ms=3, lw=1, color=colour, label=label)
    left.set(xlabel="L0", ylabel="explained variance, held out")
    left.legend(frameon=False, fontsize=8)
    ends = ("", " + less_token_means")
    names = [f"{arm}{end}" for end in ends for arm in arms]
    for place, name in enumerate(names):
        colour = PALETTE[place % len(arms)]
        for end, fill in (("", colour), (" + matched_gaussian", "none")):
            values = measured.explained_of(f"{name}{end}")
            x = place + (0.3 if end else 0)
            right.bar(x, values.mean(), 0.3, color=fill, edgecolor=colour)
    labels = [_words(name).replace(" + less token", "\nless token") for name in names]
    right.set(xticks=np.arange(len(names)) + 0.15, ylabel="explained variance, held out")
    right.set_xticklabels(labels, fontsize=7)
    save(figure, path)


def tables(measured: Randomised) -> list[Table]:
    """Arms by measures in each layer, autoencoders that learned less, and a run of SmolLM2."""
    found = []
    for layer, scored in zip(measured.layers, measured.scored, strict=True):
        l0 = dict(zip(scored.names, scored.fit[L0], strict=True))
        arms = [arm for arm in scored.names if np.isfinite(l0[arm]).any()]
        found += _tables(f"layer {layer}", [(scored, arm) for arm in arms])
    if measured.nulls:
        found += _tables(
            "autoencoders of the trained transformer that learned less",
            [(each, name) for name, each in measured.nulls.items()],
        )
    recovered = [[name, _known(each)] for name, each in measured.recovered.items()]
    agreement = [[name, _known(each)] for name, each in measured.agreement.items()]
    if recovered:
        found.append(Table(LOSS, ["Autoencoder", "Loss recovered"], recovered))
    return [*found, Table(ALIKE, ["Arm", "PW-MCC"], agreement), *keep.tables()]


LOSS = (
    "Share of the loss that the layer is worth which is kept with reconstructions in its place, of"
    " autoencoders of the trained transformer; no number where ablation costs nothing that is"
    " certain."
)
ALIKE = "How much the dictionaries of two seeds agree, at the largest L0 and width of the figure."


LEGEND = (
    " In brackets the 95 % interval over transformers and latents, after ± the mean standard"
    " deviation of a latent over reseeds, after / what a constant scores."
)
SCORED = (
    ("Simulation", "simulation", EXPLAINER),
    ("Detection", "detection", EXPLAINER),
    ("Fuzzing", "fuzzing", EXPLAINER),
    ("Intruder", "intruder", EXPLAINER),
    ("R² of a look-up", "r_squared", UNIGRAM),
)
WITHOUT = (("Context gain", "context_gain", ""), ("Entropy of tokens", "top_token_entropy", ""))
"""Label, result, explainer."""


def _tables(where: str, rows: Sequence[tuple[Latents, str]]) -> list[Table]:
    """Scores of explanations, and what needs none."""
    scores, others = (
        [
            [_words(arm), *(_cell(latents, arm, *column[1:]) for column in columns)]
            for latents, arm in rows
        ]
        for columns in (SCORED, WITHOUT)
    )
    beside = [
        [*cells, *_of_fit(latents, arm)] for cells, (latents, arm) in zip(others, rows, strict=True)
    ]
    fit = ["Explained variance", "L0", "Latents", "Of one token"]
    return [
        Table(
            f"Scores of explanations by decision lists, or by a look-up, {where}.{LEGEND}",
            ["Arm", *(label for label, *_ in SCORED)],
            scores,
        ),
        Table(
            f"What needs no explanation, {where}; latents are those that were drawn.{LEGEND}",
            ["Arm", *(label for label, *_ in WITHOUT), *fit],
            beside,
        ),
    ]


def _of_fit(latents: Latents, arm: str) -> list[str]:
    """Explained variance, L0, latents, and the part of them that stand for one token."""
    at = latents.names.index(arm)
    explained, l0 = (latents.fit[name][at].mean() for name in (EXPLAINED, L0))
    share = latents.of(arm, "largest_token_share")
    share = share[np.isfinite(share)]
    return [
        f"{explained:.3f}",
        f"{l0:.1f}",
        str(share.size),
        f"{100 * (share >= SINGLE).mean():.0f} %" if share.size else "none",
    ]


def _cell(latents: Latents, arm: str, result: str, explainer: str) -> str:
    found = interval(latents.of(arm, result, explainer))
    text = f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f})"
    spread = f"{result}_reseed_sd"
    if explainer or spread in latents.by_latent:
        text += f" ± {means(latents.of(arm, spread, explainer)).mean():.2f}"
    if explainer:
        text += f" / {means(latents.of(arm, f'{result}_floor', explainer)).mean():.2f}"
    return text


def _known(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.3f}" if known.size else "no number"


def questions(measured: Randomised) -> Sequence[Question]:
    """Latents of all arms in an order that says nothing of them."""
    return questions_of(measured.excerpts)
