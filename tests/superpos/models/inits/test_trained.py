"""Starts from stored members."""

import jax
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError
from superpos.types import Members


def members():
    model = models.autoencoder(n_features=5, n_hidden=2)
    return Members(model, *jax.vmap(model.init)(jax.random.split(jax.random.key(3), 2)))


def test_a_model_starts_where_the_member_ended_in_the_precision_of_the_run():
    given = members()
    for wide, dtype in ((False, np.float32), (True, np.float64)):
        with jax.enable_x64(wide):
            for number in (0, 1):
                init = models.inits.trained(members=given, member=number)
                params, _ = models.autoencoder(n_features=5, n_hidden=2, init=init).init(
                    jax.random.key(0)
                )
                assert params.W.dtype == dtype
                np.testing.assert_array_equal(params.W, given.params.W[number])
                np.testing.assert_array_equal(params.b, given.params.b[number])


def test_noise_has_its_deviation_and_is_another_for_each_key():
    model = models.autoencoder(n_features=50, n_hidden=40)
    given = Members(model, *jax.vmap(model.init)(jax.random.split(jax.random.key(3), 1)))
    init = models.inits.trained(members=given, noise_scale=0.1)
    noisy = models.autoencoder(n_features=50, n_hidden=40, init=init)
    first, second = (noisy.init(jax.random.key(seed))[0] for seed in (0, 1))
    noise = np.asarray(first.W - given.params.W[0])
    assert noise.std() == pytest.approx(0.1, rel=0.1)
    assert abs(noise.mean()) < 0.02
    assert not np.array_equal(first.W, second.W)


def test_a_model_of_other_shapes_is_refused():
    init = models.inits.trained(members=members())
    line = r"^init=trained: members have W \(5, 2\), b \(5\), expected W \(5, 3\), b \(5\)$"
    with pytest.raises(ArgumentError, match=line):
        models.autoencoder(n_features=5, n_hidden=3, init=init)
