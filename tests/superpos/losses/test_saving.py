"""What features save, against NumPy in float64 and by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from superpos.losses import feature_saving, weighted_squared_error

RNG = np.random.default_rng(0)
N, BATCH = 3, 50
X = RNG.uniform(size=(N, BATCH)) * (RNG.random((N, BATCH)) < 0.4)
RECON, ALONE = X + 0.1 * RNG.normal(size=X.shape), X + 0.03 * RNG.normal(size=X.shape)
IMPORTANCE = np.array([1.0, 0.5, 0.25])


def saving(recon: np.ndarray, alone: np.ndarray):
    return feature_saving(*(jnp.float32(each) for each in (recon, alone, X, IMPORTANCE)))


def test_parts_are_those_of_numpy_and_add_up_to_what_is_saved() -> None:
    found = saving(RECON, ALONE)
    ignored = IMPORTANCE * X.var(-1)
    full, clean = (IMPORTANCE * ((X - each) ** 2).mean(-1) for each in (RECON, ALONE))
    np.testing.assert_allclose(found.benefit, ignored - clean, rtol=1e-5)
    np.testing.assert_allclose(found.interference, full - clean, rtol=1e-4)
    np.testing.assert_allclose(found.saved, ignored - full, atol=1e-6)
    loss = weighted_squared_error(*(jnp.float32(each) for each in (RECON, X, IMPORTANCE)))
    assert found.saved.sum() == pytest.approx(ignored.sum() - float(loss), abs=1e-6)


def test_a_feature_for_itself_has_no_interference_and_one_that_is_ignored_saves_nothing() -> None:
    found = saving(X, X)
    np.testing.assert_allclose(found.benefit, IMPORTANCE * X.var(-1), rtol=1e-6)
    np.testing.assert_array_equal(found.interference, 0)
    mean = np.broadcast_to(X.mean(-1, keepdims=True), X.shape)
    np.testing.assert_allclose(np.stack(saving(mean, mean)), 0, atol=1e-7)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(AssertionError):
        saving(RECON, ALONE[:, :-1])
