"""Times: contestants in turn, several times, in one process, so that all see the same machine."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from experiments.bench.cases import SAMPLE_S, Case
from experiments.bench.contestants import Contestant

REPEATS = 5


class Prepared(NamedTuple):
    """A contestant that is compiled.

    Attributes:
        run: trains once.
        steps: model-steps of one run.
        seconds: what preparing took; compiling, above all.
    """

    run: Callable[[], Any]
    steps: int
    seconds: float


def prepare(contestant: Contestant, case: Case) -> Prepared:
    """Compile a contestant for a run that lasts about one sample."""
    n_steps = case.n_steps(contestant.pace)
    begun = time.perf_counter()
    run = contestant.prepare(case, n_steps)
    return Prepared(run, n_steps * case.n_models, time.perf_counter() - begun)


def samples(prepared: Mapping[str, Prepared], repeats: int = REPEATS) -> dict[str, list[float]]:
    """Microseconds per model-step of each, in turn: a sample of all, then the next of all.

    A sample is as many runs as last SAMPLE_S by the warm-up, and at least one.
    """
    n_runs = {
        name: max(1, round(SAMPLE_S / _seconds(each.run, 1))) for name, each in prepared.items()
    }
    us: dict[str, list[float]] = {name: [] for name in prepared}
    for _ in range(repeats):
        for name, each in prepared.items():
            taken = _seconds(each.run, n_runs[name])
            us[name].append(1e6 * taken / (n_runs[name] * each.steps))
    return us


def measure(case: Case, who: Mapping[str, Contestant]) -> dict[str, Any]:
    """Microseconds per model-step, the median of repeats, and seconds to prepare, of each.

    Whom a case is not for is left out.
    """
    prepared = {name: prepare(each, case) for name, each in who.items() if each.takes(case)}
    us = samples(prepared)
    return {
        "case": case.name,
        "us_per_model_step": {name: statistics.median(values) for name, values in us.items()},
        "samples": us,
        "prepare_s": {name: each.seconds for name, each in prepared.items()},
    }


def _seconds(run: Callable[[], Any], n_runs: int) -> float:
    begun = time.perf_counter()
    for _ in range(n_runs):
        run()
    return time.perf_counter() - begun
