"""Starts moved along a class: another place, the same function, and one start for each draw."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models, random
from superpos.arguments import ArgumentError
from superpos.models import inits
from superpos.types import Batch

N, M = 7, 4
KEY = 3
GRAM_OF_A_SQUARE = np.cos(np.pi / 2 * (np.arange(4)[:, None] - np.arange(4)))


def rotated(draw, key=KEY, **inner):
    model = models.autoencoder(
        n_features=N, n_hidden=M, importance_decay=0.9, init=inits.rotated(draw=draw, **inner)
    )
    return model, model.init(random.key(key))[0]


def rescaled(spread, draw, key=KEY, **inner):
    init = inits.rescaled(spread=spread, draw=draw, **inner)
    model = models.computation(n_features=N, n_hidden=M, init=init)
    return model, model.init(random.key(key))[0]


def batch():
    x = jax.random.uniform(random.key(8), (50, N))
    return Batch(inputs=x, targets=x, factors=x)


@pytest.mark.slow
def test_a_rotation_keeps_the_gram_matrix_and_turns_the_rest():
    _, plain = rotated(0)
    for draw in (1, 2):
        model, params = rotated(draw)
        np.testing.assert_allclose(params.W @ params.W.T, plain.W @ plain.W.T, atol=1e-6)
        Q = np.linalg.lstsq(plain.W, params.W, rcond=None)[0]
        np.testing.assert_allclose(Q @ Q.T, np.eye(M), atol=1e-5)
        assert np.abs(Q - np.eye(M)).max() > 0.1
        losses = [model.loss(p, (), batch(), random.key(0))[0] for p in (params, plain)]
        np.testing.assert_allclose(*losses, rtol=1e-5)
    assert not np.allclose(rotated(1)[1].W, rotated(2)[1].W)
    assert not np.allclose(rotated(1, 4)[1].W, rotated(1)[1].W)


def test_rotations_are_uniform():
    """A turned row of norm r has coordinates of mean 0 and mean square r² / M."""
    draws = jnp.arange(1.0, 2001.0)

    def start(draw):
        return rotated(draw)[1].W

    W = np.asarray(jax.jit(jax.vmap(start))(draws))
    squared = np.square(np.asarray(rotated(0)[1].W)).sum(-1, keepdims=True)
    size = np.sqrt(squared / M)
    assert (np.abs(W.mean(0)) < 5 * size / np.sqrt(2000)).all()
    np.testing.assert_allclose((W**2).mean(0) / size**2, 1, atol=5 * np.sqrt(2 / 2000))


@pytest.mark.slow
def test_scales_keep_the_function_and_are_log_normal():
    _, plain = rescaled(0.0, 1)
    model, params = rescaled(0.7, 1)
    x = batch().inputs
    outputs = [jax.vmap(lambda one, p=p: model.apply(p, (), one).recon)(x) for p in (params, plain)]
    np.testing.assert_allclose(*outputs, atol=1e-5)

    def logarithms(draw):
        _, moved = rescaled(0.7, draw)
        ratio = np.asarray(moved.W_in / plain.W_in)
        np.testing.assert_allclose(ratio * np.asarray(moved.W_out / plain.W_out), 1, rtol=1e-5)
        np.testing.assert_allclose(ratio, np.tile(ratio[:1], (N, 1)), rtol=1e-4)
        return np.log(ratio[0])

    found = np.concatenate([logarithms(draw) for draw in range(100)])
    assert abs(found.mean()) < 5 * 0.7 / 20
    np.testing.assert_allclose(found.std(), 0.7, rtol=0.15)


def test_what_is_changed_is_the_start_that_is_given():
    """Rows of twice the norm where the other start has them, and the bias of a polygon."""
    once, twice = (rotated(2, init=inits.unit(init_scale=scale))[1].W for scale in (1.0, 2.0))
    np.testing.assert_allclose(twice, 2 * np.asarray(once), rtol=1e-6)
    polygon = inits.polygon(vertices=4, radius=1.5, bias=-0.25)
    init = inits.rotated(draw=2, init=polygon)
    params, _ = models.autoencoder(n_features=4, n_hidden=2, init=init).init(random.key(0))
    np.testing.assert_allclose(params.W @ params.W.T, 2.25 * GRAM_OF_A_SQUARE, atol=1e-6)
    np.testing.assert_array_equal(params.b, [-0.25] * 4)
    once, twice = (
        rescaled(0.7, 1, init=inits.unit(init_scale=scale))[1].W_out for scale in (1.0, 2.0)
    )
    np.testing.assert_allclose(twice, 2 * np.asarray(once), rtol=1e-6)


@pytest.mark.parametrize("kind", [inits.rotated, inits.rescaled])
def test_a_negative_draw_is_refused(kind):
    with pytest.raises(ArgumentError, match="^draw=-1: expected a number"):
        kind(draw=-1)


@pytest.mark.parametrize(
    ("model", "init", "message"),
    [
        (
            models.computation,
            inits.rotated(),
            "init=rotated: expected a model with the parameters W",
        ),
        (
            models.autoencoder,
            inits.rescaled(),
            "init=rescaled: expected a model with the parameters W_in and W_out",
        ),
        (
            models.autoencoder,
            inits.rotated(init=inits.rescaled()),
            "init=rescaled: expected a model with the parameters W_in and W_out",
        ),
    ],
)
def test_a_model_that_it_does_not_fit_is_refused(model, init, message):
    with pytest.raises(ArgumentError, match=f"^{message}$"):
        model(n_features=N, n_hidden=M, init=init)
