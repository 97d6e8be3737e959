"""Effective compute of a recipe that is ahead by a known factor."""

import numpy as np
import pytest

from experiments.triggers.effective_compute.claims import judge
from experiments.triggers.effective_compute.measure import Gains, measure
from tests.experiments.triggers.made import FLOPS, stored

STEPS = np.arange(250, 8001, 250)


def law(flops: np.ndarray) -> np.ndarray:
    return 0.2 + (FLOPS * 1000 / flops) ** 0.7


def gains(factor: float = 2.0, noise: float = 0.0, **changes: object) -> Gains | None:
    """The improved recipe has the loss of the baseline with so many times its FLOPs."""
    ends = [250, 500, 1000, 2000]
    improved = {
        f"improved_{n}": stored(lambda flops: law(factor * flops), np.array([steps // 2, steps]))
        for n, steps in enumerate(ends)
    }
    return measure({"baseline": stored(law, STEPS, 8, noise), **improved, **changes})


def failed(measured: Gains | None) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(measured) if v.reproduced is False}


def test_a_known_gain_is_found() -> None:
    found = gains()
    assert found is not None and failed(found) == set()
    assert (found.flops / FLOPS).tolist() == [250, 500, 1000, 2000]
    assert (found.baseline.flops / FLOPS).tolist() == [250, 500, 1000, 2000, 4000, 8000]
    np.testing.assert_allclose(found.compute / found.flops, 2, rtol=1e-3)
    np.testing.assert_allclose(found.interval, np.array([found.compute] * 2), rtol=1e-3)
    np.testing.assert_allclose(found.control, 1, rtol=1e-3)
    np.testing.assert_allclose(found.overshoot, [8, 8], rtol=1e-3)  # of 4 by a counter of FLOPs
    np.testing.assert_allclose(found.on_time, [0.5, 0.5], rtol=1e-3)
    assert found.read == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize(
    ("factor", "wrong"),
    [
        (1.0, {"gain", "sure", "late", "overshoot"}),
        (0.7, {"gain", "sure", "late", "overshoot"}),
        (6.0, {"gain"}),
    ],
)
def test_claims_on_the_gain_can_fail(factor: float, wrong: set[str]) -> None:
    assert failed(gains(factor)) - {"sure"} == wrong - {"sure"}


def test_claims_on_the_law_can_fail() -> None:
    def levels_off(flops: np.ndarray) -> np.ndarray:
        return law(np.minimum(flops, 4000 * FLOPS))

    assert "read" in failed(gains(baseline=stored(levels_off, STEPS, 8)))
    other = stored(law, STEPS, 8)
    other["loss"][1::2] = law(3 * FLOPS * STEPS)
    assert "control" in failed(gains(baseline=other))


def test_a_loss_that_does_not_fall_is_no_law() -> None:
    found = gains(baseline=stored(lambda flops: 1 / law(flops), STEPS, 8))
    assert len(failed(found)) == 6


def test_too_few_budgets_or_seeds_are_not_judged() -> None:
    for few in (stored(law, STEPS[:4], 8), stored(law, STEPS, 2)):
        assert gains(baseline=few) is None
    assert {verdict.measured for verdict in judge(None)} == {None}
