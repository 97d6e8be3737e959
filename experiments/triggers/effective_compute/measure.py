"""The law of the baseline, and the effective compute of recipes that are meant to be better."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import xarray

from experiments.triggers.courses import Course, course, law_of
from superpos.triggers import LossLaw, Obs, Policy, begin, bootstrap, observe

BASELINE = "baseline"
RECIPES = ("improved", "higher")
"""A cosine to 0 from the learning rate of the baseline, and from a higher one."""
FACTOR = 4.0
N_DRAWS = 200
"""Laws of the bootstrap."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Recipe(NamedTuple):
    """Runs of another recipe, from short to long.

    Attributes:
        flops: of each, (budgets,).
        loss: of each, means over seeds, (budgets,).
        compute: effective compute of each, (budgets,).
        interval: of it, 2.5 and 97.5 % of the bootstrap, (2, budgets).
        overshoot: effective compute where FLOPs are FACTOR times those of a baseline that was
            evaluated, over that of the baseline, for each such baseline, (anchors,).
        on_time: FLOPs at which effective compute is FACTOR times that of the baseline, over the
            FLOPs at which a counter says so, (anchors,).
    """

    flops: np.ndarray
    loss: np.ndarray
    compute: np.ndarray
    interval: np.ndarray
    overshoot: np.ndarray
    on_time: np.ndarray


class Gains(NamedTuple):
    """What is measured; what cannot be read off, as the baseline follows no law, is nan.

    Attributes:
        baseline: the seeds that the law is fitted to, at budgets of 1, 2, 4, ... times the first.
        held_out: the other seeds.
        law: of the baseline; None where its loss is no power law.
        read: the largest budget of the baseline, read off a law of the others, over itself.
        control: effective compute of the held-out seeds over FLOPs, (baseline budgets,).
        recipes: name -> its runs.
    """

    baseline: Course
    held_out: Course
    law: LossLaw | None
    read: float
    control: np.ndarray
    recipes: Mapping[str, Recipe]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Gains | None:
    """Fit the law to every second seed, and read effective compute off it.

    Args:
        datasets: {"baseline": over seed; "falling_<n>": over learning rate, one for each of
            RECIPES from low to high, and seed, each of another length}.

    Returns:
        None where there are too few budgets or seeds.
    """
    whole = course(datasets[BASELINE]).at_doublings()
    fitted, held_out = whole.seeds(slice(0, None, 2)), whole.seeds(slice(1, None, 2))
    shorter = Course(*(each[..., :-1] for each in fitted))
    falling = [each for name, each in datasets.items() if name != BASELINE]
    ends = {name: _ends(falling, at) for at, name in enumerate(RECIPES)}
    law, laws, read = None, [], np.nan
    try:
        less = law_of(shorter)
        if less is None or len(fitted.loss) < 2 or not len(held_out.loss):
            return None
        law = law_of(fitted)
        laws = bootstrap(fitted.flops, fitted.loss.T, n_draws=N_DRAWS, seed=0)
        read = float(_read(less, fitted.loss.mean(0)[-1:])[0] / fitted.flops[-1])
    except ValueError:
        law = None
    return Gains(
        baseline=fitted,
        held_out=held_out,
        law=law,
        read=read,
        control=_read(law, held_out.loss.mean(0)) / held_out.flops,
        recipes={name: _recipe(law, laws, *each) for name, each in ends.items()},
    )


def _ends(datasets: Sequence[xarray.Dataset], at: int) -> tuple[np.ndarray, np.ndarray]:
    """FLOPs and mean losses at the end of the runs of a learning rate, (budgets,) each."""
    found = [
        course(each.sortby("learning_rate").isel(learning_rate=at))
        for each in datasets
        if at < each.sizes["learning_rate"]
    ]
    ends = sorted(
        (float(each.flops[-1]), float(each.loss[:, -1].mean())) for each in found if len(each.loss)
    )
    return np.array([flops for flops, _ in ends]), np.array([loss for _, loss in ends])


def _recipe(
    law: LossLaw | None, laws: Sequence[LossLaw], flops: np.ndarray, loss: np.ndarray
) -> Recipe:
    """What is read off the law, and where a counter of FLOPs is late.

    An anchor is a baseline of as many FLOPs as a run of the recipe has, if it has another run of
    FACTOR times as many.
    """
    compute = _read(law, loss)
    if law is None or not laws:
        nothing = np.full(1, np.nan)
        return Recipe(flops, loss, compute, np.array([compute, compute]), nothing, nothing)
    overshoot, on_time = [], []
    rising = np.log(np.maximum.accumulate(np.maximum(compute, np.finfo(float).tiny)))
    for anchor in flops.tolist():
        for at in np.flatnonzero(np.isclose(flops, FACTOR * anchor)):
            state = begin(Policy(factor=FACTOR, law=law), anchor_compute=anchor)
            _, decision = observe(state, Obs(NOW, loss=float(loss[at]), flops=float(flops[at])))
            overshoot.append(decision.overshoot)
            crossed = np.exp(np.interp(np.log(FACTOR * anchor), rising, np.log(flops)))
            on_time.append(crossed / (FACTOR * anchor))
    interval = np.quantile([_read(each, loss) for each in laws], [0.025, 0.975], axis=0)
    return Recipe(flops, loss, compute, interval, np.array(overshoot), np.array(on_time))


def _read(law: LossLaw | None, loss: np.ndarray) -> np.ndarray:
    """Effective compute of losses, (budgets,)."""
    if law is None:
        return np.full(len(loss), np.nan)
    return np.array([law.compute(each)[0] for each in loss.tolist()])
