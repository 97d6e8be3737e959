"""Absorption and hedging, on dictionaries that show them by construction."""

import math

import numpy as np
import pytest

from superpos import metrics
from superpos.arguments import ArgumentError

AXES = np.eye(3)
FACTORS = np.array([[1.0, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 1]])
"""A parent alone, twice with its child, and another feature."""
ABSORBED = np.array([[1.0, 0, 0], [0.5**0.5, 0.5**0.5, 0], [0, 0, 1]])
"""The child's latent holds the parent as well."""


def test_a_child_that_takes_its_parent_along() -> None:
    """The parent's latent is off with the child: absorbed in two of three examples."""
    code = np.array([[1.0, 0, 0], [0, 2**0.5, 0], [0, 2**0.5, 0], [0, 0, 1]])
    given = (code, FACTORS, FACTORS, ABSORBED, AXES)
    np.testing.assert_allclose(code @ ABSORBED, FACTORS, atol=1e-7)
    np.testing.assert_allclose(metrics.full_absorption(*given), [2 / 3, 0, 0])
    np.testing.assert_allclose(metrics.absorption_fraction(*given), [2 / 3, 0, 0])


def test_the_true_dictionary_absorbs_nothing() -> None:
    given = (FACTORS, FACTORS, FACTORS, AXES, AXES)
    assert metrics.full_absorption(*given).tolist() == [0, 0, 0]
    assert metrics.absorption_fraction(*given).tolist() == [0, 0, 0]


def test_partial_absorption_is_a_fraction_and_not_full() -> None:
    """With the child, the parent's latent is at 0.4 and the other adds 0.6 of the parent."""
    child = np.array([0.6, 1.0, 0])
    W_dec = np.array([[1.0, 0, 0], child, [0, 0, 1]])
    code = np.array([[1.0, 0, 0], [0.4, 1, 0], [0.4, 1, 0], [0, 0, 1]])
    given = (code, FACTORS, code @ W_dec, W_dec, AXES)
    assert metrics.full_absorption(*given).tolist() == [0, 0, 0]
    np.testing.assert_allclose(metrics.absorption_fraction(*given), [0.4, 0, 0], rtol=1e-6)


def test_a_latent_that_adds_too_little_of_the_feature_does_not_absorb() -> None:
    """0.3 of the projection is below the threshold, whatever the cosine."""
    code = np.array([[0.0, 0.3, 0], [0, 0.3, 0], [0, 0.3, 0], [0, 0, 1]])
    given = (code, FACTORS, FACTORS, np.array([[1.0, 0, 0], [1, 0.1, 0], [0, 0, 1]]), AXES)
    assert metrics.full_absorption(*given).tolist() == [0, 0, 0]
    assert metrics.absorption_fraction(*given).tolist() == [0, 0, 0]


def test_members_are_measured_each_for_itself() -> None:
    code = np.array([[1.0, 0, 0], [0, 2**0.5, 0], [0, 2**0.5, 0], [0, 0, 1]])
    codes, decoders = np.stack([code, FACTORS]), np.stack([ABSORBED, AXES])
    found = metrics.full_absorption(codes, FACTORS, FACTORS, decoders, AXES)
    np.testing.assert_allclose(found, [[2 / 3, 0, 0], [0, 0, 0]])


def by_definition(narrow: np.ndarray, wide: np.ndarray) -> float:
    """The hedging rate as in the paper's code, its random baseline with many draws."""
    rng = np.random.default_rng(0)
    n, new = len(narrow), len(wide) - len(narrow)
    moves = wide[:n] - narrow

    def along(directions: np.ndarray) -> float:
        basis = np.linalg.qr(directions.T)[0]
        return float(np.linalg.norm(moves @ basis, axis=1).mean())

    found = along(wide[n:])
    chance = np.mean([along(rng.normal(size=(new, narrow.shape[1]))) for _ in range(20_000)])
    return max(0.0, (found - chance) / (1 - chance))


def test_latents_that_give_up_what_new_ones_take_have_hedged() -> None:
    """A latent that held part of the second feature moves along it, and hardly along others."""
    mixed = np.array([[0.97, 0.243, 0, 0, 0], [0, 0, 0.8, 0.6, 0]])
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    wide = np.eye(5)[[0, 2, 1, 3]]
    np.testing.assert_allclose(
        metrics.hedging_degree(mixed, wide), by_definition(mixed, wide), atol=2e-3
    )
    assert float(metrics.hedging_degree(mixed, wide)) > 0.1
    assert float(metrics.hedging_degree(5 * mixed, wide)) == pytest.approx(
        float(metrics.hedging_degree(mixed, wide))
    )


def test_a_latent_that_turns_round_hedges_by_more_than_1() -> None:
    """It moves by 2 in the new direction; the mean |cos| with a random one is a ratio of Γ."""
    axes = np.eye(10)
    chance = 2 * math.gamma(5) / (math.pi**0.5 * math.gamma(5.5))
    found = float(metrics.hedging_degree(axes[:1], [-axes[0], axes[0]]))
    assert found == pytest.approx((2 - chance) / (1 - chance), rel=1e-5)


def test_latents_that_stay_have_not_hedged() -> None:
    assert float(metrics.hedging_degree(np.eye(4)[:2], np.eye(4)[:3])) == 0
    assert float(metrics.hedging_degree(np.zeros((2, 4)), np.zeros((3, 4)))) == 0


@pytest.mark.parametrize("n_wide", [2, 6])
def test_a_wider_dictionary_has_some_more_latents(n_wide: int) -> None:
    told = rf"^W_wider of shape \({n_wide}, 4\): expected from 3 to 5 latents$"
    with pytest.raises(ArgumentError, match=told):
        metrics.hedging_degree(np.eye(4)[:2], np.ones((n_wide, 4)))
