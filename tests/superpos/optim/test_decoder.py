"""Adam for sparse autoencoders: clipping, unit decoder rows, thresholds that stay >= 0."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import optim
from superpos.arguments import ArgumentError
from superpos.optim.resampling import resampled

RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 4))
UNIT = W / np.linalg.norm(W, axis=1, keepdims=True)
PARAMS = {"W_dec": jnp.asarray(UNIT, jnp.float32), "threshold": jnp.asarray([0.001, 0.5, 0.0])}
GRADS = {
    "W_dec": jnp.asarray(RNG.normal(size=(3, 4)), jnp.float32),
    "threshold": jnp.asarray([1.0, 1.0, -1.0]),
}


def adam_by_hand(grads: list[np.ndarray], rate: float) -> list[np.ndarray]:
    m, v, steps = 0.0, 0.0, []
    for t, g in enumerate(grads, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        steps.append(-rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8))
    return steps


def test_rows_keep_norm_1_and_gradients_are_projected_before_adam() -> None:
    tx = optim.sae_adam(learning_rate=0.1, decoder="unit", clip=None)
    params, state, expected = PARAMS, tx.init(PARAMS), UNIT.copy()
    seen: list[np.ndarray] = []
    for _ in range(3):
        g = np.asarray(GRADS["W_dec"], np.float64)
        seen.append(g - (g * expected).sum(1, keepdims=True) * expected)
        moved = expected + adam_by_hand(seen, 0.1)[-1]
        expected = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        steps, state = tx.update(GRADS, state, params)
        params = optax.apply_updates(params, steps)
        np.testing.assert_allclose(params["W_dec"], expected, rtol=1e-4, atol=1e-5)


def test_thresholds_stop_at_zero_and_can_come_back() -> None:
    tx = optim.sae_adam(learning_rate=0.1)
    steps, _ = tx.update(GRADS, tx.init(PARAMS), PARAMS)
    found = PARAMS["threshold"] + steps["threshold"]
    np.testing.assert_allclose(found, [0, 0.4, 0.1], atol=1e-5)


@pytest.mark.parametrize("size", [0.1, 10.0])
def test_the_whole_gradient_is_clipped_as_by_pytorch(size: float) -> None:
    """With an epsilon that is large, Adam sees how long its gradients are."""
    tx = optim.sae_adam(learning_rate=1.0, clip=1.0, eps=1e6)
    grads = jax.tree.map(lambda leaf: size * leaf, GRADS)
    steps, _ = tx.update(grads, tx.init(PARAMS), PARAMS)
    norm = np.sqrt(sum(np.sum(np.square(leaf, dtype=np.float64)) for leaf in grads.values()))
    expected = np.asarray(grads["W_dec"]) * min(1, 1 / (norm + 1e-6))
    np.testing.assert_allclose(-1e6 * steps["W_dec"], expected, rtol=1e-4)


def test_a_zero_row_stays_finite() -> None:
    params = {"W_dec": jnp.zeros((2, 3))}
    tx = optim.sae_adam(learning_rate=0.1, decoder="unit")
    steps, _ = tx.update(params, tx.init(params), params)
    np.testing.assert_array_equal(steps["W_dec"], 0)


def test_resampling_asks_for_a_model_that_says_what_is_dead() -> None:
    tx = resampled(optax.sgd(0.1), 2)
    with pytest.raises(ArgumentError, match="^resample_every: expected a model"):
        tx.update(GRADS, tx.init(PARAMS), PARAMS)
