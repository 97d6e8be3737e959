"""LAMB against algorithm 2 of its paper in NumPy float64, with the decay of biases."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos.arguments import ArgumentError
from superpos.optim import lamb, schedules

N_STEPS, RATE = 12, 0.1


def start():
    rng = np.random.default_rng(0)
    return {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=4), "zero": np.zeros((2, 2))}


def gradients():
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=(N_STEPS, *leaf.shape)) for name, leaf in start().items()}


def run(tx):
    """The parameters after the last step."""

    def step(carry, grad):
        params, state = carry
        updates, state = tx.update(grad, state, params)
        return (optax.apply_updates(params, updates), state), None

    with jax.enable_x64(True):
        params, grads = jax.tree.map(jnp.asarray, (start(), gradients()))
        found = jax.jit(lambda: jax.lax.scan(step, (params, tx.init(params)), grads)[0][0])()
    return jax.tree.map(np.asarray, found)


def by_hand(weight_decay=0.0, bias_decay=0.0, decay_steps=N_STEPS, factor=lambda t: 1.0):
    params, found = start(), {}
    for name, series in gradients().items():
        p, mean, square = params[name], 0.0, 0.0
        for t, gradient in enumerate(series, start=1):
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            step = (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-6)
            step = step + weight_decay * p
            norm, size = np.linalg.norm(p), np.linalg.norm(step)
            ratio = norm / size if norm > 0 and size > 0 else 1.0
            p = p - RATE * factor(t - 1) * ratio * step
            if name == "b" and t <= decay_steps:
                p = p * (1 - RATE * bias_decay)
        found[name] = p
    return found


@pytest.mark.parametrize(
    "given",
    [{}, {"weight_decay": 0.3}, {"bias_decay": 0.5}, {"bias_decay": 0.5, "bias_decay_steps": 5}],
    ids=["plain", "weights", "biases", "biases at first"],
)
def test_it_is_the_algorithm(given):
    expected = by_hand(
        given.get("weight_decay", 0), given.get("bias_decay", 0), given.get("bias_decay_steps", 99)
    )
    found = run(lamb(learning_rate=RATE, **given))
    for name, leaf in expected.items():
        np.testing.assert_allclose(found[name], leaf, rtol=1e-9)


def test_the_schedule_multiplies_the_step_and_not_the_decay_of_biases():
    tx = lamb(learning_rate=RATE, bias_decay=0.5, schedule=schedules.linear(n_steps=N_STEPS))
    expected = by_hand(bias_decay=0.5, factor=lambda step: 1 - step / N_STEPS)
    for name, leaf in expected.items():
        np.testing.assert_allclose(run(tx)[name], leaf, rtol=1e-6)


def test_a_decay_below_zero_is_refused():
    with pytest.raises(ArgumentError, match="bias_decay"):
        lamb(learning_rate=RATE, bias_decay=-1.0)
