"""The signed weight decay against its rule, written out in NumPy float64."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos.arguments import ArgumentError
from superpos.optim import adam, adamw, schedules, signed_adamw

N_STEPS, RATE = 20, 0.1


def start() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=4)}


def gradients() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=(N_STEPS, *leaf.shape)) for name, leaf in start().items()}


def run(tx: optax.GradientTransformation, grads: dict, params: dict) -> dict[str, np.ndarray]:
    """The parameters after the last step."""

    def step(carry, grad):
        params, state = carry
        updates, state = tx.update(grad, state, params)
        return (optax.apply_updates(params, updates), state), None

    with jax.enable_x64(True):
        params, grads = jax.tree.map(jnp.asarray, (params, grads))
        found = jax.jit(lambda: jax.lax.scan(step, (params, tx.init(params)), grads)[0][0])()
    return jax.tree.map(np.asarray, found)


def by_hand(decay: float) -> dict[str, np.ndarray]:
    """Adam with β = 0.9 and 0.999, after the decay of the rows of W."""
    params, found = start(), {}
    for name, series in gradients().items():
        p, mean, square = params[name], 0.0, 0.0
        for t, gradient in enumerate(series, start=1):
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            if name == "W" and decay >= 0:
                p = (1 - RATE * decay) * p
            elif name == "W":
                norms = np.sqrt((p**2).sum(1, keepdims=True))
                p = p + RATE * abs(decay) * p * (1 / norms - 1)
            size = np.sqrt(square / (1 - 0.999**t)) + 1e-8
            p = p - RATE * (mean / (1 - 0.9**t)) / size
        found[name] = p
    return found


@pytest.mark.parametrize("decay", [-1.0, -0.3, 0.0, 0.5])
def test_it_is_the_rule(decay: float) -> None:
    found = run(signed_adamw(learning_rate=RATE, weight_decay=decay), gradients(), start())
    for name, expected in by_hand(decay).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-6)


def test_above_zero_it_is_adamw_of_matrices_and_adam_of_the_rest() -> None:
    ours = run(signed_adamw(learning_rate=RATE, weight_decay=0.5), gradients(), start())
    matrices = run(adamw(learning_rate=RATE, weight_decay=0.5), gradients(), start())
    vectors = run(adam(learning_rate=RATE), gradients(), start())
    np.testing.assert_allclose(ours["W"], matrices["W"], rtol=1e-6)
    np.testing.assert_allclose(ours["b"], vectors["b"], rtol=1e-6)


def test_below_zero_rows_come_to_norm_one_and_a_row_of_zeros_stays() -> None:
    params = start()
    params["W"][0] = 0.0
    grads = jax.tree.map(lambda leaf: np.zeros((200, *leaf.shape)), params)
    tx = signed_adamw(learning_rate=RATE, weight_decay=-1.0)
    norms = np.linalg.norm(run(tx, grads, params)["W"], axis=1)
    np.testing.assert_allclose(norms, [0, 1, 1, 1], atol=1e-8)


def test_the_schedule_is_on_the_decay_too() -> None:
    still = schedules.linear(n_steps=1, final=0.0)
    params, grads = start(), jax.tree.map(lambda leaf: np.zeros((3, *leaf.shape)), start())
    tx = signed_adamw(learning_rate=RATE, weight_decay=1.0, schedule=still)
    np.testing.assert_allclose(run(tx, grads, params)["W"], 0.9 * params["W"], rtol=1e-6)


def test_no_number_of_a_decay_is_refused_in_a_line() -> None:
    with pytest.raises(ArgumentError, match=r"^weight_decay=nan: expected a number in \(-inf"):
        signed_adamw(learning_rate=RATE, weight_decay=float("nan"))
