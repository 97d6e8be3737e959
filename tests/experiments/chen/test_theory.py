"""The exact loss with one feature at a time, against quadrature, differences and the paper."""

import numpy as np
import pytest
import scipy

from experiments.chen import theory

TABLE = {"4": 0.11111, "4+": 0.10417, "5": 0.06874, "5+": 0.06180, "6": 0.04819}
"""Chen et al. 2023, table of k-gons."""


def by_quadrature(W, b):
    def squared(mu):
        x = mu * np.eye(6)
        recon = np.maximum(x @ W @ W.T + b, 0)
        return np.square(x - recon).sum() / 6

    return scipy.integrate.quad(squared, 0, 1, limit=400)[0]


@pytest.mark.parametrize("seed", range(6))
def test_the_loss_is_the_integral_and_the_gradient_its_derivative(seed):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(6, 2)), 0.3 * rng.normal(size=6)
    assert theory.exact_loss(W, b) == pytest.approx(by_quadrature(W, b), abs=1e-7)
    of_W, of_b = theory.gradient(W, b)
    h = 1e-6
    for at in np.ndindex(6, 2):
        step = np.zeros((6, 2))
        step[at] = h
        slope = (theory.exact_loss(W + step, b) - theory.exact_loss(W - step, b)) / (2 * h)
        assert of_W[at] == pytest.approx(slope, abs=1e-7)
    for at in range(6):
        step = np.zeros(6)
        step[at] = h
        slope = (theory.exact_loss(W, b + step) - theory.exact_loss(W, b - step)) / (2 * h)
        assert of_b[at] == pytest.approx(slope, abs=1e-7)


def test_many_models_at_once_are_one_at_a_time():
    rng = np.random.default_rng(9)
    W, b = rng.normal(size=(3, 6, 2)), rng.normal(size=(3, 6))
    alone = [theory.exact_loss(*pair) for pair in zip(W, b, strict=True)]
    np.testing.assert_allclose(theory.exact_loss(W, b), alone)


@pytest.mark.parametrize("name", TABLE)
def test_polygons_are_critical_and_have_the_losses_of_the_paper(name):
    point = theory.critical_point(name)
    parts = theory.gradient(point.W, point.b)
    assert max(np.abs(part).max() for part in parts) < 1e-10
    assert theory.level(name) == pytest.approx(TABLE[name], abs=5.1e-6)


def test_the_half_norms_are_those_of_the_paper():
    norms = {"4": 2, "4+": 2.00347, "5": 3.62417, "5+": 3.62764, "6": 6.37767}
    for name, expected in norms.items():
        assert theory.half_norm(name) == pytest.approx(expected, abs=1e-4), name


def test_the_crossing_solves_its_equation():
    n = theory.crossing(d_loss=-0.02, d_llc=1.5, d_constant=2.0)
    assert -0.02 * n + 1.5 * np.log(n) + 2.0 == pytest.approx(0, abs=1e-8)
    assert n > 1.5 / 0.02
    assert np.isnan(theory.crossing(d_loss=0.02, d_llc=1.5, d_constant=2.0))
    assert np.isnan(theory.crossing(d_loss=-1.0, d_llc=0.1, d_constant=0.0))
