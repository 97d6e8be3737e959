"""Simulated models that grow, are finetuned, and are evaluated as `superpos.triggers.observe` says.

Effective compute grows by the same factor every day, and a finetuning multiplies it at once; looks
lie some days apart. An evaluation takes two looks, in which training goes on and finetuning waits.
"""

import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

import numpy as np

from superpos.triggers import PRESETS, EvalBegun, EvalDone, LossLaw, Obs, Policy, begin, observe
from superpos.triggers.policy import RESETS

FACTORS = (2.0, 4.0, 8.0, 16.0)
MONTHS = (1, 3, 6)
NOISE = (0.0, 0.1, 0.3)
"""Standard error of the logarithm of effective compute."""
JUMPS = (1.0, 1.3, 3.0)
"""The most that a finetuning multiplies effective compute by; it is uniform from 1 on."""
N_RUNS = 30
DAYS, LOOKS = 4, 183
"""Between two looks, and looks in two years."""
GROWTH = 8.0 ** (DAYS / 182.5)
"""Of effective compute from look to look: 8 in half a year."""
P_FINETUNING = 1 / 15
"""At a look: one in two months."""
LATENCY = 2
"""Looks that an evaluation takes."""
BUFFER = 6.0
N_TASKS, N_TRIES = 20, 10
STEEPNESS = float(np.log(1 / (1 - 0.5 ** (1 / N_TRIES)) - 1) / np.log(BUFFER))
"""Of the pass rate in the logarithm of compute: half of the tasks are passed at a 6th of it."""
T0 = datetime(2024, 1, 1, tzinfo=UTC)
LAW = LossLaw(irreducible=0.0, scale=1.0, exponent=1.0, most=1e300)
"""Effective compute is 1 / loss."""


def worst(factor: float, jump: float) -> float:
    """The closed form: just below the factor, a look and a jump on, and the looks of an evaluation.

    Args:
        factor: of the policy.
        jump: the most that a finetuning multiplies effective compute by.
    """
    return factor * jump * GROWTH ** (1 + LATENCY)


class Cells(NamedTuple):
    """What is simulated, (factors, months, noises, jumps) each.

    Attributes:
        breached: share of evaluations after the start whose overshoot was more than the buffer.
        largest: overshoot of all these.
        evaluations: in a run of two years, that of the start included, the mean.
        crossed: share of runs that reach a capability before an evaluation has said so.
    """

    breached: np.ndarray
    largest: np.ndarray
    evaluations: np.ndarray
    crossed: np.ndarray


def simulate(n_runs: int, seed: int = 0) -> Cells:
    """All cells, each with the same runs."""
    shape = len(FACTORS), len(MONTHS), len(NOISE), len(JUMPS)
    cells = Cells(*(np.zeros(shape) for _ in Cells._fields))
    for at, (factor, months, noise, jump) in zip(
        np.ndindex(shape), product(FACTORS, MONTHS, NOISE, JUMPS), strict=True
    ):
        runs = [
            one_run(Policy(factor=factor, months=months, law=LAW), noise, jump, [seed, number])
            for number in range(n_runs)
        ]
        overshoots = np.concatenate([overshoot for overshoot, _ in runs])
        cells.breached[at] = (overshoots > BUFFER).mean()
        cells.largest[at] = overshoots.max()
        cells.evaluations[at] = 1 + len(overshoots) / n_runs
        cells.crossed[at] = np.mean([crossed for _, crossed in runs])
    return cells


def costs(n_runs: int, seed: int = 0) -> np.ndarray:
    """Evaluations in a run of two years by what an evaluation resets, (presets, resets, jumps)."""
    shape = len(PRESETS), len(RESETS), len(JUMPS)
    found = np.zeros(shape)
    for at, (preset, reset, jump) in zip(
        np.ndindex(shape), product(PRESETS.values(), RESETS, JUMPS), strict=True
    ):
        policy = dataclasses.replace(preset, law=LAW, reset=reset)
        runs = [one_run(policy, 0.0, jump, [seed, number]) for number in range(n_runs)]
        found[at] = np.mean([1 + len(overshoots) for overshoots, _ in runs])
    return found


def one_run(policy: Policy, noise: float, jump: float, seed: list[int]) -> tuple[np.ndarray, bool]:
    """One model for two years.

    Returns:
        Effective compute at the end of each evaluation but the first, over that of the model
        evaluated before, and whether a hidden capability was reached before an evaluation had said
        so.
    """
    rng = np.random.default_rng(seed)
    noises, jumps = rng.standard_normal(LOOKS), rng.uniform(1, jump, LOOKS)
    jumps[rng.random(LOOKS) >= P_FINETUNING] = 1.0
    where, passing = rng.random(), rng.random((LOOKS, N_TASKS))
    hidden = BUFFER * (GROWTH ** (LOOKS - 1) / BUFFER) ** where  # between the start and the end
    state, compute, anchor, ends = begin(policy, anchor_compute=1.0), 1.0, 1.0, -1
    overshoots, evaluated, alarmed, crossed = [], 1.0, False, False
    for look in range(LOOKS):
        t = T0 + timedelta(days=DAYS * look)
        if look:
            compute *= GROWTH * (jumps[look] if ends < 0 else 1.0)
        crossed |= compute >= hidden and not alarmed
        loss = np.exp(noise * noises[look]) / compute
        state, decision = observe(state, Obs(t, loss=loss, loss_se=noise * loss))
        if look == ends:
            state, decision = observe(state, EvalDone(t))
            overshoots.append(compute / anchor)
            alarmed |= passes(evaluated / hidden, passing[look])
            anchor, ends = evaluated, -1
        if decision.due:
            state, _ = observe(state, EvalBegun(t))
            evaluated, ends = compute, look + LATENCY
    return np.array(overshoots[1:]), bool(crossed)


def passes(compute: float, uniforms: np.ndarray) -> bool:
    """Whether half of the tasks are passed by 1 of 10 tries.

    Args:
        compute: of the model over that of the capability.
        uniforms: one for each task, (tasks,).
    """
    rate = 1 / (1 + compute**-STEEPNESS)
    return bool((uniforms < 1 - (1 - rate) ** N_TRIES).mean() >= 0.5)
