"""What is claimed of short codes and of many codes."""

import numpy as np

from experiments.priors.enumeration.measure import (
    MANY,
    NNGP,
    RANDOM,
    SHORTEST,
    UNIFORM,
    Enumeration,
    explained,
)
from experiments.priors.enumeration.nets import Codes
from experiments.priors.picked import ratio, spearman
from superpos.app.claims.ledger import Origin, Verdict, claims_of

RULES = (MANY, SHORTEST, RANDOM, NNGP)
SEEN = "the counts of both kinds of network were seen"
CODES = "all ternary networks of 3 inputs, 2 or 3 ReLU units and one output: 3^11 and 3^16"
NETS = "3 ReLU units on {0, 1}^3, 24 sets of 4 rows with labels by chance, 64 seeds, Adam"
PAPER = "So8res' claim: simple is what has many codes, not a short one alone"

CLAIMS = claims_of(
    "priors/enumeration",
    (
        ("all_networks", "each network is counted once: sum over functions less 3^11 and 3^16,"
         " largest", "<=", 0, 0),
        ("complete", "codes are complete: sum of 2^-alternative less 1, largest", "<=", 0, 1e-9),
        ("symmetry", "what the orbit of the shortest code is worth is a part of the gap: least"
         " rest, in bits", ">=", 0, 1e-9),
    ),
    paper="our own",
    section="counting",
    setting=CODES,
    origin=Origin("theory", "before", identity=True),
) | claims_of(
    "priors/enumeration",
    (
        ("agree", "the shortest code and all codes order functions alike: least Spearman",
         ">=", 0.9, 0),
        ("spread", "functions of equal K differ in all codes: largest range of the alternative at"
         " one K, bits", ">=", 3, 0),
        ("orbit", "more codes are not only the same network written otherwise: share of the mean"
         " gap that is not in the orbit of the shortest code, 3 units", ">=", 0.25, 0),
        ("beyond", "functions differ in how many other networks compute them: variance of the gap"
         " explained by the number of"
         " orbits, less that by the size of the orbit, 3 units", ">=", 0, 0),
    ),
    paper=PAPER,
    section="-",
    setting=CODES,
    origin=Origin("ours", "before", identity=True),
    but={
        "agree": Origin("ours", "after", SEEN, identity=True),
        "spread": Origin("ours", "after", SEEN, identity=True),
    },
) | claims_of(
    "priors/enumeration",
    (
        ("real", "networks with real weights have the prior of ternary ones: Spearman of log P and"
         " the alternative", "<=", -0.8, 0),
        ("many", "training picks by all codes rather than by the shortest: divergence of what is"
         " picked from 2^-alternative, over that from 2^-K", "<=", 1, 0),
        ("better", "the alternative predicts it: Spearman of shares and 2^-alternative, of all"
         " functions that fit, all sets", ">=", 0.6, 0),
        ("nearest", "the prior of the network itself is nearer to what is picked than all codes:"
         " divergence from random networks, over that from 2^-alternative", "<=", 1, 0),
        ("uniform", "each rule says more than none: largest divergence over that from the uniform"
         " one", "<=", 0.8, 0),
    ),
    paper=PAPER,
    section="what training picks",
    setting=NETS,
    origin=Origin("ours", "before"),
)  # fmt: skip


def judge(measured: Enumeration) -> list[Verdict]:
    """Verdicts on the codes, and on what is picked."""
    codes, picks = measured.codes, measured.picks
    last = codes[max(codes)]
    found = {rule: each.mean() for rule, each in picks.divergences().items()}
    note = "; ".join(f"{rule}: {each:.2f} bits" for rule, each in found.items())
    agreement = {rule: picks.agreement(picks.expected[rule]) for rule in RULES}
    by_orbit, by_number, by_both = (
        explained(last.gap, *causes)
        for causes in (
            [np.log2(last.orbit)],
            [np.log2(last.n_orbits)],
            [np.log2(last.orbit), np.log2(last.n_orbits)],
        )
    )
    predicted = max(found[rule] for rule in RULES)
    return [
        CLAIMS["all_networks"].judge(
            max(abs(each.n_networks.sum() - 3.0 ** (5 * n + 1)) for n, each in codes.items())
        ),
        CLAIMS["complete"].judge(
            max(abs((2.0**-each.alternative).sum() - 1) for each in codes.values())
        ),
        CLAIMS["symmetry"].judge(
            min((each.gap - each.by_symmetry).min() for each in codes.values())
        ),
        CLAIMS["agree"].judge(
            min(spearman(each.shortest, each.alternative) for each in codes.values()),
            ", ".join(f"{n} units: {len(each.function)} functions" for n, each in codes.items()),
        ),
        CLAIMS["spread"].judge(max(map(spread, codes.values()))),
        CLAIMS["orbit"].judge(
            1 - last.by_symmetry.mean() / last.gap.mean(),
            f"mean gap {last.gap.mean():.2f} bits, {last.by_symmetry.mean():.2f} in the orbit",
        ),
        CLAIMS["beyond"].judge(
            by_number - by_orbit,
            f"orbit {by_orbit:.2f}, number of orbits {by_number:.2f}, both {by_both:.2f}",
        ),
        CLAIMS["real"].judge(spearman(measured.drawn, last.alternative)),
        CLAIMS["many"].judge(ratio(found[MANY], found[SHORTEST]), note),
        CLAIMS["better"].judge(
            agreement[MANY],
            ", ".join(f"{rule}: {each:.2f}" for rule, each in agreement.items())
            + f"; {picks.fitting.mean():.2f} of networks fit their rows, the others do not count",
        ),
        CLAIMS["nearest"].judge(ratio(found[RANDOM], found[MANY])),
        CLAIMS["uniform"].judge(ratio(predicted, found[UNIFORM])),
    ]


def spread(codes: Codes) -> float:
    """The largest range of the alternative among functions of equal K, in bits."""
    return max(
        float(np.ptp(codes.alternative[codes.shortest == bits]))
        for bits in np.unique(codes.shortest)
    )
