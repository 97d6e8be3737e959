"""The bound of rounding, against sums in exact arithmetic."""

import math

import numpy as np

from experiments.gauge.rounding import rounding


def test_one_term_is_off_by_the_gap_between_numbers() -> None:
    assert rounding(1) == 2.0**-52
    assert rounding(3, 5) == 15 * 2.0**-52


def test_sums_of_positive_numbers_are_within_it() -> None:
    for n_terms in (2, 100, 10_000):
        terms = np.random.default_rng(n_terms).random(n_terms)
        total = 0.0
        for term in terms:
            total += float(term)
        assert abs(total / math.fsum(terms) - 1) <= rounding(n_terms)
