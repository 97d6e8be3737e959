"""Losses of features by convolution, against closed forms, SciPy and another quadrature."""

import numpy as np
import pytest
import scipy

from experiments.elhage.expected_loss import expected_loss
from experiments.tradeoff.quadrature import feature_losses, law_of
from superpos.data import magnitudes

RNG = np.random.default_rng(0)
N, M = 5, 2
W, B = 0.6 * RNG.normal(size=(N, M)), -0.1 * RNG.random(N)
UNIFORM = law_of(None)


def relu(z):
    return np.maximum(z, 0.0)


def losses(gram, b, density, law=UNIFORM, act=relu):
    return feature_losses(gram, b, density=density, law=law, importance=np.ones(len(b)), act=act)


@pytest.mark.parametrize("density", [1.0, 0.3, 0.05])
def test_the_whole_loss_is_that_of_sets_of_features_and_quasi_random_points(density) -> None:
    found = losses(W @ W.T, B, density).full.sum()
    assert found == pytest.approx(expected_loss(W[None], B[None], np.full(N, density))[0], rel=1e-3)


@pytest.mark.parametrize(
    ("magnitude", "law"),
    [
        (None, scipy.stats.uniform()),
        (magnitudes.exponential(scale=0.4), scipy.stats.expon(scale=0.4)),
        (magnitudes.lomax(scale=1.4, shape=5.0), scipy.stats.lomax(5, scale=1.4)),
    ],
)
def test_a_linear_model_has_the_closed_form_of_its_moments(magnitude, law) -> None:
    """E (x_i - Σ_j G_ij x_j - b_i)² of independent features, by their means and variances."""
    p, gram = 0.2, W @ W.T
    mean = p * law.mean()
    variance = p * law.moment(2) - mean**2
    left = np.eye(N) - gram
    full = variance * np.square(left).sum(-1) + (left.sum(-1) * mean - B) ** 2
    own = np.diagonal(left)
    clean = variance * own**2 + (own * mean - B) ** 2
    found = losses(gram, B, p, law_of(magnitude), act=lambda z: z)
    np.testing.assert_allclose(found.full, full, rtol=2e-3)
    np.testing.assert_allclose(found.clean, clean, rtol=1e-3)
    np.testing.assert_allclose(found.ignored, variance, rtol=1e-3)
    np.testing.assert_allclose(found.interference, full - clean, rtol=1e-2)


def test_features_that_do_not_meet_do_not_interfere() -> None:
    found = losses(np.diag([1.0, 0.5, 0.0]), np.zeros(3), 0.3)
    np.testing.assert_allclose(found.interference, 0, atol=1e-12)
    np.testing.assert_allclose(found.clean, 0.3 / 3 * np.array([0, 0.25, 1]), atol=1e-9)
