"""The boundary of sharing: its closed form, and how it is read off a grid."""

import numpy as np
import pytest
import xarray

from experiments.tradeoff.boundary.claims import ansatz_losses
from experiments.tradeoff.boundary.measure import (
    both,
    closed_form,
    exact_boundary,
    last_shared,
    measure,
)
from superpos.arguments import ArgumentError


def test_losses_of_the_ansatz_are_those_of_the_formulas() -> None:
    r, p = np.array([0.3, 1.0]), np.array([0.2, 0.7])
    pair, alone = ansatz_losses(r, p)
    np.testing.assert_allclose(pair, (1 + r) * p**2 / 6, rtol=1e-12)
    np.testing.assert_allclose(alone, r * (p / 3 - p**2 / 4), rtol=1e-12)


def test_the_closed_form_is_where_they_meet() -> None:
    np.testing.assert_allclose(closed_form(np.array([1.0, 0.5])), [4 / 7, 4 / 9])


def test_the_optimum_shares_beyond_the_closed_form() -> None:
    """It has one feature alone at no lower a loss, and the pair at one that is not higher."""
    assert closed_form(np.array(0.4)) < exact_boundary(0.4) < 1


@pytest.mark.parametrize(
    ("shared", "expected"),
    [([1, 1, 0, 0], 0.25), ([1, 0, 1, 0], 0.35), ([0, 0, 0, 0], 0.0), ([1, 1, 1, 1], np.inf)],
)
def test_the_last_shared_density_counts(shared, expected) -> None:
    found = last_shared(np.array([0.1, 0.2, 0.3, 0.4]), np.array(shared, bool))
    assert found == pytest.approx(expected)


def test_both_is_an_antipodal_pair() -> None:
    W = np.array([[1.0, -0.9], [1.0, 0.9], [1.0, 0.0]])[..., None]
    np.testing.assert_array_equal(both(W), [True, False, False])


def trained(n: int, statuses: list[str]) -> xarray.Dataset:
    """Antipodal pairs, or more features, at one density and importance."""
    dims = ("density", "importance_decay", "seed")
    shape = (1, 1, len(statuses))
    W = np.broadcast_to(np.where(np.arange(n) % 2, -1.0, 1.0)[:, None], (*shape, n, 1))
    return xarray.Dataset(
        {
            "status": (dims, np.reshape(np.array(statuses, object), shape)),
            "W": ((*dims, "feature", "hidden"), W),
            "b": ((*dims, "feature"), np.zeros((*shape, n))),
        },
        {"density": [0.3], "importance_decay": [1.0], "seed": range(len(statuses))},
    )


def test_instances_that_diverged_do_not_count() -> None:
    with pytest.warns(match="1 of 2 members"):
        found = measure({"sweep": trained(2, ["ok", "diverged@3"])})
    assert found.instances == 1 and found.shared.all()


def test_other_sizes_are_one_line() -> None:
    with pytest.raises(ArgumentError, match="^data.n_features=3: expected 2$"):
        measure({"sweep": trained(3, ["ok"])})
