"""Generalised advantages against a loop in NumPy, and at the ends of λ."""

import jax.numpy as jnp
import numpy as np
import pytest

from superpos.losses import generalised_advantages

RNG = np.random.default_rng(0)
REWARDS, VALUES = RNG.normal(size=6), RNG.normal(size=6)


def by_loop(alive: np.ndarray, discount: float, gae_lambda: float) -> np.ndarray:
    """Equation 16 of the paper, each advantage as a sum of its own."""
    n = int(alive.sum())
    values = np.append(VALUES[:n], 0.0)
    errors = REWARDS[:n] + discount * values[1:] - values[:-1]
    found = np.zeros(len(alive))
    for t in range(n):
        found[t] = sum((discount * gae_lambda) ** (s - t) * errors[s] for s in range(t, n))
    return found


@pytest.mark.parametrize("n_alive", [6, 4, 1])
@pytest.mark.parametrize(("discount", "gae_lambda"), [(0.9, 0.7), (1, 1), (0.5, 0), (0, 0.3)])
def test_they_are_those_of_a_loop(n_alive: int, discount: float, gae_lambda: float) -> None:
    alive = np.arange(6) < n_alive
    found = generalised_advantages(
        jnp.float32(REWARDS),
        jnp.float32(VALUES),
        jnp.asarray(alive),
        discount=discount,
        gae_lambda=gae_lambda,
    )
    np.testing.assert_allclose(found, by_loop(alive, discount, gae_lambda), rtol=1e-5, atol=1e-6)


def test_with_lambda_one_they_are_what_was_earned_minus_the_value() -> None:
    found = generalised_advantages(
        jnp.float32(REWARDS), jnp.float32(VALUES), jnp.ones(6, bool), discount=1.0, gae_lambda=1.0
    )
    earned = np.cumsum(REWARDS[::-1])[::-1]
    np.testing.assert_allclose(found, earned - VALUES, rtol=1e-5, atol=1e-6)


def test_another_shape_is_refused() -> None:
    with pytest.raises(AssertionError):
        generalised_advantages(
            jnp.zeros(6), jnp.zeros(5), jnp.ones(6, bool), discount=1.0, gae_lambda=1.0
        )
