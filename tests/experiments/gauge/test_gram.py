"""The model in G is the tied autoencoder at every W."""

import jax
import numpy as np

from experiments.gauge.gram import gram
from superpos import models
from superpos.types import Batch


def test_it_starts_at_the_gram_matrix_and_has_the_loss_of_the_autoencoder():
    with jax.enable_x64(True):
        numbers = {"n_features": 5, "n_hidden": 2, "importance_decay": 0.8}
        of_W, of_G = models.autoencoder(**numbers), gram(**numbers)
        (params, state), (found, _) = of_W.init(jax.random.key(0)), of_G.init(jax.random.key(0))
        np.testing.assert_allclose(found.G, params.W @ params.W.T, rtol=1e-14)
        x = jax.random.uniform(jax.random.key(1), (8, 5))
        batch = Batch(inputs=x, targets=x, factors=x)
        expected, _ = of_W.loss(params, state, batch, jax.random.key(2))
        np.testing.assert_allclose(of_G.loss(found, (), batch, jax.random.key(2))[0], expected)
        gradient = jax.grad(lambda p: of_G.loss(p, (), batch, jax.random.key(2))[0])(found).G
        np.testing.assert_array_equal(gradient, gradient.T)
        output, given = of_G.apply(found, (), x[0]), of_W.apply(params, state, x[0])
        np.testing.assert_allclose(output.recon, given.recon)
        np.testing.assert_allclose(np.linalg.norm(output.code), np.linalg.norm(given.code))
