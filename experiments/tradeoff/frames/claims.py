"""What is claimed of trained frames."""

from collections.abc import Iterable

import numpy as np

from experiments.tradeoff.frames.measure import Frames, Measured
from superpos.app.claims.ledger import Origin, Verdict, claims_of

SPARSE = 0.1
RECTIFIED = ("relu", "gelu")
"""Outputs that let negative interference pass for nothing, or nearly so."""
CLAIMS = claims_of(
    "tradeoff/frames",
    (
        ("welch", "represented features interfere at least as much as the Welch bound: least mean"
         " squared cosine over it", ">=", 1, 1e-6),
        ("floor", "the linear model is read with no less cross-talk than the floor of a linear"
         " read-out, and no more than a random projection, m/(m-2): largest ratio", "<=", 1.667,
         0.2),
        ("negative", "sparse features: with a ReLU or GELU at the output interference is mostly"
         " negative; least share of the squares, mean over instances", ">=", 0.6, 0),
        ("linear", "sparse features: without a ReLU or GELU interference is as often negative as"
         " not; share at the same densities",
         "=", 0.5, 0.15),
        ("tight", "sparse features: directions are packed better than random ones; mean squared"
         " cosine of the ReLU model over that of random directions", "<=", 0.95, 0),
        ("gelu", "a GELU makes the same geometry as a ReLU: ratio of their mean squared cosines,"
         " mean over sparse densities", "=", 1, 0.1),
        ("hidden", "a ReLU on the hidden layer leaves no more negative interference: share of the"
         " squares less that of the ReLU model, sparse densities", "<=", 0, 0),
    ),
    paper="Elhage et al. 2022, Toy Models of Superposition",
    section="The Geometry of Superposition",
    setting="n=20, m=5, equal importance, densities 0.3, 0.1 and 0.03, 4 instances each",
    origin=Origin("ours", "before"),
    but={
        "welch": Origin("theory", "before", identity=True),
        "negative": Origin("paper", "before"),
        "floor": Origin("ours", "after", "first of all features, faint ones too: 8.5"),
        "gelu": Origin("ours", "before", identity=True),  # of models that learned nothing, too
        "hidden": Origin("ours", "after", "first worded as if none were left", identity=True),
    },
)  # fmt: skip


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts; those on sparse features are not run without any."""
    frames = measured.frames
    negative = {name: _mean(each, each.negative) for name, each in frames.items()}
    squared = {name: _mean(each, each.squared) for name, each in frames.items()}
    listed = ", ".join(f"{name}: {value:.2f}" for name, value in negative.items() if value)
    return [
        CLAIMS["welch"].judge(_least(each.squared for each in frames.values())),
        CLAIMS["floor"].judge(frames["linear"].crosstalk.max()),
        CLAIMS["negative"].judge(_less(*(negative[name] for name in RECTIFIED)), listed),
        CLAIMS["linear"].judge(negative["linear"]),
        CLAIMS["tight"].judge(_over(squared["relu"], measured.random["squared"])),
        CLAIMS["gelu"].judge(_over(squared["gelu"], squared["relu"])),
        CLAIMS["hidden"].judge(_minus(negative["hidden_relu"], negative["relu"])),
    ]


def _mean(frames: Frames, values: np.ndarray) -> float | None:
    """Over the instances of sparse features; None where there are none with such a number."""
    found = values[frames.density <= SPARSE]
    found = found[np.isfinite(found)]
    return float(found.mean()) if found.size else None


def _least(values: Iterable[np.ndarray]) -> float | None:
    found = np.concatenate([each[np.isfinite(each)] for each in values])
    return float(found.min()) if found.size else None


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else min(one, other)


def _over(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
