"""Null directions of models whose symmetries are known: dimensions of their groups."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import gauge, models
from superpos.arguments import ArgumentError
from tests.superpos.gauge.cases import CASES, H, model_of

tied, untied = models.autoencoder, models.computation
DIMENSIONS = {
    "SO(3)": (tied(n_features=4, n_hidden=3), 3),
    "W Wᵀ has rank 2: 2 x 3 - 3": (tied(n_features=2, n_hidden=3), 3),
    "SO(2), and b that nothing reads": (tied(n_features=3, n_hidden=2, bias=False), 1 + 3),
    "none of ReLU units that are tied": (
        tied(n_features=3, n_hidden=2, hidden_activation="relu"),
        0,
    ),
    "GL(2)": (untied(n_features=3, n_hidden=2, hidden_activation="linear"), 4),
    "a scale for each ReLU unit": (untied(n_features=3, n_hidden=2), 2),
    "none of GELU units": (untied(n_features=3, n_hidden=2, hidden_activation="gelu"), 0),
    "a scale for each unit of two layers": (
        models.mlp(n_features=2, n_hidden=3, n_outputs=2, n_layers=2, bias=True),
        6,
    ),
    "SO(2) of neurons that are squared": (
        models.quadratic(n_features=3, n_hidden=2, kurtosis=5.0),
        1,
    ),
    "latents": (model_of(CASES["SAE latents"]), H),
    "GL(3) of queries and keys, and of values": (model_of(CASES["QK"]), 2 * H**2),
    "what is added to all rows that read a LayerNorm": (model_of(CASES["LayerNorm mean"]), 4),
}


def key():
    return jax.random.key(3)


QUICK = ("SO(3)", "a scale for each ReLU unit")


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in DIMENSIONS]
)
def test_the_dimension_is_that_of_the_group(name):
    model, expected = DIMENSIONS[name]
    found = gauge.null_directions(model, key())
    assert found.dimension == expected
    assert all(len(leaf) == expected for leaf in jax.tree.leaves(found.directions))
    sizes = found.singular_values / found.singular_values[0]
    n_kept = len(sizes) - expected
    assert (sizes[:n_kept] > 1e-6).all()
    assert (sizes[n_kept:] < 1e-13).all()


def test_directions_are_those_of_the_group():
    """To first order W Wᵀ and b stay: dW Wᵀ + W dWᵀ is 0, as dW is W times a skew matrix."""
    model, _ = DIMENSIONS["SO(3)"]
    params = model.init(jax.random.key(0))[0].replace(b=0.1 * jnp.ones(4))
    found = gauge.null_directions(model, key(), params=params)
    W, dW = np.asarray(params.W, float), found.directions.W
    assert found.dimension == 3
    moved = dW @ W.T + W @ dW.transpose(0, 2, 1)
    np.testing.assert_allclose(moved, np.zeros((3, 4, 4)), atol=1e-12)
    np.testing.assert_allclose(found.directions.b, np.zeros((3, 4)), atol=1e-12)
    np.testing.assert_allclose(np.einsum("inh,jnh->ij", dW, dW), np.eye(3), atol=1e-12)
    assert dW.dtype == np.float64


@pytest.mark.slow
def test_a_point_of_its_own_may_have_more():
    """Of a unit that nothing reads, what it reads is free; of the other, its scale."""
    model, _ = DIMENSIONS["a scale for each ReLU unit"]
    params = models.ComputationParams(
        W_in=jax.random.normal(jax.random.key(1), (3, 2)),
        W_out=jnp.ones((3, 2)).at[:, 0].set(0),
        b=jnp.ones(3),
    )
    found = gauge.null_directions(model, key(), params=params)
    assert found.dimension == 3 + 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"key": 3}, "^key=3: expected one typed key"),
        ({"params": {"W": jnp.ones((4, 3))}}, "^params: dict of W "),
        ({"inputs": jnp.ones((4, 5))}, r"^inputs of shape \(4, 5\): the model cannot read"),
        ({"inputs": jnp.ones((0, 4))}, r"^inputs of shape \(0, 4\): .* \(no example\)$"),
        ({"inputs": jnp.full((8, 4), jnp.nan)}, "^inputs: the outputs .* are not finite$"),
        ({"inputs": jnp.ones((2, 4))}, "^inputs: 8 outputs for 16 parameters, expected at"),
        ({"model": tied(n_features=200, n_hidden=10)}, r"^model: 2200 parameters, .* \[1, 2000\]$"),
    ],
)
def test_what_it_cannot_tell_is_refused(options, told):
    given = {"model": DIMENSIONS["SO(3)"][0], "key": key(), **options}
    with pytest.raises(ArgumentError, match=told):
        gauge.null_directions(**given)
