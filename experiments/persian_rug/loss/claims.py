"""What is claimed of trained and of constructed weights."""

from itertools import pairwise

import numpy as np

from experiments.persian_rug.loss.measure import Measured, Model
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

RESTATED = (
    "asked at first whether the loss for each feature that is on rises with p as well, which the"
    " known loss does not; .75 of all neighbours were in that order"
)
"""On a claim that was restated after a run was seen."""
ROWS: tuple[Row, ...] = (
    ("matched", "constructed weights are as good as trained ones: trained over constructed loss,"
     " mean over the grid", "=", 1, 0.1),
    ("everywhere", "at every width and density: largest |log| of that ratio", "<=", 0, 0.2),
    ("tractable", "the loss of trained weights is that of weights that treat all features alike,"
     " which is known: mean ratio", "=", 1, 0.1),
    ("width", "the loss falls with m/n at every p: share of neighbours in the grid in this order",
     ">=", 1, 0),
    ("symmetric", "a trained model treats features alike: the largest standard deviation over"
     " features of their statistics, over the mean diagonal of W; mean over the grid", "<=", 0.1,
     0),
    ("more", "the more features, the more alike: slope of that in the number of features, in a"
     " log-log plot at m/n = 1/4", "<=", 0, 0),
    ("many", "a feature is disturbed by many others a little: Σ|W_ij|³/(ΣW_ij²)^(3/2) falls like"
     " n^(-1/2), slope", "=", -0.5, 0.15),
    ("construction", "constructed weights have the loss that is known: mean ratio", "=", 1, 0.1),
)  # fmt: skip


def claims(models: list[Model]) -> dict[str, Claim]:
    """The claims, of the models of a grid."""
    n, m, p = (sorted({getattr(each, name) for each in models}) for name in ("n", "m", "p"))
    ours = Origin("ours", "before")
    return claims_of(
        "persian_rug/loss",
        ROWS,
        paper="Cowsik, Dolev & Infanger 2024, The Persian Rug",
        section="trained and constructed models",
        setting=f"n={n[-1]}, m from {m[0]} to {m[-1]}, p from {p[0]:g} to {p[-1]:g}, one model each"
        " (the paper: n up to 2048, constructed n=8192, m/n and p from .002 to .8)",
        origin=Origin("paper", "before"),
        but={
            "everywhere": ours,
            "symmetric": ours,
            "tractable": Origin("theory", "before"),
            "many": Origin("theory", "before"),
            "width": Origin("theory", "after", RESTATED),
            "construction": Origin("theory", "before", identity=True),
        },
    )


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts; those that need several sizes are not run without."""
    grid, sizes = measured
    of = claims(grid)
    ratios = np.array([each.trained / each.constructed for each in grid])
    note = f"from {ratios.min():.3f} to {ratios.max():.3f}"
    known = np.array([each.trained / each.limit for each in grid])
    made = np.array([each.constructed / each.limit for each in grid])
    return [
        of["matched"].judge(ratios.mean(), note),
        of["everywhere"].judge(np.abs(np.log(ratios)).max(), _worst(grid)),
        of["tractable"].judge(known.mean(), f"from {known.min():.3f} to {known.max():.3f}"),
        of["width"].judge(_in_order(grid)),
        of["symmetric"].judge(float(np.mean([each.variation for each in grid])), _largest(grid)),
        of["more"].judge(*_slope(sizes, "variation")),
        of["many"].judge(*_slope(sizes, "lumps")),
        of["construction"].judge(made.mean(), f"from {made.min():.3f} to {made.max():.3f}"),
    ]


def _worst(grid: list[Model]) -> str:
    worst = max(grid, key=lambda each: abs(np.log(each.trained / each.constructed)))
    return (
        f"at m={worst.m}, p={worst.p:.3g}: {worst.trained / worst.constructed:.3f}, where"
        f" {worst.paired:.2f} of the features have an antipode"
    )


def _largest(grid: list[Model]) -> str:
    largest = max(grid, key=lambda each: each.variation)
    return f"the largest, {largest.variation:.3f}, at m={largest.m}, p={largest.p:.3g}"


def _in_order(grid: list[Model]) -> float | None:
    """The share of models that are better than the next narrower one at the same density."""
    ordered = sorted(grid, key=lambda each: (each.p, each.m))
    falls = [b.trained < a.trained for a, b in pairwise(ordered) if a.p == b.p]
    return float(np.mean(falls)) if falls else None


def _slope(sizes: list[Model], name: str) -> tuple[float | None, str]:
    """The power of n by which a number changes, and the number at each n."""
    if len({each.n for each in sizes}) < 2:
        return None, ""
    n, values = np.array([(each.n, getattr(each, name)) for each in sizes]).T
    note = ", ".join(f"n={a:g}: {b:.3g}" for a, b in zip(n, values, strict=True))
    return float(np.polyfit(np.log(n), np.log(values), 1)[0]), note
