"""The claims on polysemanticity from noise, on curves made by hand."""

import numpy as np
import pytest
import xarray

from experiments.lecomte.noise.claims import judge
from experiments.lecomte.noise.measure import Concentrations, concentration

M = 16
T = np.linspace(0, 1, 101)
FLAT = np.full((3, 101), 3 / M)


def rising(*ends):
    return np.array([3 / M + (end - 3 / M) * T for end in ends])


def verdicts(bernoulli, gaussian=FLAT):
    sigma = np.arange(len(bernoulli))
    measured = Concentrations(np.asarray(bernoulli), np.asarray(gaussian), sigma, T, M, None)
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in judge(measured)}


def test_a_rise_with_the_one_noise_alone_is_reproduced():
    assert set(verdicts(rising(0.4, 0.6, 0.9)).values()) == {True}


@pytest.mark.parametrize(
    ("bernoulli", "gaussian", "wrong"),
    [
        (rising(0.2, 0.3, 0.4), FLAT, "bernoulli_rises"),
        (rising(0.4, 0.6, 0.9), rising(0.2, 0.2, 0.5), "gaussian_stays"),
        (rising(0.6, 0.4, 0.9), FLAT, "faster"),
    ],
)
def test_each_claim_can_fail(bernoulli, gaussian, wrong):
    found = verdicts(bernoulli, gaussian)
    assert {name for name, held in found.items() if not held} == {wrong}


def test_concentration_is_the_mean_fourth_power_over_finished_instances():
    rng = np.random.default_rng(0)
    W = rng.normal(size=(2, 3, 4, 5, 6))  # noise_scale, seed, step, feature, hidden
    status = np.array([["ok", "ok", "diverged@3"], ["ok", "ok", "ok"]], dtype=object)
    dataset = xarray.Dataset(
        {
            "W_path": (("noise_scale", "seed", "step", "feature", "hidden"), W),
            "status": (("noise_scale", "seed"), status),
        }
    )
    found = concentration(dataset)
    powers = (W**4).sum(-1).mean(-1)  # noise_scale, seed, step
    expected = np.stack([powers[0, :2].mean(0), powers[1].mean(0)])
    np.testing.assert_allclose(found, expected)


def test_a_direction_spread_at_random_has_a_fourth_power_of_three_over_m():
    """For a unit vector, 3/(m + 2), which SPREAD/m is up to O(1/m²)."""
    rng = np.random.default_rng(1)
    v = rng.normal(size=(20_000, 64))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    assert (v**4).sum(1).mean() == pytest.approx(3 / 66, rel=0.01)
