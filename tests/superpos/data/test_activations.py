"""Codes of trained models, on inputs whose features are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError
from superpos.data import activations, draw, sparse_uniform
from superpos.types import Members

N, M = 4, 3
W = np.random.default_rng(0).normal(size=(2, N, M)).astype(np.float32)
MODEL = models.autoencoder(n_features=N, n_hidden=M)
MEMBERS = Members(MODEL, models.AutoencoderParams(W=jnp.asarray(W), b=jnp.zeros((2, N))), ())
FEATURES = sparse_uniform(n_features=N, density=0.5)


@pytest.mark.parametrize(("member", "number"), [(0, 0), (1, 1), (1.9, 1), (7, 1)])
def test_inputs_are_codes_and_factors_the_features(member: float, number: int) -> None:
    source = activations(n_features=M, data=FEATURES, members=MEMBERS, member=member)
    batch = draw(source, jax.random.key(0), 16)
    x = np.asarray(draw(FEATURES, jax.random.key(0), 16).inputs, np.float64)
    np.testing.assert_array_equal(batch.factors, x.astype(np.float32))
    np.testing.assert_allclose(batch.inputs, x @ W[number], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(batch.targets, batch.inputs)


def test_which_model_can_be_an_axis() -> None:
    def codes(member: jax.Array) -> jax.Array:
        source = activations(n_features=M, data=FEATURES, members=MEMBERS, member=member)
        return draw(source, jax.random.key(0), 8).inputs

    both = jax.vmap(codes)(jnp.float32([0, 1]))
    for number in (0, 1):
        np.testing.assert_allclose(both[number], codes(jnp.float32(number)), rtol=1e-5, atol=1e-6)


def test_another_width_is_refused() -> None:
    with pytest.raises(ArgumentError, match=f"^n_features=2: expected the {M} of members$"):
        activations(n_features=2, data=FEATURES, members=MEMBERS)
