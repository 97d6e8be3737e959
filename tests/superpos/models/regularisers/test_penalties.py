"""Penalties against NumPy in float64, of every model that takes them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models import ComputationParams, computation
from superpos.models.errors import squared
from superpos.models.regularisers import l1_code, l1_weights, noise
from superpos.types import Batch

N, M, BATCH = 4, 3, 6
RNG = np.random.default_rng(0)
W_IN, W_OUT, B = RNG.normal(size=(N, M)), RNG.normal(size=(N, M)), RNG.normal(size=N)
X = RNG.uniform(-1, 1, size=(BATCH, N))
PARAMS = ComputationParams(W_in=jnp.float32(W_IN), W_out=jnp.float32(W_OUT), b=jnp.float32(B))


def loss_of(*regularisers, reduction="mean"):
    model = computation(
        n_features=N, n_hidden=M, error=squared(reduction=reduction), regularisers=regularisers
    )
    x = jnp.float32(X)
    batch = Batch(inputs=x, targets=x, factors=x)
    return model.loss(PARAMS, (), batch, jax.random.key(0))[0]


def test_penalties_of_the_untied_model_agree_with_numpy() -> None:
    """That of the weights is of both matrices, without the bias, and added once to a sum."""
    code = np.maximum(X @ W_IN, 0)
    error = ((X - np.maximum(code @ W_OUT.T + B, 0)) ** 2).sum(-1).mean()
    of_code = 0.3 * code.sum(-1).mean()
    of_weights = 0.07 * (np.abs(W_IN).sum() + np.abs(W_OUT).sum())
    both = l1_code(l1_coefficient=0.3), l1_weights(l1_coefficient=0.07)
    np.testing.assert_allclose(loss_of(*both), error + of_code + of_weights, rtol=1e-5)
    summed = BATCH * (error + of_code) + of_weights
    np.testing.assert_allclose(loss_of(*both, reduction="sum"), summed, rtol=1e-5)
    np.testing.assert_allclose(loss_of(*both[::-1]), loss_of(*both), rtol=1e-6)


def test_the_penalty_of_the_code_is_of_the_code_before_the_noise() -> None:
    large = noise(noise_scale=5.0)
    extra = loss_of(large, l1_code(l1_coefficient=0.3)) - loss_of(large)
    expected = 0.3 * np.maximum(X @ W_IN, 0).sum(-1).mean()
    np.testing.assert_allclose(extra, expected, rtol=1e-4)


@pytest.mark.parametrize("kind", [l1_code, l1_weights])
def test_a_negative_coefficient_is_refused(kind) -> None:
    with pytest.raises(
        ArgumentError, match=r"^l1_coefficient=-1: expected a number in \[0, inf\)$"
    ):
        kind(l1_coefficient=-1)
