"""What networks are trained on."""

import jax
import jax.numpy as jnp
import numpy as np

from experiments.optimisation.amortised import amortised
from superpos.types import Batch


def test_answers_of_others_are_those_of_the_problems_before():
    model = amortised(n_features=5, n_hidden=1, criterion="solution", shuffled=1.0)
    params, _ = model.init(jax.random.key(0))
    still = jax.tree.map(jnp.zeros_like, params)  # it answers 0 to all
    zeros = jnp.zeros((3, 5)), jnp.zeros((3, 0))
    answers = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    batch = Batch(inputs=zeros[0], targets=answers, factors=zeros[1])
    found, _ = model.loss(still, (), batch, jax.random.key(0))
    np.testing.assert_allclose(found, (1 + 4 + 9) / 3)  # all answers are there, whosever
    told = still.replace(biases=(still.biases[0], jnp.array([1.0, 0.0])))
    only = batch.replace(inputs=jnp.ones((3, 5)))
    gradient = jax.grad(lambda params: model.loss(params, (), only, jax.random.key(0))[0])(told)
    np.testing.assert_allclose(gradient.biases[1], 2 * (np.array([1.0, 0]) - [4 / 3, 2 / 3]))
