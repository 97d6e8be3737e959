"""Optimisers of whole matrices against NumPy float64, and what they keep to."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpos.optim import muon, row_adam, schedules, shampoo

N, M, STEPS = 6, 3, 12
OPTIMISERS = {
    "row_adam": row_adam(learning_rate=0.02),
    "muon": muon(learning_rate=0.02),
    "shampoo": shampoo(learning_rate=0.02),
}
ADAM = optax.adam(0.02)
each_optimiser = pytest.mark.parametrize("name", OPTIMISERS)


@pytest.fixture(autouse=True, scope="module")
def double():
    with jax.enable_x64(True):
        yield


def gradients(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(STEPS, N, M)), rng.normal(size=(STEPS, N))


@functools.cache
def compiled(tx):
    params = {"W": jnp.zeros((N, M)), "b": jnp.zeros(N)}

    def step(state, grad):
        updates, state = tx.update(grad, state, params)
        return state, updates

    return jax.jit(lambda grads: jax.lax.scan(step, tx.init(params), grads)[1])


def steps_of(tx, matrices, vectors):
    """The updates of W and of b, (STEPS, ...)."""
    found = compiled(tx)({"W": jnp.asarray(matrices), "b": jnp.asarray(vectors)})
    return np.asarray(found["W"]), np.asarray(found["b"])


def test_row_adam_is_adam_with_the_square_averaged_over_a_row():
    matrices, vectors = gradients()
    W, b = steps_of(row_adam(learning_rate=0.1, b1=0.8, b2=0.9, eps=1e-3), matrices, vectors)
    mean, square = np.zeros((N, M)), np.zeros(N)
    for t, gradient in enumerate(matrices, start=1):
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.9 * square + 0.1 * (gradient**2).sum(1) / M
        size = np.sqrt(square / (1 - 0.9**t)) + 1e-3
        expected = -0.1 * mean / (1 - 0.8**t) / size[:, None]
        np.testing.assert_allclose(W[t - 1], expected, rtol=1e-11)
    adam = optax.adam(0.1, b1=0.8, b2=0.9, eps=1e-3)
    np.testing.assert_allclose(b, steps_of(adam, matrices, vectors)[1], rtol=1e-11)


@pytest.mark.slow
def test_muon_moves_along_the_nearly_orthogonal_factor_of_the_momentum():
    """Without momentum: U f(S) Vᵀ, f five rounds of the quintic of the reference."""
    matrices, vectors = gradients(1)
    W, b = steps_of(muon(learning_rate=0.1, momentum=0.0), matrices, vectors)
    for gradient, step in zip(matrices, W, strict=True):
        U, S, Vt = np.linalg.svd(gradient, full_matrices=False)
        S = S / np.linalg.norm(S)
        for _ in range(5):
            S = 3.4445 * S - 4.7750 * S**3 + 2.0315 * S**5
        np.testing.assert_allclose(step, -0.1 * np.sqrt(N) * (U * S) @ Vt, atol=1e-6)
    np.testing.assert_allclose(b, steps_of(optax.nadam(0.1), matrices, vectors)[1], rtol=1e-6)


def test_shampoo_whitens_each_axis():
    matrices, vectors = gradients(2)
    W, b = steps_of(shampoo(learning_rate=0.1, b2=0.9, eps=1e-4), matrices, vectors)
    L, R, V = np.zeros((N, N)), np.zeros((M, M)), np.zeros((N, N))

    def power(moment, exponent):
        moment = moment + 1e-4 * np.linalg.norm(moment, 2) * np.eye(len(moment))
        values, vectors = np.linalg.eigh(moment)
        return vectors @ np.diag(values**exponent) @ vectors.T

    for t, (G, g) in enumerate(zip(matrices, vectors, strict=True), start=1):
        L, R = 0.9 * L + 0.1 * G @ G.T, 0.9 * R + 0.1 * G.T @ G
        V = 0.9 * V + 0.1 * np.outer(g, g)
        left, right, whole = (each / (1 - 0.9**t) for each in (L, R, V))
        expected = -0.1 * np.sqrt(N) * power(left, -0.25) @ G @ power(right, -0.25)
        np.testing.assert_allclose(W[t - 1], expected, atol=1e-9)
        np.testing.assert_allclose(b[t - 1], -0.1 * np.sqrt(N) * power(whole, -0.5) @ g, atol=1e-9)


@each_optimiser
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_updates_turn_with_the_hidden_space(name, seed):
    rng = np.random.default_rng(seed)
    matrices, vectors = gradients(seed)
    Q = np.linalg.qr(rng.normal(size=(M, M)))[0]
    W, b = steps_of(OPTIMISERS[name], matrices, vectors)
    turned, same = steps_of(OPTIMISERS[name], matrices @ Q, vectors)
    np.testing.assert_allclose(turned, W @ Q, atol=1e-9)
    np.testing.assert_allclose(same, b, atol=1e-12)
    adam, _ = steps_of(ADAM, matrices @ Q, vectors)
    assert np.abs(adam - steps_of(ADAM, matrices, vectors)[0] @ Q).max() > 1e-3


@each_optimiser
def test_a_step_is_about_as_large_as_the_rate_and_zero_gradients_are_no_step(name):
    matrices, vectors = gradients(3)
    W, b = steps_of(OPTIMISERS[name], matrices, vectors)
    for first in (W[0], b[0]):
        assert 0.5 * 0.02 < np.sqrt(np.mean(first**2)) < 1.5 * 0.02
    still, _ = steps_of(OPTIMISERS[name], np.zeros_like(matrices), np.zeros_like(vectors))
    np.testing.assert_array_equal(still, 0)


@pytest.mark.slow
@pytest.mark.parametrize("factory", [row_adam, muon, shampoo])
def test_a_schedule_multiplies_the_rate(factory):
    matrices, vectors = gradients(4)
    schedule = schedules.linear(n_steps=STEPS)
    W, b = steps_of(factory(learning_rate=0.1, schedule=schedule), matrices, vectors)
    plain_W, plain_b = steps_of(factory(learning_rate=0.1), matrices, vectors)
    factors = 1 - np.arange(STEPS) / STEPS
    np.testing.assert_allclose(W, plain_W * factors[:, None, None], atol=1e-6)
    np.testing.assert_allclose(b, plain_b * factors[:, None], atol=1e-6)
