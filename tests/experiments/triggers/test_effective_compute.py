"""Effective compute of a recipe that is ahead by a known factor."""

import numpy as np
import pytest
import xarray

from experiments.triggers.effective_compute import measure as module
from experiments.triggers.effective_compute.claims import judge
from experiments.triggers.effective_compute.measure import Gains, measure
from tests.experiments.triggers.made import FLOPS, stored

STEPS = np.arange(250, 8001, 250)


def law(flops: np.ndarray) -> np.ndarray:
    return 0.2 + (FLOPS * 1000 / flops) ** 0.7


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "N_DRAWS", 3)


def gains(factor: float = 2.0, other: float = 3.0, **changes: object) -> Gains | None:
    """Recipes that have the loss of the baseline with so many times their FLOPs."""
    ends = [250, 500, 1000, 2000]
    runs = {f"falling_{steps}": falling(steps, (factor, other)) for steps in ends}
    return measure({"baseline": stored(law, STEPS, 8), **runs, **changes})  # type: ignore[arg-type]


def falling(steps: int, factors: tuple[float, ...]) -> xarray.Dataset:
    """Runs of one length, with a learning rate for each factor, from the highest down."""
    each = [
        stored(lambda flops, by=by: law(by * flops), np.array([steps // 2, steps]))
        for by in factors
    ]
    rates = xarray.IndexVariable("learning_rate", [3e-3, 1e-2][: len(factors)])
    return xarray.concat(each, rates, data_vars="all").isel(learning_rate=slice(None, None, -1))


def failed(measured: Gains | None) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(measured) if v.reproduced is False}


def test_known_gains_are_found() -> None:
    found = gains()
    assert found is not None and failed(found) == set()
    assert (found.baseline.flops / FLOPS).tolist() == [250, 500, 1000, 2000, 4000, 8000]
    np.testing.assert_allclose(found.control, 1, rtol=1e-3)
    assert found.read == pytest.approx(1, rel=1e-3)
    for runs, by in zip(found.recipes.values(), (2, 3), strict=True):
        assert (runs.flops / FLOPS).tolist() == [250, 500, 1000, 2000]
        np.testing.assert_allclose(runs.compute / runs.flops, by, rtol=1e-3)
        np.testing.assert_allclose(runs.interval, np.array([runs.compute] * 2), rtol=1e-3)
        np.testing.assert_allclose(runs.overshoot, 4 * by, rtol=1e-3)  # 4 by a counter of FLOPs
        np.testing.assert_allclose(runs.on_time, [1 / by, 1 / by], rtol=1e-3)


@pytest.mark.parametrize(
    ("factor", "wrong"),
    [
        (1.0, {"gain", "late", "overshoot"}),
        (0.7, {"gain", "sure", "late", "overshoot"}),
        (6.0, {"gain"}),
    ],
)
def test_claims_on_the_gain_can_fail(factor: float, wrong: set[str]) -> None:
    assert failed(gains(factor)) - {"sure"} == wrong - {"sure"}


def test_each_recipe_has_claims_of_its_own() -> None:
    names = ("gain", "sure", "late", "overshoot")
    assert failed(gains(other=0.7)) == {f"higher_{name}" for name in names}


def test_claims_on_the_law_can_fail() -> None:
    def levels_off(flops: np.ndarray) -> np.ndarray:
        return law(np.minimum(flops, 4000 * FLOPS))

    assert "read" in failed(gains(baseline=stored(levels_off, STEPS, 8)))
    other = stored(law, STEPS, 8)
    other["loss"][1::2] = law(3 * FLOPS * STEPS)
    assert "control" in failed(gains(baseline=other))


def test_a_loss_that_does_not_fall_is_no_law() -> None:
    found = gains(baseline=stored(lambda flops: 1 / law(flops), STEPS, 8))
    assert len(failed(found)) == 10


def test_too_few_budgets_or_seeds_are_not_judged() -> None:
    for few in (stored(law, STEPS[:4], 8), stored(law, STEPS, 2)):
        assert gains(baseline=few) is None
    assert {verdict.measured for verdict in judge(None)} == {None}
    alone = gains(falling_250=falling(250, (2.0,)), falling_500=falling(500, (2.0,)))
    assert alone is not None and len(alone.recipes["higher"].flops) == 2
