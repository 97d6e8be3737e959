"""The law of the baseline, and the effective compute of an improved recipe."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import xarray

from experiments.triggers.courses import Course, course, law_of
from superpos.triggers import LossLaw, Obs, Policy, begin, bootstrap, observe

BASELINE = "baseline"
FACTOR = 4.0
N_DRAWS = 200
"""Laws of the bootstrap."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Gains(NamedTuple):
    """What is measured of both recipes; None where there are too few budgets.

    Attributes:
        baseline: the seeds that the law is fitted to, after 1, 2, 4, ... blocks.
        held_out: the other seeds.
        law: of the baseline; None where its loss is no power law, too.
        read: the largest budget of the baseline, read off a law of the others, over itself.
        flops: of the improved runs, from short to long, (budgets,).
        loss: of these, means over seeds, (budgets,).
        compute: effective compute of these, (budgets,).
        interval: of compute, 2.5 and 97.5 % of the bootstrap, (2, budgets).
        control: effective compute of the held-out seeds over FLOPs, (baseline budgets,).
        overshoot: of the improved recipe, where FLOPs are FACTOR times those of a baseline that was
            evaluated, for each of these, (anchors,).
        on_time: FLOPs at which effective compute is FACTOR times that of the anchor, over the FLOPs
            at which a counter says so, (anchors,).
    """

    baseline: Course
    held_out: Course
    law: LossLaw | None
    read: float
    flops: np.ndarray
    loss: np.ndarray
    compute: np.ndarray
    interval: np.ndarray
    control: np.ndarray
    overshoot: np.ndarray
    on_time: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Gains | None:
    """Fit the law to every second seed, and read effective compute off it.

    Args:
        datasets: {"baseline": over seed, "improved_<n>": likewise, each of another length}.

    Returns:
        None where there are too few budgets or seeds. What cannot be fitted is nan.
    """
    whole = course(datasets[BASELINE]).at_doublings()
    fitted, held_out = whole.seeds(slice(0, None, 2)), whole.seeds(slice(1, None, 2))
    ends = [course(each) for name, each in sorted(datasets.items()) if name != BASELINE]
    ends.sort(key=lambda each: each.flops[-1])
    flops = np.array([each.flops[-1] for each in ends])
    loss = np.array([each.loss[:, -1].mean() for each in ends])
    enough = min(len(fitted.loss), len(held_out.loss), *(len(each.loss) for each in ends)) > 0
    try:
        law = law_of(fitted)
        if law is None or not enough or len(fitted.loss) < 2:
            return None
        less = law_of(Course(*(each[..., :-1] for each in fitted)))
        laws = bootstrap(fitted.flops, fitted.loss.T, n_draws=N_DRAWS, seed=0)
    except ValueError:
        nothing, both = np.full(len(flops), np.nan), np.full((2, len(flops)), np.nan)
        control = np.full(len(fitted.flops), np.nan)
        one = np.full(1, np.nan)
        return Gains(fitted, held_out, None, np.nan, flops, loss, nothing, both, control, one, one)
    compute = _read(law, loss)
    late, on_time = _lateness(law, flops, loss, compute)
    return Gains(
        baseline=fitted,
        held_out=held_out,
        law=law,
        read=np.nan if less is None else _last(less, fitted) / fitted.flops[-1],
        flops=flops,
        loss=loss,
        compute=compute,
        interval=np.quantile([_read(each, loss) for each in laws], [0.025, 0.975], axis=0),
        control=_read(law, held_out.loss.mean(0)) / held_out.flops,
        overshoot=late,
        on_time=on_time,
    )


def _read(law: LossLaw, loss: np.ndarray) -> np.ndarray:
    """Effective compute of losses, (budgets,)."""
    return np.array([law.compute(each)[0] for each in loss.tolist()])


def _last(law: LossLaw, course: Course) -> float:
    return law.compute(float(course.loss.mean(0)[-1]))[0]


def _lateness(
    law: LossLaw, flops: np.ndarray, loss: np.ndarray, compute: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where a counter of FLOPs is late: overshoot there, and how early it should have been.

    An anchor is a baseline of as many FLOPs as an improved run has, if there is an improved run of
    FACTOR times as many.
    """
    overshoot, on_time = [], []
    for anchor in flops.tolist():
        counted = np.flatnonzero(np.isclose(flops, FACTOR * anchor))
        if counted.size:
            at = int(counted[0])
            state = begin(Policy(factor=FACTOR, law=law), anchor_compute=anchor)
            _, decision = observe(state, Obs(NOW, loss=float(loss[at]), flops=float(flops[at])))
            overshoot.append(decision.overshoot)
            crossed = np.interp(np.log(FACTOR * anchor), *_rising(compute, flops))
            on_time.append(np.exp(crossed) / (FACTOR * anchor))
    return np.array(overshoot), np.array(on_time)


def _rising(compute: np.ndarray, flops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the largest effective compute so far, and of the FLOPs."""
    rising = np.maximum.accumulate(np.maximum(compute, np.finfo(float).tiny))
    return np.log(rising), np.log(flops)
