"""Learning dynamics: jumps of the feature dimensionalities, and learning in stages.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition and Learning Dynamics".
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy
import xarray

from experiments.elhage.dynamics_figure import draw_sets, draw_uniform
from experiments.elhage.geometry import cosines, represented
from experiments.elhage.jumps import drops, highest_peak, jumps_of, speed
from superpos.app.claims.ledger import Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.train import NoMemberError, store

UNIFORM = (
    "40 uniform features, m=10, p=0.3; of four runs the one whose final D_i are closest to 1/2"
    " (the paper: a run of its geometry section, n=400, m=30)"
)
SETS = "n=6, m=3, two correlated sets of three, p=0.05, small initial weights"
WINDOW = 0.03
"""Jumps and drops coincide when they are within this fraction of the run."""
UNIFORM_ROWS: tuple[Row, ...] = (
    ("levels", "at the end every represented feature has half a dimension: largest |D_i - 1/2|",
     "<=", 0, 0.03),
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
TRIED_UNIFORM = (
    "chosen after a first run of 20 features at p=0.05 and learning rate 1e-3, which is not the"
    " paper's setting, as all have half a dimension from early on: distance 0.10, correlation 0.49"
)
TRIED_SETS = (
    "size of the initial weights (a tenth of the usual) and the smoothing of the loss chosen after"
    " a first run with weights of the usual size, which has 1 drop with either smoothing"
)
"""What was tried before on the claims that did not reproduce at first."""
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
        kept: which features are represented at the end, bool (n_features,).
    """

    steps: np.ndarray
    dimensionality: np.ndarray
    loss: np.ndarray
    kept: np.ndarray

    @property
    def unevenness(self) -> float:
        """Largest |D_i - 1/2| of a represented feature at the end; 1/2 where there is none."""
        return (
            float(np.abs(self.dimensionality[-1, self.kept] - 0.5).max())
            if self.kept.any()
            else 0.5
        )


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
    courses = courses_of(uniform)
    draw_uniform(folder / "jumps.png", courses[0], jumps_of(courses[0].dimensionality))
    sets = sets.isel(seed=np.flatnonzero(store.finished(sets)))
    W = sets["W"].to_numpy().astype(float)
    losses = sets["train_loss"].transpose("seed", "step").to_numpy().astype(float)
    kinds = [kind_of(w) for w in W]
    draw_sets(folder / "stages.png", sets["step"].to_numpy(), losses, kinds)
    verdicts = [
        *settle(judge_uniform(courses), uniform.get("fragile")),
        *settle(judge_sets(W, losses), sets.get("fragile")),
    ]
    return Findings(verdicts, _figures())


def courses_of(dataset: xarray.Dataset) -> list[Course]:
    """The finished runs of a sweep over the seed, the one nearest to D_i = 1/2 first."""
    dataset = dataset.isel(seed=np.flatnonzero(store.finished(dataset)))
    D = dataset["feature_dimensionality"].transpose("seed", "step", ...).to_numpy().astype(float)
    losses = dataset["train_loss"].transpose("seed", "step").to_numpy().astype(float)
    kept = represented(dataset["W"].transpose("seed", "feature", "hidden").to_numpy())
    steps = dataset["step"].to_numpy()
    if not len(D):
        raise NoMemberError("no finished run of uniform features")
    runs = [Course(steps, *run) for run in zip(D, losses, kept, strict=True)]
    return sorted(runs, key=lambda run: run.unevenness)


def judge_uniform(courses: Sequence[Course]) -> list[Verdict]:
    """Verdicts on the first of the runs of many features; those on its course need ten blocks."""
    D, claims = courses[0].dimensionality, [CLAIMS[row[0]] for row in UNIFORM_ROWS]
    last = claims[0].judge(courses[0].unevenness, f"{courses[0].kept.sum()} features represented")
    if len(D) < 10:
        return [last, *(claim.judge(None, TRIED_UNIFORM) for claim in claims[1:])]
    jumps = jumps_of(D)
    distances, correlations = zip(*map(_together, courses), strict=True)
    return [
        last,
        claims[1].judge(
            float(np.mean([jump.share for jump in jumps])) if jumps else None,
            f"{len(jumps)} of {D.shape[1]} features jump",
        ),
        claims[2].judge(
            distances[0], f"all runs, this one first: {_listed(distances)}; {TRIED_UNIFORM}"
        ),
        claims[3].judge(
            correlations[0], f"all runs, this one first: {_listed(correlations)}; {TRIED_UNIFORM}"
        ),
    ]


def _together(course: Course) -> tuple[float | None, float]:
    """How far apart D_i and loss change most, as a share of the run, and how their speeds go."""
    moving = speed(course.dimensionality).sum(-1)
    falling = -speed(np.log(course.loss)[:, None], signed=True)[:, 0]
    moved, fell = highest_peak(moving), highest_peak(falling)
    apart = None if moved is None or fell is None else abs(moved - fell) / len(moving)
    return apart, float(np.asarray(scipy.stats.spearmanr(moving, falling))[0])


def _listed(values: Iterable[float | None]) -> str:
    return ", ".join("none" if value is None else f"{value:.3g}" for value in values)


def judge_sets(W: np.ndarray, losses: np.ndarray) -> list[Verdict]:
    """Verdicts on all runs on two sets of three: W (n_runs, 6, 3), losses (n_runs, n_blocks)."""
    kinds = np.array([kind_of(w) for w in W])
    octahedra = np.isin(kinds, ["octahedron", "octahedron, pairs within sets"])
    found = [len(drops(loss)) for loss in losses[octahedra]] if losses.shape[1] >= 10 else []
    crossed = (kinds == "octahedron").sum()
    named = zip(*np.unique(kinds, return_counts=True), strict=True)
    note = ", ".join(f"{name}: {count} of {len(kinds)}" for name, count in named)
    return [
        CLAIMS["staged"].judge(
            np.median(found) if found else None,
            f"from {min(found, default=0)} to {max(found, default=0)} drops; {TRIED_SETS}",
        ),
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
