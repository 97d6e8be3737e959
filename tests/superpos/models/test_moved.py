"""Starts moved along a class: another place, the same function, and one start for each draw."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models, random
from superpos.types import Batch

N, M = 7, 4
KEY = 3


def rotated(draw, key=KEY):
    model = models.rotated(n_features=N, n_hidden=M, importance_decay=0.9, draw=draw)
    return model, model.init(random.key(key))[0]


def rescaled(spread, draw, key=KEY):
    model = models.rescaled(n_features=N, n_hidden=M, spread=spread, draw=draw)
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
        return models.rotated(n_features=N, n_hidden=M, draw=draw).init(random.key(KEY))[0].W

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


@pytest.mark.parametrize("kind", [models.rotated, models.rescaled])
def test_a_negative_draw_is_refused(kind):
    with pytest.raises(ValueError, match="draw=-1"):
        kind(n_features=N, n_hidden=M, draw=-1)
