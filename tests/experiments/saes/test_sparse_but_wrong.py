"""The claims on too low an L0, on decoders made by hand, and the error of the truth."""

import numpy as np
import pytest
import scipy

from experiments.saes.sparse_but_wrong.claims import judge, rank_correlation
from experiments.saes.sparse_but_wrong.measure import (
    BATCH,
    Mixing,
    RandomModel,
    Star,
    sample_factors,
    true_error,
)

CORRELATION = np.linspace(-0.5, 0.5, 11)
L0 = np.array([1.7, 1.8, 1.9, 2.0])
K = np.arange(1.0, 26.0)


def star(*, own=0.995, part=lambda rho, l0: rho * (2 - l0)):
    cosines = np.tile(own * np.eye(5), (11, 4, 1, 1))
    cosines[..., 1:, 0] = part(CORRELATION[:, None], L0[None])[..., None]
    return Star(CORRELATION, L0, cosines)


def random_model(*, peak=11, least=11, ratio=0.5, highest=0.99):
    return RandomModel(
        k=K,
        mcc=highest - 0.01 * np.abs(K - peak),
        projection=np.repeat(np.abs(K - least)[:, None], 5, 1),
        mse=ratio * np.ones(25),
        true_mse=np.ones(25),
        true_l0=10.95,
    )


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in judge(measured)}


def test_mixing_that_follows_the_correlation_is_reproduced():
    assert set(verdicts(Mixing(star(), random_model())).values()) == {True}


@pytest.mark.parametrize(
    ("measured", "wrong"),
    [
        (Mixing(star(own=0.9), random_model()), {"recovers"}),
        (Mixing(star(part=lambda rho, l0: -0.1 + 0 * rho * l0), random_model()),
         {"positive", "follows"}),
        (Mixing(star(part=lambda rho, l0: np.abs(rho) * (2 - l0)), random_model()),
         {"negative", "follows"}),
        (Mixing(star(part=lambda rho, l0: rho * (l0 - 1)), random_model()), {"grows"}),
        (Mixing(star(), random_model(peak=14)), {"mcc_peak"}),
        (Mixing(star(), random_model(least=8)), {"projection"}),
        (Mixing(star(), random_model(ratio=1.2)), {"below", "half"}),
        (Mixing(star(), random_model(ratio=0.9)), {"half"}),
        (Mixing(star(), random_model(highest=0.8)), {"found"}),
    ],
)  # fmt: skip
def test_each_claim_can_fail(measured, wrong):
    found = verdicts(measured)
    assert {name for name, held in found.items() if not held} == wrong


def test_the_truth_leaves_out_the_least_values_of_a_batch():
    factors = np.zeros((2 * BATCH, 3))
    factors[:, 0], factors[:BATCH, 1] = 2.0, 1.0  # 384 values, of which 256 are kept in a batch
    assert true_error(factors, 1.0) == pytest.approx(0.5)  # the first batch drops 256 ones
    assert true_error(factors, 1.5) == pytest.approx(0.25)
    assert true_error(factors, 2.0) == 0.0


def test_features_are_drawn_as_in_the_config():
    given = {"density": 0.5, "densities": [1.0, 0.4], "matrix_seed": 0}
    given |= {"magnitude.mean": 1.0, "magnitude.std": 0.15}
    factors = sample_factors({f"data.data.data.{key}": each for key, each in given.items()}, 40_000)
    np.testing.assert_allclose((factors != 0).mean(0), [0.5, 0.2], atol=0.01)
    assert factors[factors != 0].mean() == pytest.approx(1, abs=0.005)


def test_ranks_are_correlated_as_by_scipy_and_ties_count_half():
    first, second = np.random.default_rng(0).normal(size=(2, 20)).round(1)
    expected = scipy.stats.spearmanr(first, second).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(first, np.ones(20)) == 0.0
