"""How the cost of superpos grows: with models, features, batch and steps, and what blocks cost."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from experiments.bench import ours
from experiments.bench.cases import Case
from experiments.bench.contestants import ONE_SEED, Contestant, contestants
from experiments.bench.timing import Prepared, prepare, samples

REPEATS = 3
MODELS = tuple(Case(5, 2, k) for k in (1, 4, 16, 64, 256, 1024, 4096))
FEATURES = tuple(Case(n, max(1, n // 4), 16) for n in (2, 5, 10, 25, 50, 100, 200, 400))
BATCHES = tuple(Case(5, 2, 64, size) for size in (128, 256, 512, 1024, 2048, 4096, 8192))
STEPS = (100, 1000, 10_000)
STEPS_CASE = Case(5, 2, 16)
BLOCK_CASE = Case(5, 2, 100)
BLOCK_STEPS = 2000
BLOCKS = (10, 100, 500, 1000)
"""Block lengths beside a single scan of all BLOCK_STEPS."""
BLOCK_REPEATS = 7


def growth() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each table as it is measured: its name and its rows."""
    contestant = contestants()[ONE_SEED]
    for name, cases in (("models", MODELS), ("features", FEATURES), ("batch", BATCHES)):
        yield name, series(contestant, cases)
    yield "steps", steps()
    yield "blocks", blocks()


def series(contestant: Contestant, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Microseconds per model-step and seconds to compile, case by case."""
    prepared = {str(number): prepare(contestant, case) for number, case in enumerate(cases)}
    us = samples(prepared, REPEATS)
    return [
        {
            "models": case.n_models,
            "features": case.n_features,
            "hidden": case.n_hidden,
            "batch": case.batch_size,
            "us_per_model_step": statistics.median(us[number]),
            "compile_s": each.seconds,
        }
        for case, (number, each) in zip(cases, prepared.items(), strict=True)
    ]


def steps() -> list[dict[str, Any]]:
    """Wall time of whole trainings by their number of steps, in blocks of 100."""
    prepared = {
        str(n): Prepared(ours.points(STEPS_CASE, n, 100), n * STEPS_CASE.n_models, 0.0)
        for n in STEPS
    }
    us = samples(prepared, REPEATS)
    return [
        {"steps": int(name), "seconds": 1e-6 * statistics.median(us[name]) * each.steps}
        for name, each in prepared.items()
    ]


def blocks() -> list[dict[str, Any]]:
    """What cutting a run into blocks costs against a single scan of the same width, in percent.

    The cost is the median over repeats of the ratio within a repeat, which a slow spell of the
    machine moves less than the ratio of medians.
    """
    case = BLOCK_CASE
    prepared = {
        str(length): Prepared(
            ours.points(case, BLOCK_STEPS, length, case.n_models), BLOCK_STEPS * case.n_models, 0.0
        )
        for length in (*BLOCKS, BLOCK_STEPS)
    }
    us = samples(prepared, BLOCK_REPEATS)
    scan = us[str(BLOCK_STEPS)]
    return [
        {"case": case.name, "block": n, "cost_percent": 100 * (median_ratio(us[str(n)], scan) - 1)}
        for n in BLOCKS
    ]


def median_ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """Median of the ratios of pairs that were measured together."""
    return statistics.median(a / b for a, b in zip(values, others, strict=True))
