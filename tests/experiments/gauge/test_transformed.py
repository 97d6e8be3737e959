"""Starts transformed by symmetries compute the same, and refuse other models."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.gauge.transformed import SYMMETRIES, transformed
from superpos import models
from superpos.arguments import ArgumentError


def model_of(of, **numbers):
    init = transformed(of=of, **numbers)
    if of == "tied":
        return models.autoencoder(n_features=5, n_hidden=3, init=init)
    return models.computation(
        n_features=5, n_hidden=3, bias=False, init=init, hidden_activation=of, activation=of
    )


@pytest.mark.parametrize("of", ["tied", "relu", "linear"])
def test_every_element_of_every_group_computes_the_same(of):
    with jax.enable_x64(True):
        x = jax.random.uniform(jax.random.key(1), (5,))
        start, _ = model_of(of).init(jax.random.key(0))
        expected = model_of(of).apply(start, (), x).recon
        for number, name in enumerate(SYMMETRIES[of]):
            same, _ = model_of(of, symmetry=number).init(jax.random.key(0))
            jax.tree.map(np.testing.assert_array_equal, same, start)
            inits = [model_of(of, symmetry=number, element=e).init for e in (1, 2, 3)]
            elements = [init(jax.random.key(0))[0] for init in inits]
            first = [np.asarray(jax.tree.leaves(each)[0]) for each in (start, *elements)]
            assert max(np.abs(each - first[0]).max() for each in first[1:]) > 1e-3, name
            for params in elements:
                recon = model_of(of).apply(params, (), x).recon
                scale = recon.max() / expected.max() if name == "scale of a layer" else 1
                np.testing.assert_allclose(recon, scale * expected, atol=1e-12)


def test_another_model_is_refused():
    with pytest.raises(ArgumentError, match="^init=transformed: expected a model with the param"):
        models.autoencoder(n_features=5, n_hidden=3, init=transformed(of="relu"))


def test_elements_can_be_mapped():
    numbers = jnp.arange(3.0)
    inits = jax.vmap(lambda e: model_of("tied", element=e).init(jax.random.key(0))[0].W)(numbers)
    for element, W in enumerate(inits):
        expected = model_of("tied", element=element).init(jax.random.key(0))[0].W
        np.testing.assert_allclose(W, expected, atol=1e-6)
