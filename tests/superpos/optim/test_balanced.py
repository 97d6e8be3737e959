"""Descent in the balanced gauge: its rule, and that it does not see how units are scaled."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpos.optim import balanced_sgd, sgd

N, M, STEPS, RATE = 5, 4, 20, 0.05


@pytest.fixture(autouse=True, scope="module")
def double():
    with jax.enable_x64(True):
        yield


def start(seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"W_in": (N, M), "W_out": (N, M), "b": (N,)}
    return {name: jnp.asarray(rng.normal(size=shape) * 0.5) for name, shape in shapes.items()}


def predicted(params, x):
    code = jnp.maximum(x @ params["W_in"], 0)
    return code @ params["W_out"].T + params["b"][None]


def loss(params, x):
    return jnp.square(predicted(params, x) - x).sum(-1).mean()


INPUTS = np.random.default_rng(1).uniform(size=(STEPS, 16, N))


@functools.cache
def trainer(factory):
    """params -> params after a few steps."""
    tx = factory(learning_rate=RATE)

    def step(carry, x):
        params, state = carry
        updates, state = tx.update(jax.grad(loss)(params, x), state, params)
        return (optax.apply_updates(params, updates), state), None

    return jax.jit(
        lambda params: jax.lax.scan(step, (params, tx.init(params)), jnp.asarray(INPUTS))[0][0]
    )


def rescaled(params, scales):
    scales = jnp.asarray(scales)[None]
    return {**params, "W_in": params["W_in"] * scales, "W_out": params["W_out"] / scales}


@pytest.mark.slow
def test_a_step_is_one_of_plain_descent_from_the_balanced_parameters():
    params = rescaled(start(), [0.5, 2.0, 3.0, 1.0])
    W_in, W_out = (np.asarray(params[name]) for name in ("W_in", "W_out"))
    s = np.sqrt(np.linalg.norm(W_in, axis=0) / np.linalg.norm(W_out, axis=0))
    balanced = {**params, "W_in": jnp.asarray(W_in / s), "W_out": jnp.asarray(W_out * s)}
    x = jnp.asarray(INPUTS[0])
    np.testing.assert_allclose(predicted(balanced, x), predicted(params, x), atol=1e-12)
    gradient = jax.grad(loss)(balanced, x)
    tx = balanced_sgd(learning_rate=RATE)
    updates, _ = tx.update(jax.grad(loss)(params, x), tx.init(params), params)
    for name in params:
        found = params[name] + updates[name]
        np.testing.assert_allclose(found, balanced[name] - RATE * gradient[name], atol=1e-12)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_learned_does_not_depend_on_the_scales_of_units(seed):
    scales = np.exp(np.random.default_rng(seed).normal(size=M))
    params, x = start(seed), jnp.asarray(INPUTS[0])
    params["W_in"] = jnp.abs(params["W_in"])  # no unit is off for all inputs

    def apart(factory):
        ends = [trainer(factory)(each) for each in (params, rescaled(params, scales))]
        return float(jnp.abs(predicted(ends[0], x) - predicted(ends[1], x)).max())

    assert apart(balanced_sgd) < 1e-10
    assert apart(sgd) > 1e-4


def test_dead_units_stay_and_other_parameters_take_a_plain_step():
    params = start()
    params["W_out"] = params["W_out"].at[:, 1].set(0)
    tx, grads = balanced_sgd(learning_rate=RATE), jax.tree.map(jnp.ones_like, params)
    updates, _ = tx.update(grads, tx.init(params), params)
    np.testing.assert_allclose(updates["W_in"][:, 1], -RATE, rtol=1e-12)
    np.testing.assert_allclose(updates["b"], -RATE, rtol=1e-12)
    plain = {"W": jnp.ones((3, 2))}
    updates, _ = tx.update(plain, tx.init(plain), plain)
    np.testing.assert_allclose(updates["W"], -RATE, rtol=1e-6)
