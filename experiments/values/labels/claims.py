"""What is claimed of labels and of names."""

from collections.abc import Mapping

import numpy as np

from experiments.values.curves import LEAST_SIZES, Curve, power
from experiments.values.labels.measure import Labels
from experiments.values.theory import bits
from superpos.app.claims.ledger import Origin, Verdict, claims_of

LIMIT = 0.2
"""The regret that labels are counted for."""
CLAIMS = claims_of(
    "values/labels",
    (
        ("dense", "the labels that a dense reward takes grow like the number K of concepts; power"
         " of K", "=", 1, 0.3),
        ("sparse", "the labels that a sparse reward takes grow like log K, which from 8 to 64 is"
         " like K^0.33; power of K", "<=", 0.6, 0),
        ("ambiguous", "the labels that tell which two names are meant grow like log K; power of K",
         "<=", 0.6, 0),
        ("valued", "at 32 concepts the labels that a sparse reward takes grow like the number of"
         " concepts that are valued; power of it", "=", 1, 0.4),
        ("bits", "labels of which a part is turned tell 1 - H bits each: the bits that a sparse"
         " reward takes, largest over smallest", "<=", 2, 0),
        ("floor", "without labels the regret of a pointer is that of leaving out what has no name,"
         " as computed exactly; largest deviation", "<=", 0, 0.05),
    ),
    paper="our own",
    section="theory of linear rewards",
    setting="items of 96 inputs, two valued concepts of K = 8 to 64, p = 0.1, KL budget 2 nats;"
    f" labels until the regret is {LIMIT}",
    origin=Origin("theory", "after", "expected before any run, with tolerances from after a first"
                  " one, of networks without a hidden layer"),
) | claims_of(
    "values/labels",
    (
        ("names", "where all that is valued has a name, a pointer needs no label; largest regret",
         "<=", 0.1, 0),
        ("scratch", "a reward learned from the items themselves takes more labels than a dense one"
         " of pretrained concepts; least ratio", ">=", 1, 0),
        ("crossover", "the more of the value has no name, the fewer labels a sparse reward takes to"
         " overtake the pointer; labels at a named share of 0.75 over those at 0.25", ">=", 2, 0),
        ("corrected", "a pointer that labels correct is never worse than the better of labels alone"
         " and names alone; largest excess of its regret", "<=", 0, 0.05),
        ("distilled", "4,096 labels by the pointer give its own regret and no less; largest"
         " difference", "<=", 0, 0.05),
    ),
    paper="our own",
    section="names against labels",
    setting="as above; for all but the first two 32 concepts",
    origin=Origin("ours", "after", "expected before any run, with tolerances from after a first"
                  " one, of networks without a hidden layer"),
)  # fmt: skip


def judge(measured: Labels) -> list[Verdict]:
    """Verdicts; those on powers are not run without three sizes."""
    of, curves = CLAIMS, measured.by_concepts
    return [
        *(of[name].judge(*_power(curves[name])) for name in ("dense", "sparse", "ambiguous")),
        of["valued"].judge(*_power(measured.by_valued)),
        of["bits"].judge(*_bits(measured.by_noise)),
        of["floor"].judge(*_apart(measured.pointer_by_share, measured.expected)),
        of["names"].judge(max(measured.pointer.values(), default=None)),
        of["scratch"].judge(*_ratio(curves["scratch"], curves["dense"])),
        of["crossover"].judge(*_crossovers(measured)),
        of["corrected"].judge(*_excess(measured)),
        of["distilled"].judge(*_apart(measured.distilled, measured.pointer_by_share)),
    ]


def _power(curves: Mapping[float, Curve]) -> tuple[float | None, str]:
    """By which power labels grow, nan where too few curves reach the regret; and the interval."""
    if len(curves) < LEAST_SIZES:
        return None, ""
    found, low, high = power(curves, lambda each: each.reach(LIMIT))
    labels = "; ".join(f"{size:g}: {each.reach(LIMIT):.0f}" for size, each in curves.items())
    return found, f"95 % of resamples in [{low:.2f}, {high:.2f}]; labels at {labels}"


def _bits(curves: Mapping[float, Curve]) -> tuple[float | None, str]:
    found = {noise: bits(noise) * each.reach(LIMIT) for noise, each in curves.items()}
    if len(found) < 2:
        return None, ""
    note = "; ".join(f"noise {noise:g}: {each:.0f} bits" for noise, each in found.items())
    return max(found.values()) / min(found.values()), note


def _apart(one: Mapping[float, float], other: Mapping[float, float]) -> tuple[float | None, str]:
    """The largest difference between regrets at the same named shares."""
    both = {share: (one[share], other[share]) for share in one if share in other}
    note = "; ".join(f"named share {k:g}: {a:.3f}, {b:.3f}" for k, (a, b) in both.items())
    return max((abs(a - b) for a, b in both.values()), default=None), note


def _ratio(one: Mapping[float, Curve], other: Mapping[float, Curve]) -> tuple[float | None, str]:
    """Labels of one over those of the other; where only its largest number is known, that.

    The least over sizes, nan where the other never reaches the regret.
    """
    if not one.keys() & other.keys():
        return None, ""
    found = {}
    for size in one.keys() & other.keys():
        labels, least = one[size].reach(LIMIT), other[size].reach(LIMIT)
        if np.isfinite(least) and labels > one[size].n[0]:
            found[size] = min(labels, one[size].n[-1]) / least
    note = "; ".join(f"K = {size:g}: {found[size]:.2f}" for size in sorted(found))
    return min(found.values(), default=np.nan), note


def crossovers(measured: Labels) -> dict[float, float]:
    """Named share below 1 -> labels from which on a sparse reward is better than the pointer."""
    return {
        share: each.reach(measured.pointer_by_share[share])
        for share, each in measured.by_share["sparse"].items()
        if share in measured.pointer_by_share and share < 1
    }


def _crossovers(measured: Labels) -> tuple[float | None, str]:
    found = crossovers(measured)
    note = "; ".join(f"named share {share:g}: {each:.0f} labels" for share, each in found.items())
    return (found[0.75] / found[0.25] if {0.25, 0.75} <= found.keys() else None), note


def _excess(measured: Labels) -> tuple[float | None, str]:
    """How much worse the corrected pointer is than the better one, and where."""
    found, sparse = {}, measured.by_share["sparse"]
    for share, each in measured.by_share["corrected"].items():
        if share not in sparse or share not in measured.pointer_by_share:
            continue
        beside = np.minimum(sparse[share].mean, measured.pointer_by_share[share])
        at = int(np.argmax(each.mean - beside))
        found[(each.mean - beside)[at]] = f"named share {share:g}, {each.n[at]:g} labels"
    return (max(found), found[max(found)]) if found else (None, "")
