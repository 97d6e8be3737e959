"""Starts at a regular polygon."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models, random
from superpos.arguments import ArgumentError
from superpos.models import inits


def tied(init):
    return models.autoencoder(n_features=6, n_hidden=2, init=init)


@pytest.mark.slow
@pytest.mark.parametrize("vertices", [4, 5, 6])
def test_it_starts_at_a_regular_polygon(vertices):
    init = inits.polygon(vertices=vertices, radius=1.2, bias=-0.3, other_bias=0.1)
    params, state = tied(init).init(random.key(0))
    W = np.asarray(params.W, float)
    assert state == ()
    np.testing.assert_allclose(np.linalg.norm(W[:vertices], axis=1), 1.2, rtol=1e-6)
    np.testing.assert_array_equal(W[vertices:], 0)
    turned = W[:vertices, 0] + 1j * W[:vertices, 1]
    np.testing.assert_allclose(turned[1:] / turned[:-1], np.exp(2j * np.pi / vertices), atol=1e-6)
    np.testing.assert_allclose(params.b, [-0.3] * vertices + [0.1] * (6 - vertices), rtol=1e-6)


@pytest.mark.slow
def test_the_last_feature_may_have_a_bias_of_its_own():
    def start(last):
        init = inits.polygon(vertices=4, radius=1.0, other_bias=-0.5, last_bias=last)
        return tied(init).init(random.key(0))[0].b

    np.testing.assert_allclose(start(0.25), [0, 0, 0, 0, -0.5, 0.25])
    np.testing.assert_allclose(start(None), [0, 0, 0, 0, -0.5, -0.5])
    found = jax.vmap(start)(jnp.array([0.25, -1.0]))
    np.testing.assert_allclose(found[:, -1], [0.25, -1.0])


def test_noise_is_added_to_every_parameter_and_vertices_can_be_swept():
    def start(vertices, key):
        return tied(inits.polygon(vertices=vertices, radius=1.0, noise=0.1)).init(key)[0]

    keys = jax.random.split(random.key(1), 2000)
    found = jax.jit(jax.vmap(start, (None, 0)))(jnp.float32(4), keys)
    exact = tied(inits.polygon(vertices=4, radius=1.0)).init(random.key(0))[0]
    for noisy, plain in ((found.W, exact.W), (found.b, exact.b)):
        off = np.asarray(noisy) - np.asarray(plain)[None]
        np.testing.assert_allclose(off.std(0), 0.1, rtol=0.1)
        assert np.abs(off.mean(0)).max() < 5 * 0.1 / np.sqrt(2000)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (models.autoencoder, "init=polygon: expected n_hidden=2, not 3"),
        (models.computation, "init=polygon: expected a model with the parameters W and b"),
    ],
)
def test_a_model_that_it_does_not_fit_is_refused(model, message):
    with pytest.raises(ArgumentError, match=f"^{message}$"):
        model(n_features=6, n_hidden=3, init=inits.polygon(vertices=4, radius=1.0))
