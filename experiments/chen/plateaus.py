"""Stochastic gradient descent from near the 4-gon: does it pass from polygon to polygon?

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section on dynamical transitions. Shares of checkpoints are those
of arc-llc, a public re-implementation. The loss of a checkpoint is the exact one.

Where the loss steps down, the learning coefficient steps up: it is estimated by Langevin chains as
short as arc-llc's (500 steps, full batches of n = 1000 examples), from the polygon of each plateau,
not from the checkpoints themselves.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from experiments.chen import theory
from superpos.app.claims.ledger import Claim, Verdict, in_setting
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.metrics import local_learning_coefficient
from superpos.train import store

NEAR = 3e-4
"""A checkpoint is on a plateau when its exact loss is this close to a polygon's."""
SHARES = {"4": 1207 / 4530, "4+": 1635 / 4530, "4++": 785 / 4530, "5": 667 / 4530}
"""Share of checkpoints on each plateau in arc-llc."""
ELSEWHERE = -1
BIASES = "vertices", "other_bias", "last_bias"
"""What tells the polygons of the chains apart."""
AFTER_PILOT = "the tolerance was chosen after a shorter run"
FIRST = (
    "first with 6 runs on each of 5 data sets, where there was one passage, and 2 on each of 15;"
    " with a data set for each of 30 runs there are 10 passages, all to a lower loss"
)
STARTS = (
    "shares hang on the few starts; with a start and a data set for each of 30 runs the deviation"
    " is 0.10, with 2 starts 0.27"
)
"""On the number of runs and of data sets."""

_claim = partial(
    Claim,
    paper="Chen et al. 2023, Dynamical versus Bayesian Phase Transitions",
    section="dynamical transitions",
    setting="r=2, c=6, n=1000, batch 20 with replacement, lr 0.005, 4,500 epochs, from the 4-gon +"
    " N(0, 0.01²)",
)
ON_PLATEAU = _claim(
    id="chen/sgd/on_plateau",
    statement="share of checkpoints whose loss is within 3e-4 of a polygon's",
    relation=">=",
    claimed=0.9,
    tolerance=0,
)
DOWN = _claim(
    id="chen/sgd/down",
    statement="share of passages between plateaus that lead to a lower loss",
    relation=">=",
    claimed=1,
    tolerance=0.05,
)
STEPS_UP = _claim(
    id="chen/sgd/steps_up",
    statement="share of passages between plateaus after which the estimate of the learning"
    " coefficient is higher, by chains from the polygons",
    relation=">=",
    claimed=1,
    tolerance=0.05,
)
VESTIGIAL = _claim(
    id="chen/sgd/vestigial",
    statement="at a 5-gon the bias of the feature without a direction is negative; largest over"
    " checkpoints",
    relation="<=",
    claimed=0,
    tolerance=0,
)
OCCUPIED = _claim(
    id="chen/sgd/occupied",
    statement="shares of checkpoints at the 4, 4+, 4++ and 5-gon are arc-llc's; largest deviation",
    relation="<=",
    claimed=0,
    tolerance=0.15,
)
HEXAGON = _claim(
    id="chen/sgd/hexagon",
    statement="no checkpoint is at the 6-gon, though its loss is the least; their share",
    relation="<=",
    claimed=0,
    tolerance=0.01,
)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on plateaus and draw the runs.

    Args:
        datasets: {"runs": runs over data set and seed with their parameters after each block;
            "chains": losses of chains over polygon, learning rate and data set}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    runs = datasets["runs"]
    W, b, steps = checkpoints(runs)
    losses = theory.exact_loss(W, b)
    llc = estimates(datasets["chains"])
    _draw(folder / "plateaus.png", losses, steps, llc)
    alt = "Exact loss of each run over its steps, in flat stretches at the losses of polygons."
    caption = (
        "Exact loss of every run after each block of updates. Dashed: the losses of the polygons;"
        " a + for each feature without a direction whose bias is 1/12. Beside them the estimate of"
        " their learning coefficient."
    )
    n_sets = np.unique(runs["data_seed"]).size
    setting = f"{ON_PLATEAU.setting}; {len(losses)} runs, {n_sets} data sets"
    verdicts = in_setting(judge(losses, vestigial_bias(W, b), llc), setting)
    return Findings(verdicts, [Figure("plateaus.png", alt, caption)])


def checkpoints(dataset: xarray.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parameters of all checkpoints, (runs, checkpoints, ...), and the updates done at each."""
    runs = dataset["status"].dims
    paths = dataset[["W_path", "b_path"]].stack(run=runs).transpose("run", "step", ...)
    finished = store.finished(dataset).stack(run=runs).to_numpy()
    W, b = (paths[name].to_numpy()[finished].astype(float) for name in ("W_path", "b_path"))
    return W, b, dataset["step"].to_numpy()


def vestigial_bias(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The bias of the feature with the least norm, (runs, checkpoints)."""
    least = np.linalg.norm(W, axis=-1).argmin(-1)
    return np.take_along_axis(b, least[..., None], axis=-1)[..., 0]


def estimates(dataset: xarray.Dataset) -> dict[str, float]:
    """Polygon -> λ̂ in the mean over chains; those at the least learning rate stayed at it."""
    dataset = dataset.transpose("learning_rate", "vertices", "seed", ...).sortby("learning_rate")
    losses = dataset["loss"].to_numpy().astype(float)
    B = store.config_of(dataset)["optim.inverse_temperature"]
    polygons = zip(*(dataset[n].to_numpy() for n in BIASES), strict=True)
    names = []
    for k, other, last in polygons:
        # The last feature is off in any of them, the one before it where there are 4 vertices.
        n_plus = int(last > 0) + int(k == 4 and other > 0)
        names.append(f"{int(k)}" + "+" * n_plus)
    values = local_learning_coefficient(losses[-1], losses[0].mean(-1), inverse_temperature=B)
    return dict(zip(names, np.asarray(values, float).mean(-1).tolist(), strict=True))


def plateau_of(losses: np.ndarray) -> np.ndarray:
    """Number of the polygon in theory.KINDS whose loss is near, int; ELSEWHERE where none is."""
    levels = np.array([theory.level(name) for name in theory.KINDS])
    distance = np.abs(losses[..., None] - levels)
    return np.where(distance.min(-1) <= NEAR, distance.argmin(-1), ELSEWHERE)


def judge(losses: np.ndarray, bias: np.ndarray, llc: Mapping[str, float]) -> list[Verdict]:
    """Verdicts on checkpoints.

    Args:
        losses: their exact losses, (runs, checkpoints).
        bias: of the feature without a direction, (runs, checkpoints).
        llc: polygon -> estimate of its learning coefficient.
    """
    plateaus = plateau_of(losses)
    names = list(theory.KINDS)
    shares = {name: float(np.mean(plateaus == number)) for number, name in enumerate(names)}
    counted = ", ".join(f"{name}: {share:.3f}" for name, share in shares.items())
    passed = passages(plateaus)
    down = [theory.level(names[after]) < theory.level(names[before]) for before, after in passed]
    known = [(names[a], names[b]) for a, b in passed if {names[a], names[b]} <= llc.keys()]
    up = [llc[after] > llc[before] for before, after in known]
    at_pentagon = bias[plateaus == names.index("5")]
    values = ", ".join(f"{name}: {value:.2f}" for name, value in llc.items())
    return [
        ON_PLATEAU.judge(np.mean(plateaus != ELSEWHERE), counted),
        DOWN.judge(float(np.mean(down)) if down else None, f"{len(down)} passages; {FIRST}"),
        STEPS_UP.judge(
            float(np.mean(up)) if up else None, f"{len(up)} passages; estimates {values}"
        ),
        VESTIGIAL.judge(
            at_pentagon.max() if at_pentagon.size else None, f"{at_pentagon.size} checkpoints"
        ),
        OCCUPIED.judge(
            max(abs(shares[name] - share) for name, share in SHARES.items()),
            f"{counted}; {AFTER_PILOT}; {STARTS}",
        ),
        HEXAGON.judge(shares["6"], AFTER_PILOT),
    ]


def passages(plateaus: np.ndarray) -> list[tuple[int, int]]:
    """The plateaus before and after each passage, in all runs (runs, checkpoints)."""
    found = []
    for run in plateaus:
        visited = run[run != ELSEWHERE]
        steps = zip(visited[:-1].tolist(), visited[1:].tolist(), strict=True)
        found += [(before, after) for before, after in steps if before != after]
    return found


def _draw(path: Path, losses: np.ndarray, steps: np.ndarray, llc: Mapping[str, float]) -> None:
    figure, axis = new_figure(1, 1, width=8, height=4)
    drawn: Any = axis
    drawn.plot(steps, losses.T, color=PALETTE[0], linewidth=0.8, alpha=0.6)
    for name in theory.KINDS:
        level = theory.level(name)
        drawn.axhline(level, color="black", linestyle="dashed", linewidth=0.8)
        text = f"{name}   λ̂ = {llc[name]:.1f}" if name in llc else name
        drawn.annotate(
            text, (1.01, level), xycoords=("axes fraction", "data"), va="center", fontsize=8
        )
    drawn.set(xlabel="updates", ylabel="exact loss", ylim=(0.04, 0.12))
    save(figure, path)
