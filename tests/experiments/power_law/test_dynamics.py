"""Powers of time on courses made by hand, and the closed form against gradient descent."""

import numpy as np
import pytest

from experiments.liu.scaling.measure import frequencies
from experiments.power_law.dynamics import theory
from experiments.power_law.dynamics.claims import ROWS, judge
from experiments.power_law.dynamics.measure import Course, Dynamics

N = 256
STEPS = np.unique(np.concatenate([[0], np.geomspace(8, 8192, 60).round()]))
LAWS = [(a, b) for a in (1.2, 1.5, 2.0) for b in (0.0, 0.5, 1.0)]


def course(a, b, k=N, power=None, end=0.0, start=1.0):
    """Of the theory; or a power of time until the end, where the loss is that at the end."""
    p = frequencies(N, a, 1.0)
    expected = theory.losses(p, np.arange(1, N + 1) ** -b, 0.1, STEPS)
    window = theory.learned(p, 0.1, 2), theory.learned(p, 0.1, 12)
    falling = start * np.maximum(STEPS, 1.0) ** -(power or 0) + end
    falling[-1] = end
    loss = expected if power is None else falling
    return Course(a, b, k, STEPS, loss, expected, window)


def dynamics(whole=None, shuffled=0.3, bottleneck=1.0, bottleneck_shuffled=1.0, end=0.1):
    law = [course(a, b, power=whole) for a, b in LAWS]
    narrow = [course(a, b, 64, bottleneck, end) for a, b in LAWS]
    other = [course(a, 0.5, power=shuffled) for a in (1.2, 1.5, 2.0)]
    other = [each._replace(expected=each.loss) for each in other]
    narrow_other = [course(a, 0.5, 64, bottleneck_shuffled, end) for a in (1.2, 1.5, 2.0)]
    return Dynamics(N, law, other, narrow, narrow_other)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_courses_of_the_theory_hold_every_claim():
    found = verdicts(dynamics())
    assert [key for key, *_ in ROWS] == list(found)
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(found, True)
    for key in ("whole_curve", "bottleneck_universal", "bottleneck_shuffled"):
        assert found[key].measured == pytest.approx(0, abs=1e-9)


def test_other_powers_are_seen():
    found = verdicts(dynamics(whole=0.9, bottleneck=0.6, bottleneck_shuffled=0.9, shuffled=0.9))
    assert found["whole_exponent"].measured == pytest.approx(5 / 3 - 0.9, abs=1e-9)
    assert found["bottleneck_universal"].measured == pytest.approx(0.4)
    assert found["bottleneck_shuffled"].measured == pytest.approx(0.3)
    assert found["whole_shuffled"].measured == pytest.approx(0, abs=1e-9)
    assert not any(v.reproduced for v in found.values())


def test_a_loss_that_never_is_half_of_its_start_is_not_faster():
    found = verdicts(dynamics(end=2.0))
    assert found["faster"].measured == 0 and not found["faster"].reproduced


def test_short_runs_are_not_judged():
    short = [each._replace(steps=STEPS / 1e4) for each in dynamics().whole]
    found = verdicts(Dynamics(N, short, short, short, short))
    some = ("whole_exponent", "whole_curve", "bottleneck_universal", "whole_shuffled")
    assert [found[key].reproduced for key in some] == [None] * 4


def test_half_of_the_start_is_between_two_times():
    made = course(1.2, 0.0)._replace(steps=np.array([0.0, 8, 16]), loss=np.array([1.0, 0.8, 0.4]))
    assert made.halved == pytest.approx(14)


def test_the_closed_form_is_gradient_descent_on_the_expected_loss():
    p, importance, rate = frequencies(5, 1.2, 1.0), np.arange(1.0, 6) ** -0.5, 0.4
    M, B, A = theory.second_moments(p), np.zeros((5, 5)), np.diag(importance)
    expected = []
    for _ in range(8):
        expected.append(np.trace((A - B) @ M @ (A - B).T))
        B = B + 2 * rate * (A - B) @ M
    found = theory.losses(p, importance, rate, np.arange(8))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_second_moments_are_those_of_drawn_features():
    p, rng = np.array([0.6, 0.3, 0.1]), np.random.default_rng(0)
    x = rng.uniform(size=(400_000, 3)) * (rng.uniform(size=(400_000, 3)) < p)
    np.testing.assert_allclose(theory.second_moments(p), x.T @ x / len(x), atol=2e-3)


def test_many_features_fall_by_the_law_of_the_theory():
    """Without means, so that the features are independent of one another, by a sum to 10⁶."""
    number, t = np.arange(1.0, 10**6 + 1), np.geomspace(1e4, 1e6, 5)
    for a, b in ((1.5, 0.0), (2.0, 0.5), (2.0, 1.0)):
        sums = [(number ** -(a + 2 * b) * np.exp(-(number**-a) * each)).sum() for each in t]
        slope = -np.polyfit(np.log(t), np.log(sums), 1)[0]
        assert slope == pytest.approx(theory.exponent(a, b), abs=0.03)


def test_an_error_has_fallen_by_e_when_a_feature_is_learned():
    p = np.array([0.5, 0.01])
    after = theory.learned(p, 0.1, 2)
    assert (1 - 2 * 0.1 * p[1] / 3) ** (2 * after) == pytest.approx(np.exp(-1), rel=1e-3)
