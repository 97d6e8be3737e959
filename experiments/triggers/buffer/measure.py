"""Overshoots of real runs that are held out, and of simulated ones."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import xarray

from experiments.triggers.buffer import simulated
from experiments.triggers.buffer.simulated import FACTORS, Cells, costs, simulate
from experiments.triggers.courses import Course, course, law_of
from superpos.triggers import EvalBegun, EvalDone, LossLaw, Obs, Policy, begin, observe

WATCHED = 1 / 16
"""Of a real run's FLOPs, those from which it is watched: its first loss follows no power law."""
T0 = datetime(2026, 1, 1, tzinfo=UTC)


class Buffers(NamedTuple):
    """What is measured.

    Attributes:
        cells: simulated.
        costs: evaluations in a simulated run, as `simulated.costs` has them.
        real: overshoot at the end of each evaluation of each real run, of each factor, by the law,
            [(evaluations,), ...]; nan where there is no law. None where there are too few looks.
        sigma: of real runs, standard error of the logarithm of effective compute by that of the
            loss, at its mean over seeds, (looks,); nan where the loss is irreducible.
    """

    cells: Cells
    costs: np.ndarray
    real: list[np.ndarray] | None
    sigma: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Buffers:
    """Watch held-out runs by the law of the others, and simulate.

    Args:
        datasets: {"sweep": over seed}.
    """
    whole, n_runs = course(datasets["sweep"]).beyond(WATCHED), simulated.N_RUNS
    simulated_ones = simulate(n_runs), costs(n_runs)
    watched = whole.seeds(slice(1, None, 2))
    try:
        law = law_of(whole.seeds(slice(0, None, 2)).at_doublings())
    except ValueError:
        return Buffers(*simulated_ones, [np.array([np.nan])] * len(FACTORS), np.zeros(0))
    if law is None or not len(watched.loss):
        return Buffers(*simulated_ones, None, np.zeros(0))
    real = [
        np.concatenate([watch(law, factor, watched, seed) for seed in range(len(watched.loss))])
        for factor in FACTORS
    ]
    reducible = watched.loss.mean(0) - law.irreducible
    sigma = watched.loss_se.mean(0) / (law.exponent * np.where(reducible > 0, reducible, np.nan))
    return Buffers(*simulated_ones, real, sigma)


def watch(law: LossLaw, factor: float, course: Course, seed: int) -> np.ndarray:
    """Overshoots of a run that is evaluated as it is told, for a look each, after the start."""
    start, _ = law.compute(float(course.loss[seed, 0]))
    state, found, begun = begin(Policy(factor=factor, law=law), anchor_compute=start), [], False
    looks = zip(course.flops, course.loss[seed], course.loss_se[seed], strict=True)
    for hour, (flops, loss, se) in enumerate(looks):
        t = T0 + timedelta(hours=hour)
        look = Obs(t, loss=float(loss), loss_se=float(se), flops=float(flops))
        state, decision = observe(state, look)
        if begun:
            state, decision = observe(state, EvalDone(t))
            found.append(decision.overshoot)
            begun = False
        if decision.due:
            state, begun = observe(state, EvalBegun(t))[0], True
    return np.array(found[1:])
