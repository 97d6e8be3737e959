"""Exact regrets of a pointer against sampling, and bits against known ones."""

import numpy as np
import pytest

from experiments.values.theory import bits, label_bits, pointer_regret, tilted


def test_all_that_is_named_leaves_no_regret_and_nothing_that_is_named_leaves_all():
    assert pointer_regret(2, 0.1, 1.0, 2.0) == pytest.approx(0, abs=1e-9)
    assert pointer_regret(3, 0.3, 0.0, 1.0) == pytest.approx(1, abs=1e-9)


def test_many_concepts_are_as_good_as_normal():
    """Of a normal value the best gain is sqrt(2 KL), and the correlation is what is left of it."""
    assert pointer_regret(400, 0.5, 0.49, 0.5) == pytest.approx(1 - 0.7, abs=0.01)


def test_the_regret_is_that_of_sampled_items():
    rng = np.random.default_rng(0)
    counts = rng.binomial(2, 0.2, size=(2, 200_000))
    unit = (counts - 0.4) / np.sqrt(2 * 0.2 * 0.8)
    value, chance = np.sqrt([0.7, 0.3]) @ unit, np.full(200_000, 1 / 200_000)
    best, named = (tilted(chance, reward, 1.5) @ value for reward in (value, unit[0]))
    assert pointer_regret(2, 0.2, 0.7, 1.5) == pytest.approx(1 - named / best, abs=0.01)


def test_bits_of_a_label():
    assert bits(0.0) == 1 and bits(0.5) == pytest.approx(0, abs=1e-12)
    assert bits(0.11) == pytest.approx(0.5, abs=1e-3)  # of a binary symmetric channel


def test_a_label_tells_what_the_items_of_a_pair_leave_open():
    """Of one concept with p = 1/2 half of all pairs are alike, and others differ by 2 units."""
    sure = bits(float(1 / (1 + np.exp(-2 * 1.5))))
    assert label_bits(1, 0.5, 1.5) == pytest.approx(sure / 2)
    assert label_bits(1, 0.5, 1e3) == pytest.approx(0.5)
    assert label_bits(4, 0.1, 0.0) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("named_share", "regret"), [(1.0, 0.0), (0.5, 0.5), (0.0, 1.0)])
def test_a_budget_beyond_the_best_outcome_is_spent_as_far_as_it_goes(named_share, regret):
    """Both named values are true of 1 item in 100, which is 4.6 nats; of unnamed ones 2 p are."""
    assert pointer_regret(2, 0.1, named_share, 20.0) == pytest.approx(regret, abs=1e-6)
