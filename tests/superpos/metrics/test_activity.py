"""Codes and reconstructions: hand examples, and NumPy in float64."""

import numpy as np
import pytest

from superpos import metrics

RNG = np.random.default_rng(3)
INPUTS = RNG.normal(size=(40, 4)) + 5
RECON = INPUTS + 0.3 * RNG.normal(size=(40, 4))
CODE = [[1.0, 0.0, 0.0], [-2.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 0.0]]


def test_l0_counts_what_is_not_zero() -> None:
    assert float(metrics.l0(CODE)) == 1.0
    assert metrics.l0([CODE, np.zeros((4, 3))]).tolist() == [1.0, 0.0]


def test_dead_latents_are_on_in_no_example() -> None:
    assert int(metrics.dead_latents(CODE)) == 1
    assert int(metrics.dead_latents(CODE, [1, 1, 0])) == 0
    assert int(metrics.dead_latents(np.zeros((2, 5)))) == 5


def test_shrinkage_is_a_mean_of_ratios_that_skips_short_inputs() -> None:
    assert float(metrics.shrinkage(0.5 * INPUTS, INPUTS)) == pytest.approx(0.5)
    inputs = [[2.0, 0.0], [0.0, 1.0], [1e-7, 0.0]]
    recon = [[1.0, 0.0], [0.0, 3.0], [9.0, 9.0]]
    assert float(metrics.shrinkage(recon, inputs)) == pytest.approx((0.5 + 3) / 2)
    assert float(metrics.shrinkage(recon, np.zeros((3, 2)))) == 0


def test_explained_variance_centred_and_not() -> None:
    error = np.square(INPUTS - RECON).sum()
    centred = 1 - error / np.square(INPUTS - INPUTS.mean(0)).sum()
    plain = 1 - error / np.square(INPUTS).sum()
    np.testing.assert_allclose(metrics.explained_variance(RECON, INPUTS), centred, rtol=1e-5)
    found = metrics.explained_variance_uncentred(RECON, INPUTS)
    np.testing.assert_allclose(found, plain, rtol=1e-6)
    mean = np.broadcast_to(INPUTS.mean(0), INPUTS.shape)
    assert float(metrics.explained_variance(mean, INPUTS)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_explained_variance_does_not_depend_on_the_unit(size: float) -> None:
    for score in (metrics.explained_variance, metrics.explained_variance_uncentred):
        found = score(size * RECON, size * INPUTS)
        np.testing.assert_allclose(found, score(RECON, INPUTS), rtol=1e-5)


def test_without_variance_only_an_exact_reconstruction_explains() -> None:
    flat = np.full((3, 2), 0.7)
    for score in (metrics.explained_variance, metrics.explained_variance_uncentred):
        assert float(score(np.zeros((3, 2)), np.zeros((3, 2)))) == 1
        assert float(score(flat, np.zeros((3, 2)))) == 0
    assert float(metrics.explained_variance(flat, flat)) == 1


def test_explained_variance_above_a_control() -> None:
    """A half of the fifth that the control leaves."""
    found = metrics.explained_variance_above([0.9, 0.8, 0.7, 0.8], [0.8, 0.8, 0.8, 1.0])
    np.testing.assert_allclose(found, [0.5, 0, -0.5, 0], atol=1e-6)
    assert np.isnan(metrics.explained_variance_above([0.8, np.nan], [np.nan, 0.5])).all()


def test_the_nth_decoder_projection() -> None:
    """(x - b) Wᵀ is 4 0 -2, 3 1 1: from the largest down 4 3 1 1 0 -2, and 2 n of it."""
    inputs = np.array([[5.0, 1.0], [4.0, 2.0]])
    W_dec, b_dec = [[1.0, 0.0], [0.0, 1.0], [-0.5, 2.5]], [1.0, 1.0]
    assert [float(metrics.decoder_projection(inputs, W_dec, b_dec, rank=n)) for n in (1, 2)] == [
        1.0,
        0.0,
    ]
    assert float(metrics.decoder_projection(inputs, W_dec, b_dec, rank=9)) == -2.0


def test_the_nth_decoder_projection_is_that_of_numpy() -> None:
    W_dec, b_dec = RNG.normal(size=(7, 4)), RNG.normal(size=4)
    values = np.sort(((INPUTS - b_dec) @ W_dec.T).ravel())[::-1]
    for n in (1, 3, 6):
        found = metrics.decoder_projection(INPUTS, W_dec, b_dec, rank=n)
        np.testing.assert_allclose(found, values[n * 40], rtol=1e-5)
