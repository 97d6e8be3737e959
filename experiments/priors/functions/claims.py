"""What is claimed of functions before training, and of which ones training picks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from experiments.priors.functions.measure import (
    NNGP,
    PRIOR,
    UNIFORM,
    Cell,
    Functions,
    Ranked,
)
from experiments.priors.picked import Picks, floor, ratio, spearman
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of

LEAST_COUNT = 10
"""Draws of a function whose probability is compared with its complexity."""
ZIPF_RANKS = 10, 10_000
PILOT = "a pilot of 500 draws of each kind was seen"
KINDS = "{layers} on {{0, 1}}^{n}, weights √2/√n_in, biases 0.5, {draws:,} draws"
CELLS = "{units} units, 1, 2 and 4 hidden layers, biases of 0, 0.1, 0.5 and 2"
PERCEPTRONS = "perceptrons on {{0, 1}}^{n}, normal weights, {draws:,} draws"
COMPLEXITY = "Lempel-Ziv complexity, in the mean of orders of the inputs"
THREE_INPUTS = (
    "16 ReLU units on {0, 1}^3, 24 sets of 4 rows with labels by chance, 64 seeds, Adam, full batch"
)

CLAIMS = claims_of(
    "priors/functions",
    (
        ("theorem", "without biases a function is true at t of 2^n inputs with probability 2^-n,"
         " for 0 ≤ t < 2^n: largest |2^n P(t) - 1|, whose standard error is 0.009", "<=", 0, 0.04),
        ("never_all", "without biases no function is true at all inputs, as it is false where all"
         " are 0: share", "<=", 0, 0),
    ),
    paper="Mingard et al. 2019, Neural Networks are A Priori Biased Towards Boolean Functions with"
    " Low Entropy",
    section="theorem 4.1",
    setting=PERCEPTRONS,
    origin=Origin("theory", "before"),
    but={"never_all": Origin("theory", "before", identity=True)},
) | claims_of(
    "priors/functions",
    (
        ("range", "some functions are far more probable than others: log10 of the largest over the"
         " smallest that is seen", ">=", 3, 0),
        ("zipf", "probability falls as 1/rank: slope of both logarithms from rank 10 to 10,000",
         "=", -1, 0.25),
        ("simple", f"probable functions are simple: Spearman of probability and {COMPLEXITY}, of"
         " functions drawn 10 times or more", "<=", -0.5, 0),
    ),
    paper="Valle-Pérez, Camargo & Louis 2018, Deep Learning Generalizes Because the"
    " Parameter-Function Map is Biased Towards Simple Functions",
    section="figure 1 and section 4 (there: 7 inputs, two layers of 40 units)",
    setting=KINDS,
    origin=Origin("paper", "before"),
) | claims_of(
    "priors/functions",
    (
        ("deeper", "deeper networks are more often constant: least ratio of 4 hidden layers to 1,"
         " over scales of biases", ">=", 1, 0),
        ("at_zero", "without biases no function is true where all inputs are 0: largest share,"
         " which is no preference but how they are made", "<=", 0, 0),
    ),
    paper="Mingard et al. 2019, Neural Networks are A Priori Biased Towards Boolean Functions with"
    " Low Entropy",
    section="multi-layer perceptrons",
    setting=CELLS,
    origin=Origin("paper", "after", PILOT),
    but={"at_zero": Origin("theory", "after", PILOT, identity=True)},
) | claims_of(
    "priors/functions",
    (
        ("sgd_prior", "training picks the functions that are probable before it: Spearman of the"
         " share of networks and of P(f | S) of random ones, of all functions that fit, all sets",
         ">=", 0.7, 0),
        ("sgd_nngp", "the same of the Gaussian process of wide networks", ">=", 0.7, 0),
        ("nearer", "the prior says more than that a function fits: divergence of what is picked"
         " from it, over that from the uniform one", "<=", 0.5, 0),
        ("well_almost", "the prior does not say all: divergence of what is picked from it, over"
         " that which as many draws from the prior have themselves", ">=", 1.5, 0),
    ),
    paper="Mingard et al. 2021, Is SGD a Bayesian Sampler? Well, Almost",
    section="figures 1 and 2 (there: images)",
    setting=THREE_INPUTS,
    origin=Origin("paper", "before"),
) | claims_of(
    "priors/functions",
    (
        ("chance_orders", "complexity is of the inputs' own structure: in orders of rows by chance"
         " the Spearman is weaker; difference", ">=", 0.05, 0),
        ("relabelled", "what is picked follows the labels: Spearman with P(f | S), less that with"
         " the prior of the turned labels", ">=", 0.1, 0),
        ("fitting", "networks that count have fitted their rows: share of all that were trained",
         ">=", 0.95, 0),
    ),
    paper="our own",
    section="controls",
    setting=KINDS,
    origin=Origin("control", "before"),
)  # fmt: skip


def at_size(measured: Functions) -> dict[str, Claim]:
    """The claims with the sizes that were run in their settings."""
    draws, n = int(measured.ones.sum()), (len(measured.ones) - 1).bit_length() - 1
    units = {
        "layers": " and ".join(f"{size} ReLU units" for size in measured.sizes),
        "units": measured.sizes[0],
        "n": n,
    }
    several = int(measured.ranked.counts.sum())
    filled = {
        PERCEPTRONS: PERCEPTRONS.format(n=n, draws=draws),
        KINDS: KINDS.format(**units, draws=several),
        CELLS: CELLS.format(**units),
    }
    return {
        key: replace(claim, setting=filled.get(claim.setting, claim.setting))
        for key, claim in CLAIMS.items()
    }


def judge(measured: Functions) -> list[Verdict]:
    """Verdicts; those that need what was not drawn or trained are not run."""
    of = at_size(measured)
    ones, known, picks = measured.ones, measured.ranked, measured.picks
    relative = ones[:-1] / max(ones.sum(), 1) * (len(ones) - 1)
    simple, chance = (
        correlation(known, each) for each in (known.complexity, known.in_chance_orders)
    )
    found = {rule: each.mean() for rule, each in picks.divergences().items()}
    own = floor(picks.picked, picks.expected[PRIOR]).mean()
    of_prior = picks.agreement(picks.expected[PRIOR])
    return [
        of["theorem"].judge(np.abs(relative - 1).max()),
        of["never_all"].judge(ones[-1] / max(ones.sum(), 1)),
        of["range"].judge(np.log10(known.counts[0] / known.counts[-1])),
        of["zipf"].judge(zipf(known)),
        of["simple"].judge(simple, f"of {np.sum(known.counts >= LEAST_COUNT)} functions"),
        of["deeper"].judge(*deeper(measured.cells)),
        of["at_zero"].judge(at_zero(measured.cells)),
        of["sgd_prior"].judge(of_prior, by_rate(picks)),
        of["sgd_nngp"].judge(picks.agreement(picks.expected[NNGP])),
        of["nearer"].judge(
            ratio(found[PRIOR], found[UNIFORM]),
            "; ".join(f"{rule}: {each:.2f} bits" for rule, each in found.items()),
        ),
        of["well_almost"].judge(ratio(found[PRIOR], own), f"that of draws: {own:.2f} bits"),
        of["chance_orders"].judge(chance - simple, f"in orders by chance {chance:.2f}"),
        of["relabelled"].judge(of_prior - picks.agreement(picks.relabelled)),
        of["fitting"].judge(picks.fitting.min()),
    ]


def correlation(known: Ranked, complexity: np.ndarray) -> float:
    """Spearman of probability and complexity, of functions drawn often; nan of fewer than three."""
    often = known.counts[known.ranks - 1] >= LEAST_COUNT
    return spearman(known.counts[known.ranks - 1][often], complexity[often])


def zipf(known: Ranked) -> float:
    """Slope of log probability over log rank; nan where there are no such ranks."""
    first, last = ZIPF_RANKS
    chosen = known.ranks[(known.ranks >= first) & (known.ranks <= last)]
    if len(known.counts) < last:
        return np.nan
    return float(np.polyfit(np.log(chosen), np.log(known.counts[chosen - 1]), 1)[0])


def deeper(cells: Sequence[Cell]) -> tuple[float | None, str]:
    """The least ratio of constant functions of the deepest over the shallowest, and all shares."""
    depths = sorted({cell.n_layers for cell in cells})
    if len(depths) < 2:
        return None, ""
    by = {(cell.n_layers, cell.bias_std): cell.constant for cell in cells}
    scales = sorted({scale for _, scale in by})
    note = "; ".join(
        f"biases {scale:g}: " + ", ".join(f"{by[depth, scale]:.2f}" for depth in depths)
        for scale in scales
    )
    ratios = [by[depths[-1], scale] / max(by[depths[0], scale], 1e-9) for scale in scales]
    return min(ratios), note


def at_zero(cells: Sequence[Cell]) -> float | None:
    """The largest share of functions that are true at the first row, of networks without biases."""
    found = [cell.at_zero for cell in cells if cell.bias_std == 0]
    return max(found) if found else None


def by_rate(picks: Picks) -> str:
    """The agreement with the prior at each learning rate, in words."""
    return ", ".join(
        f"learning rate {rate:g}: {picks.agreement(picks.expected[PRIOR], slice(at, at + 1)):.2f}"
        for at, rate in enumerate(picks.rates)
    )
