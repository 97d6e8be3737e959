"""Features along a closed curve."""

import jax
import numpy as np
import pytest
from scipy.special import expit

from superpos.data import draw, on_curve
from superpos.data.curve import positions
from superpos.data.magnitudes import uniform

N, KAPPA, B = 12, 3.0, -0.5
ONE = uniform(low=1.0, high=1.0)


def points(curve: str) -> np.ndarray:
    t = 2 * np.pi * np.arange(N) / N
    return np.array(
        {"circle": (np.cos(t), np.sin(t)), "figure_eight": (np.sin(t), np.sin(2 * t))}[curve]
    ).T


@pytest.mark.parametrize("curve", ["circle", "figure_eight"])
def test_moments_are_those_of_the_mixture_over_points(curve) -> None:
    source = on_curve(n_features=N, curve=curve, sharpness=KAPPA, log_odds=B, magnitude=ONE)
    batch = draw(source, jax.random.key(0), 40_000)
    x = np.asarray(batch.inputs, float)
    assert {*np.unique(x).tolist()} == {0.0, 1.0}
    np.testing.assert_array_equal(batch.targets, batch.inputs)
    p = expit(KAPPA * points(curve) @ points(curve).T + B)  # of each feature (row) at each point
    within = 5 * 0.5 / np.sqrt(len(x))
    np.testing.assert_allclose(x.mean(0), p.mean(1), atol=within)
    expected = p @ p.T / N
    np.fill_diagonal(expected, p.mean(1))
    np.testing.assert_allclose(x.T @ x / len(x), expected, atol=within)
    np.testing.assert_allclose(positions(curve, N), points(curve), atol=1e-6)


def test_without_sharpness_features_are_independent() -> None:
    source = on_curve(n_features=4, curve="circle", sharpness=0.0, magnitude=ONE)
    x = np.asarray(draw(source, jax.random.key(1), 40_000).inputs, float)
    np.testing.assert_allclose(np.cov(x.T), 0.25 * np.eye(4), atol=5 * 0.25 / 200)


def test_noise_on_the_angle_blurs_what_is_on_together() -> None:
    """At a spread of many turns the point is anywhere, whichever feature it began at."""
    t = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    p = expit(KAPPA * np.cos(t - 2 * np.pi * np.arange(N)[:, None] / N))
    source = on_curve(n_features=N, curve="circle", sharpness=KAPPA, spread=50.0, magnitude=ONE)
    x = np.asarray(draw(source, jax.random.key(2), 40_000).inputs, float)
    off = ~np.eye(N, dtype=bool)
    np.testing.assert_allclose((x.T @ x / len(x))[off], (p @ p.T / len(t))[off], atol=5 * 0.5 / 200)


def test_what_is_on_has_its_magnitude() -> None:
    x = np.asarray(
        draw(on_curve(n_features=3, curve="circle", sharpness=1.0), jax.random.key(3), 4000).inputs
    )
    on = x[x > 0]
    assert np.isclose(on.mean(), 0.5, atol=0.02) and on.max() <= 1
