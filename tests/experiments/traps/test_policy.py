"""Probabilities of the two kinds of actions, beside SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from experiments.traps.policy import choose_then_tell

FLOOR = 0.05
LOGITS, MEANS, LOG_STD = [0.3, -0.9], [0.5, -1.0, 2.0], [-0.5, 0.1, 0.0]
E = FLOOR + (1 - 2 * FLOOR) * scipy.special.expit(-1.2)
"""Probability of E."""


def outputs(at_root: float) -> jax.Array:
    return jnp.array([*LOGITS, *MEANS, *LOG_STD, 7.0, at_root])


POLICY = choose_then_tell(FLOOR)


@pytest.mark.parametrize(("branch", "p"), [(0.0, 1 - E), (1.0, E)])
def test_the_first_step_reads_the_branch_alone(branch: float, p: float) -> None:
    for numbers in ([0.0, 0.0, 0.0], [3.0, -2.0, 1.0]):
        found = POLICY.log_probability(outputs(1.0), jnp.array([branch, *numbers]))
        assert float(found) == pytest.approx(np.log(p), rel=1e-5)


def test_the_second_step_reads_the_numbers_alone() -> None:
    numbers = [0.0, -1.5, 2.5]
    expected = scipy.stats.norm(MEANS, np.exp(LOG_STD)).logpdf(numbers).sum()
    for branch in (0.0, 1.0):
        found = POLICY.log_probability(outputs(0.0), jnp.array([branch, *numbers]))
        assert float(found) == pytest.approx(expected, rel=1e-5)


def test_entropies_are_those_of_scipy() -> None:
    assert float(POLICY.entropy(outputs(1.0))) == pytest.approx(scipy.stats.entropy([E, 1 - E]))
    of_normal = scipy.stats.norm(0, np.exp(LOG_STD)).entropy().sum()
    constant = 3 * scipy.stats.norm(0, 1).entropy()
    found = float(POLICY.entropy(outputs(0.0)))
    assert found == pytest.approx(of_normal - constant, rel=1e-4)


def test_samples_have_the_probabilities() -> None:
    drawn = np.asarray(POLICY.sample(jax.random.key(0), jnp.tile(outputs(1.0), (2**14, 1))))
    assert drawn.shape == (2**14, 4)
    assert set(drawn[:, 0]) == {0.0, 1.0}
    assert drawn[:, 0].mean() == pytest.approx(E, abs=0.015)
    np.testing.assert_allclose(drawn[:, 1:].mean(0), MEANS, atol=0.04)
    np.testing.assert_allclose(drawn[:, 1:].std(0), np.exp(LOG_STD), rtol=0.03)


def test_the_most_probable_action_and_the_value() -> None:
    np.testing.assert_allclose(POLICY.mode(outputs(1.0)), [0.0, *MEANS])
    assert float(POLICY.value(outputs(0.0))) == 7
