"""The k largest against lax.top_k, in every order, with ties, mapped and differentiated."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from superpos.saes.select import largest

N = 7
floats = st.floats(-100, 100, width=32) | st.sampled_from([0.0, 1.0, -1.0, np.inf, -np.inf])
chosen = jax.jit(largest)


def by_sorting(values: np.ndarray, k: int) -> np.ndarray:
    """Exactly what lax.top_k takes: of equal numbers those with the lower index."""
    mask = np.zeros(values.shape, bool)
    np.put_along_axis(mask, np.asarray(jax.lax.top_k(jnp.asarray(values), k)[1]), True, axis=-1)
    return mask


@given(hnp.arrays(np.float32, (3, N), elements=floats), st.integers(1, N))
def test_the_choice_is_that_of_top_k(values: np.ndarray, k: int) -> None:
    values = values + np.float32(0)  # top_k puts -0 below 0
    np.testing.assert_array_equal(chosen(values, k), by_sorting(values, k))


@given(hnp.arrays(np.float32, (3, N), elements=st.sampled_from([0.0, 1.0, 2.0])), st.integers(1, N))
def test_ties_are_broken_as_by_top_k(values: np.ndarray, k: int) -> None:
    mask = np.asarray(chosen(values, k))
    np.testing.assert_array_equal(mask, by_sorting(values, k))
    assert (mask.sum(-1) == k).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_width_of_float_is_ordered(dtype: str) -> None:
    with jax.enable_x64(True):
        values = np.random.default_rng(0).normal(size=(5, 33)).astype(dtype)
        np.testing.assert_array_equal(largest(jnp.asarray(values), 6), by_sorting(values, 6))


def test_neighbours_in_float32_are_told_apart() -> None:
    values = np.nextafter(np.float32(1), np.float32(2)) * np.ones((1, 4), np.float32)
    values[0, :2] = 1
    np.testing.assert_array_equal(chosen(values, 2)[0], [False, False, True, True])


def test_none_and_all_can_be_chosen() -> None:
    values = jnp.asarray([[3.0, -1.0, -jnp.inf]])
    assert not chosen(values, 0).any()
    assert chosen(values, 3).all() and chosen(values, 9).all()


def test_nan_is_above_all_and_with_its_sign_bit_below() -> None:
    values = jnp.asarray([[-np.inf, np.nan, np.inf, -np.float32(np.nan)]], jnp.float32)
    order = [np.flatnonzero(chosen(values, k)[0]).tolist() for k in (1, 2, 3)]
    assert order == [[1], [1, 2], [0, 1, 2]]


def test_a_fraction_of_k_is_dropped() -> None:
    values = jnp.arange(5.0)[None]
    np.testing.assert_array_equal(chosen(values, 2.9), chosen(values, 2))


def test_k_can_be_mapped() -> None:
    values = np.random.default_rng(1).normal(size=(4, N)).astype(np.float32)
    together = jax.vmap(largest, in_axes=(None, 0))(jnp.asarray(values), jnp.arange(1, N + 1))
    for k in range(1, N + 1):
        np.testing.assert_array_equal(together[k - 1], by_sorting(values, k))


def test_a_gradient_goes_through_what_is_chosen_and_not_through_the_choice() -> None:
    values = jnp.asarray([[0.5, 2.0, 1.0]])
    gradient = jax.grad(lambda v: jnp.sum(jnp.where(largest(v, 2), v**2, 0)))(values)
    np.testing.assert_allclose(gradient, [[0, 4, 2]])
