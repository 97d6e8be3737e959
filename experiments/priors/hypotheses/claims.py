"""What is claimed of the rules that networks pick."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from experiments.priors.hypotheses.measure import Hypotheses, Picked
from experiments.priors.picked import spearman
from superpos.app.claims.ledger import Origin, Verdict, claims_of

MAJORITY, SLABS, QUADRATIC, FEATURES, FREQUENCIES = 1, 2, 3, 4, 5
"""Numbers of pairs, of `data.two_rules.PAIRS`."""
SETTING = (
    "15 inputs, 32 examples, 64 others; 16 ReLU units, squared error, AdamW; {sets} sets of"
    " examples with {networks} networks each, of those that fit"
)

UNTRAINED = "true of networks that learned nothing, too"
CLAIMS = claims_of(
    "priors/hypotheses",
    (
        ("linear_slabs", "networks that fit use the linear feature, not the five slabs: share of"
         " them", ">=", 0.9, 0),
        ("linear_quadratic", "networks that fit use the linear feature, not the quadratic one:"
         " share of them", ">=", 0.9, 0),
    ),
    paper="Shah et al. 2020, The Pitfalls of Simplicity Bias in Neural Networks",
    section="extreme simplicity bias (there: 50 inputs, 50,000 examples)",
    setting=SETTING,
    origin=Origin("paper", "before"),
) | claims_of(
    "priors/hypotheses",
    (
        ("frequency", "they learn frequency 1, not 4: share", ">=", 0.9, 0),
    ),
    paper="Rahaman et al. 2019, On the Spectral Bias of Neural Networks",
    section="spectral bias",
    setting=SETTING,
    origin=Origin("paper", "before"),
) | claims_of(
    "priors/hypotheses",
    (
        ("parity", "they learn the majority of the bits, not the parity of three: share", ">=", 0.9,
         0),
        ("rotation", "of one feature and the sum of all others, where one is a rotation of the"
         " other, SGD prefers none: mean agreement with the first", "=", 0.5, 0.1),
    ),
    paper="our own",
    section="-",
    setting=SETTING,
    origin=Origin("theory", "before"),
) | claims_of(
    "priors/hypotheses",
    (
        ("nngp", "the Gaussian process of wide networks says how far each rule is followed:"
         " Spearman over pairs and sets of examples", ">=", 0.7, 0),
        ("ntk", "networks that learn by the tangent kernel say how far each rule is followed:"
         " Spearman over pairs and sets of examples", ">=", 0.7, 0),
        ("lazy", "a large start is nearer to the tangent kernel than a small one: mean distance of"
         " agreement, ratio", "<=", 1, 0),
    ),
    paper="Lee et al. 2019, Wide Neural Networks of Any Depth Evolve as Linear Models; Chizat &"
    " Bach 2019 on lazy training",
    section="-",
    setting=SETTING,
    origin=Origin("paper", "before"),
) | claims_of(
    "priors/hypotheses",
    (
        ("holds", "the linear rule is kept where it is wrong for 1 example of 32: share, slabs",
         ">=", 0.5, 0),
        ("drops", "the first rule is dropped where it is wrong for half: largest share of networks"
         " that fit and pick the first rule, all pairs", "<=", 0.2, 0),
        ("shuffled", "control: of labels dealt by chance no rule is learned: mean agreement with"
         " the first", "=", 0.5, 0.05),
        ("fits", "control: networks fit what they are trained on; share, of the base", ">=", 0.95,
         0),
    ),
    paper="our own",
    section="label noise, chance, and controls",
    setting=SETTING,
    origin=Origin("ours", "before"),
    but={
        "drops": Origin("ours", "before", UNTRAINED, identity=True),
        "shuffled": Origin("control", "before", UNTRAINED, identity=True),
        "fits": Origin("control", "before"),
    },
) | claims_of(
    "priors/hypotheses",
    (
        ("chance", "networks that are trained on six examples (P_SGD) follow each rule as far as"
         " networks that fit them by chance (P_B): Spearman over pairs and sets of examples, all"
         " kinds of networks together", ">=", 0.7, 0),
    ),
    paper="Mingard et al. 2021, Is SGD a Bayesian Sampler? Well, Almost",
    section="P_SGD against P_B",
    setting=SETTING.replace("32 examples", "6 examples"),
    origin=Origin("paper", "before"),
) | claims_of(
    "priors/hypotheses",
    (
        ("chance_distance", "where networks are trained on six examples, how far they follow a rule"
         " is that of networks that fit them by chance: mean distance of agreement", "<=", 0.1, 0),
    ),
    paper="our own",
    section="P_SGD against P_B",
    setting=SETTING.replace("32 examples", "6 examples"),
    origin=Origin("ours", "before"),
)  # fmt: skip


def judge(measured: Hypotheses) -> list[Verdict]:
    """Verdicts; those of a pair that is not there, or of a level of noise, are not run."""
    _, sets, networks = measured.cells[0].agreement.shape
    of = {
        key: replace(claim, setting=claim.setting.format(sets=sets, networks=networks))
        for key, claim in CLAIMS.items()
    }
    base, sgd = measured.cells[0], measured.cells[-1]
    tangent = measured.kernels["NTK"]
    levels = [float(each) for each in measured.levels]
    one, half = (
        measured.noisy[levels.index(level)] if level in levels else None for level in (1 / 32, 0.5)
    )
    return [
        of["linear_slabs"].judge(share(measured, base, SLABS), three(measured, base, SLABS)),
        of["linear_quadratic"].judge(
            share(measured, base, QUADRATIC), three(measured, base, QUADRATIC)
        ),
        of["frequency"].judge(
            share(measured, base, FREQUENCIES), three(measured, base, FREQUENCIES)
        ),
        of["parity"].judge(share(measured, base, MAJORITY), three(measured, base, MAJORITY)),
        of["rotation"].judge(
            followed(measured, sgd, FEATURES), f"AdamW: {followed(measured, base, FEATURES)}"
        ),
        of["nngp"].judge(agreement([base], [measured.kernels["NNGP"]])),
        of["ntk"].judge(agreement([base], [tangent])),
        of["lazy"].judge(*lazy(measured.cells, tangent)),
        of["holds"].judge(share(measured, one, SLABS) if one else None),
        of["drops"].judge(
            max(shares(half)[:, 0]) if half else None, exchange(measured) if half else ""
        ),
        of["shuffled"].judge(measured.shuffled.agreement.mean()),
        of["chance"].judge(agreement(measured.few, measured.guessed), guesses(measured)),
        of["chance_distance"].judge(distance(measured.few, measured.guessed)),
        of["fits"].judge(
            base.fits.mean(),
            "; ".join(f"{cell.name}: {cell.fits.mean():.2f}" for cell in measured.cells[1:]),
        ),
    ]


def shares(cell: Picked) -> np.ndarray:
    """Of the networks that fit, the shares that pick each rule and neither, (n_pairs, 3).

    0 where none fits.
    """
    counts = cell.counts()
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)


def share(measured: Hypotheses, cell: Picked, pair: int) -> float | None:
    """The share that picks the first rule of a pair; nan where none fits, None without it."""
    at = measured.pairs.tolist()
    if pair not in at:
        return None
    fitting = cell.counts()[at.index(pair)].sum()
    return float(shares(cell)[at.index(pair), 0]) if fitting else np.nan


def followed(measured: Hypotheses, cell: Picked, pair: int) -> float | None:
    """Mean agreement with the first rule of a pair; nan where none fits, None without the pair."""
    if pair not in measured.pairs:
        return None
    means = cell.mean()[measured.pairs.tolist().index(pair)]
    known = means[~np.isnan(means)]
    return float(known.mean()) if known.size else np.nan


def three(measured: Hypotheses, cell: Picked, pair: int) -> str:
    """The shares of one pair, in words."""
    if pair not in measured.pairs:
        return ""
    first, second, neither = shares(cell)[measured.pairs.tolist().index(pair)]
    return f"the other {second:.2f}, neither {neither:.2f}"


def agreement(found: Sequence[Picked], expected: Sequence[Picked]) -> float:
    """Spearman of mean agreements with the first rule, over pairs and sets that some fit."""
    return spearman(*_means(found, expected))


def distance(found: Sequence[Picked], expected: Sequence[Picked]) -> float:
    """Mean distance of mean agreements with the first rule; nan where none fits."""
    one, other = _means(found, expected)
    return float(np.abs(one - other).mean()) if one.size else np.nan


def _means(found: Sequence[Picked], expected: Sequence[Picked]) -> tuple[np.ndarray, np.ndarray]:
    """Mean agreements of one kind after another, where some fit of both."""
    one, other = (
        np.concatenate([cell.mean().ravel() for cell in cells]) for cells in (found, expected)
    )
    known = ~np.isnan(one) & ~np.isnan(other)
    return one[known], other[known]


def lazy(cells: Sequence[Picked], tangent: Picked) -> tuple[float | None, str]:
    """Distance from the tangent kernel of the largest start over that of the smallest."""
    by_start = {
        float(cell.name.removeprefix("start ")): cell
        for cell in cells
        if cell.name.startswith("start ")
    }
    if len(by_start) < 2:
        return None, ""
    found = {start: distance([cell], [tangent]) for start, cell in sorted(by_start.items())}
    smallest, *_, largest = found.values()
    note = ", ".join(f"start {start:g}: {each:.3f}" for start, each in found.items())
    return (largest / smallest if smallest else np.nan), note


def guesses(measured: Hypotheses) -> str:
    """How many networks fit by chance, of each pair and set of examples."""
    n = np.concatenate([cell.fits.sum(-1).ravel() for cell in measured.guessed])
    return f"{n.min()} to {n.max()} networks that fit by chance, for each pair and set"


def exchange(measured: Hypotheses) -> str:
    """For each pair, the least noise at which fewer than half pick the first rule."""
    found = []
    for at, pair in enumerate(measured.pairs):
        below = [
            level
            for level, cell in zip(measured.levels, measured.noisy, strict=True)
            if cell.counts()[at].sum() and shares(cell)[at, 0] < 0.5
        ]
        found.append(f"pair {pair}: " + (f"{min(below):g}" if below else "none"))
    return "noise at which fewer than half pick the first rule: " + ", ".join(found)
