"""What is claimed of labels and names where concepts share few hidden units."""

from collections.abc import Callable, Mapping

import numpy as np

from experiments.values.capacity.measure import Capacity
from experiments.values.curves import LEAST_SIZES, Curve, fitted, power
from superpos.app.claims.ledger import Origin, Verdict, claims_of

LIMIT = 0.5
"""The regret that labels are counted for."""
PART = 0.5
"""Of the gain that the most labels give, that labels are counted for."""
THEORY = Origin("theory", "before")
CLAIMS = claims_of(
    "values/capacity",
    (
        ("superposed", "networks of 8 units have several concepts to each, as any matrix of this"
         " shape has: features per dimension", ">=", 2, 0),
        ("labels", "where units are no more than concepts, the labels that a dense reward of the"
         " concepts takes fall like one over the units m, as interference does; power of m", "=",
         -1, 0.5),
        ("straight", "these labels are a power of m: largest factor between them and the power"
         " law", "<=", 1.3, 0),
        ("part", "half of what 4,096 labels teach of m hidden units takes as many labels at every"
         " m, as a narrow layer has less to learn and shows less of it; power of m", "=", 0, 0.3),
        ("names", "the regret of a pointer without labels falls like one over m; power of m", "=",
         -1, 0.5),
        ("sparse", "a sparse reward takes no more labels than a dense one, at any m: largest ratio",
         "<=", 1, 0),
        ("room", "control: with twice as many units as concepts names need no labels: regret", "<=",
         0.1, 0),
    ),
    paper="our own",
    section="capacity of the pretrained network",
    setting="32 concepts, two valued ones, p = 0.1, items of 96 inputs, one hidden layer of m = 8"
    f" to 64 units, KL budget 2 nats; labels until the regret is {LIMIT}",
    origin=Origin("ours", "before"),
    but={
        **dict.fromkeys(("labels", "part", "names"), THEORY),
        "superposed": Origin("ours", "after", "first not told to be one", identity=True),
        "room": Origin("control", "before"),
    },
)  # fmt: skip


def to_limit(curve: Curve) -> float:
    """Labels until the regret is LIMIT."""
    return curve.reach(LIMIT)


def to_part(curve: Curve) -> float:
    """Labels until the gain is PART of that of the most labels."""
    return curve.reach_part(PART)


def shared(measured: Capacity, curves: Mapping[float, Curve]) -> dict[float, Curve]:
    """Those of networks with no more units than concepts."""
    return {m: each for m, each in curves.items() if m <= measured.n_concepts}


def judge(measured: Capacity) -> list[Verdict]:
    """Verdicts; those on powers are not run without three widths."""
    of, curves = CLAIMS, measured.curves
    dense = shared(measured, curves["dense"])
    off, unknown = fitted(dense, to_limit)[1], None if len(dense) < LEAST_SIZES else np.nan
    names = {m: each for m, each in measured.names.items() if m <= measured.n_concepts}
    widths = [*measured.features_per_dimension]
    return [
        of["superposed"].judge(measured.features_per_dimension.get(8.0), _listed(measured)),
        of["labels"].judge(*_power(dense, to_limit)),
        of["straight"].judge(
            max((max(each, 1 / each) for each in off.values()), default=unknown),
            "; ".join(f"m = {m:g}: {each:.2f}" for m, each in off.items()),
        ),
        of["part"].judge(*_power(shared(measured, curves["units"]), to_part)),
        of["names"].judge(*_power_of_names(names)),
        of["sparse"].judge(*_ratio(curves["sparse"], curves["dense"])),
        of["room"].judge(
            measured.names.get(widths[-1]) if widths[-1] >= 2 * measured.n_concepts else None
        ),
    ]


def _power(
    curves: Mapping[float, Curve], labels_of: Callable[[Curve], float]
) -> tuple[float | None, str]:
    """The power of the units, with its interval; nan where too few curves have a number."""
    if len(curves) < LEAST_SIZES:
        return None, ""
    found, low, high = power(curves, labels_of)
    labels = "; ".join(f"{m:g}: {labels_of(each):.0f}" for m, each in curves.items())
    return found, f"95 % of resamples in [{low:.2f}, {high:.2f}]; labels at m = {labels}"


def _power_of_names(names: Mapping[float, float]) -> tuple[float | None, str]:
    if len(names) < LEAST_SIZES:
        return None, ""
    slope, _ = np.polyfit(np.log([*names]), np.log([*names.values()]), 1)
    return float(slope), "; ".join(f"m = {m:g}: {each:.3f}" for m, each in names.items())


def _ratio(one: Mapping[float, Curve], other: Mapping[float, Curve]) -> tuple[float | None, str]:
    """The largest ratio of labels, where those of the other are a number; nan where none is."""
    if not one.keys() & other.keys():
        return None, ""
    labels = {m: (to_limit(one[m]), to_limit(other[m])) for m in one if m in other}
    found = {m: a / b for m, (a, b) in labels.items() if other[m].n[0] < b < np.inf}
    note = "; ".join(f"m = {m:g}: {each:.2f}" for m, each in found.items())
    return max(found.values(), default=np.nan), note


def _listed(measured: Capacity) -> str:
    return "; ".join(
        f"m = {m:g}: {each:.2f}, mean capacity {measured.capacity[m]:.2f}"
        for m, each in measured.features_per_dimension.items()
    )
