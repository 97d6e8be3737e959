"""Stochastic gradient descent from near the 4-gon: does it pass from polygon to polygon?

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section on dynamical transitions. Shares of checkpoints are those
of arc-llc, a public re-implementation. The loss of a checkpoint is the exact one.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from experiments.chen import theory
from experiments.claims.ledger import Claim, Verdict
from experiments.findings import Figure, Findings
from experiments.report.figures import PALETTE, new_figure, save

NEAR = 3e-4
"""A checkpoint is on a plateau when its exact loss is this close to a polygon's."""
SHARES = {"4": 1207 / 4530, "4+": 1635 / 4530, "4++": 785 / 4530, "5": 667 / 4530}
"""Share of checkpoints on each plateau in arc-llc."""
ELSEWHERE = -1
AFTER_PILOT = "the tolerance was chosen after a shorter run"

_claim = partial(
    Claim,
    paper="Chen et al. 2023, Dynamical versus Bayesian Phase Transitions",
    section="dynamical transitions",
    setting="r=2, c=6, n=1000, batch 20 with replacement, lr 0.005, 4,500 epochs, 6 runs on each of"
    " 5 data sets from the 4-gon + N(0, 0.01²)",
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
        datasets: {"sweep": runs over data set and seed with their parameters after each block}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    losses, steps = measure(datasets["sweep"])
    _draw(folder / "plateaus.png", losses, steps)
    alt = "Exact loss of each run over its steps, in flat stretches at the losses of polygons."
    caption = (
        "Exact loss of every run after each block of updates. Dashed: the losses of the polygons;"
        " a + for each feature without a direction whose bias is 1/12."
    )
    return Findings(judge(losses), [Figure("plateaus.png", alt, caption)])


def measure(dataset: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Exact losses of all checkpoints, (runs, checkpoints), and the updates done at each."""
    runs = dataset["status"].dims
    paths = dataset[["W_path", "b_path"]].stack(run=runs).transpose("run", "step", ...)
    finished = (dataset["status"].stack(run=runs) == "ok").to_numpy()
    W, b = (paths[name].to_numpy()[finished].astype(float) for name in ("W_path", "b_path"))
    return theory.exact_loss(W, b), dataset["step"].to_numpy()


def plateau_of(losses: np.ndarray) -> np.ndarray:
    """Number of the polygon in theory.KINDS whose loss is near, int; ELSEWHERE where none is."""
    levels = np.array([theory.level(name) for name in theory.KINDS])
    distance = np.abs(losses[..., None] - levels)
    return np.where(distance.min(-1) <= NEAR, distance.argmin(-1), ELSEWHERE)


def judge(losses: np.ndarray) -> list[Verdict]:
    """Verdicts on the losses of checkpoints, (runs, checkpoints)."""
    plateaus = plateau_of(losses)
    names = list(theory.KINDS)
    shares = {name: float(np.mean(plateaus == number)) for number, name in enumerate(names)}
    counted = ", ".join(f"{name}: {share:.3f}" for name, share in shares.items())
    n_down, n_passages = passages(plateaus)
    return [
        ON_PLATEAU.judge(np.mean(plateaus != ELSEWHERE), counted),
        DOWN.judge(n_down / n_passages if n_passages else None, f"{n_passages} passages"),
        OCCUPIED.judge(
            max(abs(shares[name] - share) for name, share in SHARES.items()),
            f"{counted}; {AFTER_PILOT}",
        ),
        HEXAGON.judge(shares["6"], AFTER_PILOT),
    ]


def passages(plateaus: np.ndarray) -> tuple[int, int]:
    """How many passages between plateaus lead to a lower loss, and how many there are."""
    levels = [theory.level(name) for name in theory.KINDS]
    n_down = n_passages = 0
    for run in plateaus:
        visited = run[run != ELSEWHERE]
        for before, after in zip(visited[:-1], visited[1:], strict=True):
            n_passages += int(before != after)
            n_down += int(levels[after] < levels[before])
    return n_down, n_passages


def _draw(path: Path, losses: np.ndarray, steps: np.ndarray) -> None:
    figure, axis = new_figure(1, 1, width=8, height=4)
    drawn: Any = axis
    drawn.plot(steps, losses.T, color=PALETTE[0], linewidth=0.8, alpha=0.6)
    for name in theory.KINDS:
        level = theory.level(name)
        drawn.axhline(level, color="black", linestyle="dashed", linewidth=0.8)
        drawn.annotate(
            name, (1.01, level), xycoords=("axes fraction", "data"), va="center", fontsize=8
        )
    drawn.set(xlabel="updates", ylabel="exact loss", ylim=(0.04, 0.12))
    save(figure, path)
