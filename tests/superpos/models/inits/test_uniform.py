"""The start of linear layers: its range, its variance, its independence, its offset."""

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models import autoencoder, inits, mlp

SIZES = {"n_features": 100, "n_hidden": 400, "n_outputs": 50, "bias": True}


def start(**given):
    model = mlp(**SIZES, init=inits.fan_in_uniform(**given))
    return jax.tree.map(np.asarray, model.init(jax.random.key(0))[0])


def test_weights_and_biases_are_uniform_by_the_inputs_of_their_layer():
    params = start()
    for layer, n_in in enumerate((100, 400)):
        for leaf in (params.weights[layer], params.biases[layer]):
            assert np.abs(leaf).max() <= n_in**-0.5
            assert leaf.std() == pytest.approx((3 * n_in) ** -0.5, rel=0.15)
    correlation = np.corrcoef(params.weights[0].ravel()[:20_000], params.weights[1].ravel())
    assert abs(correlation[0, 1]) < 0.03


def test_the_offset_is_on_biases_of_hidden_layers_alone():
    plain, moved = start(), start(bias_offset=-1.0)
    np.testing.assert_allclose(moved.biases[0], plain.biases[0] - 1, atol=1e-6)
    np.testing.assert_array_equal(moved.biases[1], plain.biases[1])
    jax.tree.map(np.testing.assert_array_equal, moved.weights, plain.weights)


def test_a_model_without_layers_is_refused_in_a_line():
    with pytest.raises(ArgumentError, match="init=fan_in_uniform: expected a model with"):
        autoencoder(n_features=5, n_hidden=2, init=inits.fan_in_uniform())
