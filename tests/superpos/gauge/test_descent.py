"""The rule of G as an optimiser, against SGD of W in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import gauge, optim
from superpos.arguments import ArgumentError

N, M = 6, 2
NUMBERS = {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.01}


def loss(G, b, x):
    return jnp.square(x - jax.nn.relu(x @ G + b[None])).sum(-1).mean()


def start(seed=0):
    rng = np.random.default_rng(seed)
    W, x = 0.5 * rng.normal(size=(N, M)), rng.uniform(size=(40, 16, N))
    return jnp.asarray(W), jnp.zeros(N), jnp.asarray(x)


def run(tx, params, gradient, x):
    def step(carry, batch):
        params, state = carry
        updates, state = tx.update(gradient(params, batch), state, params)
        return (optax.apply_updates(params, updates), state), params

    return jax.lax.scan(step, (params, tx.init(params)), x)[0][0]


@pytest.mark.parametrize("rank", [None, M])
def test_it_is_sgd_of_w(rank):
    with jax.enable_x64(True):
        W, b, x = start()
        of_W = jax.grad(lambda p, x: loss(p["W"] @ p["W"].T, p["b"], x))
        end = run(optim.sgdw(**NUMBERS), {"W": W, "b": b}, of_W, x)
        tx = gauge.gram_sgd(**NUMBERS, truncate_every=7, rank=rank)
        of_G = jax.grad(lambda p, x: loss(p["G"], p["b"], x))
        found = run(tx, {"G": W @ W.T, "b": b}, of_G, x)
        np.testing.assert_allclose(found["G"], end["W"] @ end["W"].T, atol=1e-11)
        np.testing.assert_allclose(found["b"], end["b"], atol=1e-11)


def test_an_update_is_a_step_of_the_rule():
    with jax.enable_x64(True):
        W, b, x = start(1)
        state = gauge.gram_state(W, b)
        params, tx = {"G": state.G, "b": b}, gauge.gram_sgd(**NUMBERS)
        opt_state = tx.init(params)
        for batch in x[:5]:
            at = lambda G, b, batch=batch: loss(G, b, batch)  # noqa: E731
            grads = jax.grad(lambda p, at=at: at(p["G"], p["b"]))(params)
            updates, opt_state = tx.update(grads, opt_state, params)
            params, state = (
                optax.apply_updates(params, updates),
                gauge.gram_step(state, at, **NUMBERS),
            )
            np.testing.assert_allclose(params["G"], state.G, atol=1e-14)
            np.testing.assert_allclose(params["b"], state.b, atol=1e-14)


def test_other_parameters_are_refused():
    with pytest.raises(
        ArgumentError, match="^optim=gram_sgd: expected a model with the parameters"
    ):
        gauge.gram_sgd(learning_rate=0.1).init({"W": jnp.ones((3, 2))})
