"""Langevin dynamics against the exact moments of a linear process, in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import optim, random
from superpos.arguments import ArgumentError


def run(tx, start, curvature, n_steps=400):
    """Of 8192 chains on the loss ½ curvature w², the end."""

    def chain(seed):
        def step(number, carry):
            w, state = carry
            key = jax.random.fold_in(jax.random.fold_in(random.key(0), seed), number)
            updates, state = tx.update({"w": curvature * w["w"]}, state, w, key=key)
            return optax.apply_updates(w, updates), state

        params = {"w": jnp.full(2, start)}
        return jax.lax.fori_loop(0, n_steps, step, (params, tx.init(params)))[0]["w"]

    return np.asarray(jax.jit(jax.vmap(chain))(jnp.arange(8192)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("localisation", "precision"), [(0.0, 0.0), (5.0, 0.0), (0.0, 8.0), (5.0, 8.0)]
)
def test_chains_have_the_mean_and_variance_of_the_process(localisation, precision):
    """w' = w - η (a w + (γ (w - w*) + ρ w) / B) + √(2η/B) ξ has a mean and variance of its own."""
    rate, B, curvature, start = 0.1, 20.0, 1.5, 0.7
    tx = optim.sgld(
        learning_rate=rate,
        inverse_temperature=B,
        localisation=localisation,
        prior_precision=precision,
    )
    w = run(tx, start, curvature)
    decay = 1 - rate * (curvature + (localisation + precision) / B)
    mean = rate * localisation / B * start / (1 - decay)
    variance = 2 * rate / B / (1 - decay**2)
    n = w.size
    assert abs(w.mean() - mean) < 5 * np.sqrt(variance / n)
    assert w.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / n))
    assert abs(np.corrcoef(w.T)[0, 1]) < 5 / np.sqrt(len(w))  # the coordinates are independent


def test_one_update_is_the_formula():
    tx = optim.sgld(learning_rate=0.1, inverse_temperature=1e12, localisation=3e12)
    start = {"w": jnp.array([1.0, -2.0])}
    state = tx.init(start)
    now = {"w": jnp.array([1.5, -2.0])}
    updates, _ = tx.update({"w": jnp.array([0.2, 0.0])}, state, now, key=random.key(0))
    np.testing.assert_allclose(updates["w"], [-0.1 * (0.2 + 3 * 0.5), 0.0], atol=1e-5)


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ArgumentError, match="inverse_temperature"):
        optim.sgld(learning_rate=0.1, inverse_temperature=0.0)
