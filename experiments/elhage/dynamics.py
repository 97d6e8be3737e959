"""Learning dynamics: jumps of the feature dimensionalities, and learning in stages.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition and Learning Dynamics".
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray
from scipy import stats

from experiments.claims.ledger import Row, Verdict, claims_of, settle
from experiments.elhage.dynamics_figure import draw_sets, draw_uniform
from experiments.elhage.geometry import cosines, represented
from experiments.elhage.jumps import drops, highest_peak, jumps_of, speed
from experiments.findings import Figure, Findings

UNIFORM = "20 uniform features, m=10, p=0.05; the run whose final D_i are closest to 1/2"
SETS = "n=6, m=3, two correlated sets of three, p=0.05"
WINDOW = 0.03
"""Jumps and drops coincide when they are within this fraction of the run."""
UNIFORM_ROWS: tuple[Row, ...] = (
    ("levels", "at the end every feature has half a dimension: largest |D_i - 1/2|", "<=",
     0, 0.03),
    ("jumps", "D_i change in jumps, not smoothly: mean share of a feature's whole way"
     " after the start that falls in its fastest tenth of the run", ">=", 0.5, 0),
    ("same_time", "the largest change of the D_i and the largest drop of the loss after"
     " the start are at the same time: distance as a share of the run", "<=", 0, WINDOW),
    ("same_course", "the loss falls when the D_i move: rank correlation of the two speeds"
     " after the start", ">=", 0.5, 0),
)  # fmt: skip
SETS_ROWS: tuple[Row, ...] = (
    ("staged", "runs that end as an octahedron learn in stages: separate drops of the loss in"
     " the median run", ">=", 2, 0),
    ("octahedron", "most runs end as an octahedron; share of them", ">=", 0.5, 0),
    ("cross_pairs", "the antipodal pairs of the octahedra are of different sets; share of"
     " octahedra with three such pairs", ">=", 1, 0.05),
    ("others", "other trajectories exist: share of runs that end as something else", ">=",
     0.001, 0),
)  # fmt: skip
_claims_of = partial(
    claims_of,
    "elhage/dynamics",
    paper="Elhage et al. 2022, Toy Models of Superposition",
    section="Superposition and Learning Dynamics",
)
CLAIMS = _claims_of(UNIFORM_ROWS, setting=UNIFORM) | _claims_of(SETS_ROWS, setting=SETS)


class Course(NamedTuple):
    """One run over time.

    Attributes:
        steps: updates done, (n_blocks,).
        dimensionality: D_i, (n_blocks, n_features).
        loss: mean loss of the updates of each block, (n_blocks,).
    """

    steps: np.ndarray
    dimensionality: np.ndarray
    loss: np.ndarray


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the dynamics of learning, and draw them.

    Args:
        datasets: {"uniform": ..., "sets": ...}, sweeps over the seed.
        folder: where the figures go.

    Returns:
        Verdicts and two figures: dimensionalities and loss over time, and the losses of all runs
        on two sets.
    """
    uniform, sets = (datasets[name] for name in ("uniform", "sets"))
    course = most_even(uniform)
    jumps = jumps_of(course.dimensionality)
    draw_uniform(folder / "jumps.png", course, jumps)
    sets = sets.isel(seed=np.flatnonzero(sets["status"] == "ok"))
    W = sets["W"].to_numpy().astype(float)
    losses = sets["train_loss"].transpose("seed", "step").to_numpy().astype(float)
    kinds = [kind_of(w) for w in W]
    draw_sets(folder / "stages.png", sets["step"].to_numpy(), losses, kinds)
    verdicts = [
        *settle(judge_uniform(course), uniform.get("fragile")),
        *settle(judge_sets(W, losses), sets.get("fragile")),
    ]
    return Findings(verdicts, _figures())


def most_even(dataset: xarray.Dataset) -> Course:
    """The run whose final dimensionalities are closest to 1/2."""
    dataset = dataset.isel(seed=np.flatnonzero(dataset["status"] == "ok"))
    D = dataset["feature_dimensionality"].transpose("seed", "step", ...).to_numpy().astype(float)
    chosen = int(np.abs(D[:, -1] - 0.5).max(-1).argmin())
    loss = dataset["train_loss"].transpose("seed", "step").to_numpy().astype(float)[chosen]
    return Course(dataset["step"].to_numpy(), D[chosen], loss)


def judge_uniform(course: Course) -> list[Verdict]:
    """Verdicts on one run of many features; those on its course need ten blocks."""
    D = course.dimensionality
    claims = [CLAIMS[name] for name in ("levels", "jumps", "same_time", "same_course")]
    last = claims[0].judge(np.abs(D[-1] - 0.5).max())
    if len(D) < 10:
        return [last, *(claim.judge(None) for claim in claims[1:])]
    moving, falling = speed(D).sum(-1), -speed(np.log(course.loss)[:, None], signed=True)[:, 0]
    jumps = jumps_of(D)
    moved, fell = highest_peak(moving), highest_peak(falling)
    distance = None if moved is None or fell is None else abs(moved - fell) / len(D)
    note = f"{len(jumps)} of {D.shape[1]} features jump"
    return [
        last,
        claims[1].judge(float(np.mean([jump.share for jump in jumps])) if jumps else None, note),
        claims[2].judge(distance),
        claims[3].judge(float(np.asarray(stats.spearmanr(moving, falling))[0])),
    ]


def judge_sets(W: np.ndarray, losses: np.ndarray) -> list[Verdict]:
    """Verdicts on all runs on two sets of three: W (n_runs, 6, 3), losses (n_runs, n_blocks)."""
    kinds = np.array([kind_of(w) for w in W])
    octahedra = np.isin(kinds, ["octahedron", "octahedron, pairs within sets"])
    found = [len(drops(loss)) for loss in losses[octahedra]] if losses.shape[1] >= 10 else []
    crossed = (kinds == "octahedron").sum()
    named = zip(*np.unique(kinds, return_counts=True), strict=True)
    note = ", ".join(f"{name}: {count} of {len(kinds)}" for name, count in named)
    return [
        CLAIMS["staged"].judge(np.median(found) if found else None),
        CLAIMS["octahedron"].judge(octahedra.mean(), note),
        CLAIMS["cross_pairs"].judge(crossed / octahedra.sum() if octahedra.any() else None),
        CLAIMS["others"].judge(1 - octahedra.mean(), note),
    ]


def kind_of(W: np.ndarray) -> str:
    """What W (6, 3) is, where features 0 to 2 are a set and 3 to 5 another."""
    count = int(represented(W).sum())
    if count < 6:
        return f"{count} features"
    cos = cosines(W) - np.eye(6)
    opposite = cos.argmin(-1)
    pairs = cos[np.arange(6), opposite]
    others = np.abs(cos)
    others[np.arange(6), opposite] = 0.0
    mutual = (opposite[opposite] == np.arange(6)).all()
    if pairs.max() > -0.9 or others.max() > 0.2 or not mutual:
        return "other six"
    crossing = (opposite // 3 != np.arange(6) // 3).all()
    return "octahedron" if crossing else "octahedron, pairs within sets"


def _figures() -> list[Figure]:
    return [
        Figure(
            "jumps.png",
            "Dimensionality of every feature over training, in jumps, above the loss.",
            "Top: D_i of each feature in the run whose final D_i are closest to 1/2. Below: the"
            " loss; dotted lines are where a feature moves fastest.",
        ),
        Figure(
            "stages.png",
            "Loss over training of all runs on two correlated sets, and how many end as what.",
            "Left: loss of every run on two correlated sets of three features, coloured by what it"
            " ends as. Right: number of runs.",
        ),
    ]
