"""The loss that is recovered: by hand, and where it means nothing."""

import numpy as np
import pytest

from superpos import metrics

CLEAN, ABLATED = np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 5.5])


def test_the_part_of_the_cost_of_ablation() -> None:
    spliced = np.array([1.5, 2.5, 3.5])
    expected = (12.5 - 7.5) / (12.5 - 6)
    assert float(metrics.loss_recovered(CLEAN, spliced, ABLATED)) == pytest.approx(expected)
    assert float(metrics.loss_recovered(CLEAN, CLEAN, ABLATED)) == 1
    assert float(metrics.loss_recovered(CLEAN, ABLATED, ABLATED)) == 0
    assert float(metrics.loss_recovered(CLEAN, ABLATED + 1, ABLATED)) < 0


def test_it_is_no_number_where_ablation_costs_nothing_that_is_certain() -> None:
    """The mean cost is 2 with a standard error of 1: two of them, and less than three."""
    ablated = CLEAN + np.array([2.0, 2.0 - 3**0.5, 2.0 + 3**0.5])
    given = (CLEAN, CLEAN, ablated)
    assert np.isnan(metrics.loss_recovered(*given))
    assert float(metrics.loss_recovered(*given, standard_errors=1.9)) == 1
    assert np.isnan(metrics.loss_recovered(CLEAN, CLEAN, CLEAN))
    assert np.isnan(metrics.loss_recovered(ABLATED, CLEAN, CLEAN))
    assert float(metrics.loss_recovered([1.0], [1.5], [2.0])) == 0.5
