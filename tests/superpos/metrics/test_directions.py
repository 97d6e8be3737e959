"""Scores of directions: hand examples, SciPy's assignment, NumPy in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from superpos import metrics
from superpos.arguments import ArgumentError

RNG = np.random.default_rng(7)
W_DEC = RNG.normal(size=(2, 9, 5))
FEATURES = RNG.normal(size=(6, 5))
FORKED = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
"""One latent right, one between two features, one of no direction."""
AXES = np.eye(2)


def cosines(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    return (A / np.linalg.norm(A, axis=1, keepdims=True)) @ (
        B / np.linalg.norm(B, axis=1, keepdims=True)
    ).T


def mcc(A: np.ndarray, B: np.ndarray) -> float:
    found = np.abs(cosines(A, B))
    return float(found[linear_sum_assignment(-found)].mean())


@pytest.mark.parametrize("n_latents", [3, 6, 9])
def test_mcc_is_that_of_scipy(n_latents: int) -> None:
    found = metrics.mean_correlation_coefficient(W_DEC[:, :n_latents], FEATURES)
    expected = [mcc(each[:n_latents], FEATURES) for each in W_DEC]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_mcc_of_a_turned_and_permuted_dictionary_is_one() -> None:
    learned = -3 * FEATURES[[4, 0, 2, 5, 1, 3]]
    assert float(metrics.mean_correlation_coefficient(learned, FEATURES)) == pytest.approx(1)
    assert float(metrics.mean_correlation_coefficient(FORKED, AXES)) == pytest.approx(
        (1 + 0.5**0.5) / 2
    )


@pytest.mark.parametrize("n_used", [1, 4, 8])
def test_latents_that_are_not_used_do_not_count(n_used: int) -> None:
    """The scores are those of the dictionary without them."""
    used = np.arange(9) < n_used
    for name in (
        "mean_correlation_coefficient",
        "uniqueness",
        "max_cosine_similarity",
        "mean_max_cosine_similarity",
        "latent_mean_max_cosine_similarity",
    ):
        score = getattr(metrics, name)
        alone = score(W_DEC[:, :n_used], FEATURES)
        np.testing.assert_allclose(score(W_DEC, FEATURES, used), alone, rtol=1e-6, err_msg=name)


def test_cosines_are_those_of_numpy_and_zero_for_a_zero_row() -> None:
    for each, found in zip(W_DEC, metrics.cosine_similarities(W_DEC, FEATURES), strict=True):
        np.testing.assert_allclose(found, cosines(each, FEATURES), atol=1e-6)
    assert metrics.cosine_similarities(FORKED, AXES)[2].tolist() == [0, 0]


def test_best_matches_and_uniqueness() -> None:
    """Two latents along one feature, of either sign; one along another."""
    learned = [[0.0, -1.0, 0.1], [0.0, 2.0, 0.0], [1.0, 0.5, 0.0]]
    assert metrics.best_matches(learned, np.eye(3)).tolist() == [1, 1, 0]
    assert float(metrics.uniqueness(learned, np.eye(3))) == pytest.approx(2 / 3)
    expected = [len({*np.abs(cosines(each, FEATURES)).argmax(1)}) / 9 for each in W_DEC]
    np.testing.assert_allclose(metrics.uniqueness(W_DEC, FEATURES), expected, rtol=1e-6)


def test_mmcs_has_two_directions_and_knows_signs() -> None:
    found = metrics.mean_max_cosine_similarity(FORKED, AXES)
    assert float(found) == pytest.approx((1 + 0.5**0.5) / 2)
    other = metrics.latent_mean_max_cosine_similarity(FORKED, AXES)
    assert float(other) == pytest.approx((1 + 0.5**0.5 + 0) / 3)
    assert float(metrics.mean_max_cosine_similarity(-AXES, AXES)) == 0
    expected = [cosines(each, FEATURES).max(0) for each in W_DEC]
    np.testing.assert_allclose(metrics.max_cosine_similarity(W_DEC, FEATURES), expected, atol=1e-6)


def test_pairs_of_seeds_agree_as_their_mcc_says() -> None:
    seeds = RNG.normal(size=(3, 4, 5))
    expected = np.mean([mcc(seeds[i], seeds[j]) for i, j in ((0, 1), (0, 2), (1, 2))])
    found = metrics.pairwise_mean_correlation_coefficient(seeds)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    with pytest.raises(ArgumentError, match=r"^W_decs of shape \(1, 4, 5\): expected two seeds"):
        metrics.pairwise_mean_correlation_coefficient(seeds[:1])


def test_scores_are_compiled_and_mapped_in_one_program() -> None:
    together = jax.jit(jax.vmap(metrics.mean_correlation_coefficient, in_axes=(0, None)))
    found = together(jnp.asarray(W_DEC, jnp.float32), jnp.asarray(FEATURES, jnp.float32))
    np.testing.assert_allclose(found, [mcc(each, FEATURES) for each in W_DEC], rtol=1e-5)


def test_a_latent_that_is_no_number_gives_none() -> None:
    learned = np.where(np.arange(9)[:, None] == 2, np.nan, W_DEC[0])
    assert np.isnan(metrics.mean_correlation_coefficient(learned, FEATURES))
