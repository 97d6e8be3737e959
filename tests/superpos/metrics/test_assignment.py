"""The assignment problem on the device, against SciPy's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from superpos.metrics.assignment import assigned_columns


def total(costs: np.ndarray, columns: np.ndarray) -> float:
    return float(np.take_along_axis(costs, columns[:, None], axis=1).sum())


@pytest.mark.parametrize(("n_rows", "n_columns"), [(1, 1), (1, 5), (7, 7), (12, 30)])
def test_the_cost_is_the_least(n_rows: int, n_columns: int) -> None:
    """Of real costs, and of whole ones, which have many ties."""
    rng = np.random.default_rng(n_columns)
    costs = rng.uniform(size=(6, n_rows, n_columns)).astype(np.float32)
    costs[3:] = rng.integers(-2, 3, size=(3, n_rows, n_columns))
    for given, columns in zip(costs, np.asarray(assigned_columns(costs)), strict=True):
        assert len(set(columns)) == n_rows
        assert set(columns) <= set(range(n_columns))
        expected = given[linear_sum_assignment(given)].sum()
        np.testing.assert_allclose(total(given, columns), expected, rtol=1e-5, atol=1e-5)


def test_it_can_be_mapped_and_compiled() -> None:
    costs = jnp.asarray(np.random.default_rng(0).uniform(size=(2, 3, 4, 6)), jnp.float32)
    mapped = jax.jit(jax.vmap(assigned_columns))(costs)
    np.testing.assert_array_equal(mapped, assigned_columns(costs))


def test_what_is_no_number_is_avoided_and_does_not_stop_it() -> None:
    costs = jnp.array([[jnp.nan, 2.0, 3.0], [1.0, jnp.inf, 3.0], [0.0, 1.0, jnp.nan]])
    assert assigned_columns(costs).tolist() in ([1, 2, 0], [2, 0, 1])
    assert sorted(assigned_columns(jnp.full((3, 3), jnp.nan)).tolist()) == [0, 1, 2]
