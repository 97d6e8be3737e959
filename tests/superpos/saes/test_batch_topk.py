"""How many latents of a batch are chosen, written in the program or swept."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.saes.batch_topk import batch_largest, whole_product

WRITTEN = [str(Fraction(i, 100)) for i in range(100, 3300, 7)] + ["21/10", "23/10", "33/10"]
KS = [Fraction(each) for each in WRITTEN]


@pytest.mark.parametrize("batch_size", [1, 7, 15, 50, 128, 1000, 1024, 4096])
def test_k_times_batch_is_the_product_of_what_was_written(batch_size: int) -> None:
    expected = [int(k * batch_size) for k in KS]
    swept = jax.jit(jax.vmap(lambda k: whole_product(k, batch_size)))
    numbers = [float(k) for k in KS]
    np.testing.assert_array_equal(swept(jnp.asarray(numbers, jnp.float32)), expected)
    assert [int(whole_product(k, batch_size)) for k in numbers[::20]] == expected[::20]
    theirs = np.array([k * batch_size for k in numbers])
    exact = np.abs(theirs - np.round(theirs)) > 1e-9
    np.testing.assert_array_equal(theirs[exact].astype(int), np.asarray(expected)[exact])


def test_a_whole_k_stays_exact_beyond_what_float32_holds() -> None:
    assert int(whole_product(65, 2**20 + 1)) == 65 * (2**20 + 1)


def test_a_swept_k_chooses_as_many_as_one_that_is_written() -> None:
    values = jnp.asarray(np.random.default_rng(0).normal(size=(50, 12)), jnp.float32)
    swept = jax.jit(batch_largest)(values, jnp.float32(2.1))
    np.testing.assert_array_equal(swept, batch_largest(values, 2.1))
    assert int(swept.sum()) == 105
