"""Rows of uniform numbers against the bits of each row's own key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.random import THREEFRY13, key, uniform_rows

GENERATORS = ["threefry2x32", THREEFRY13]


def root(generator):
    return key(7) if generator == THREEFRY13 else jax.random.key(7, impl=generator)


def expected_rows(a_key, n_rows, length):
    """Row i from the 32 bits that split(key, n)[i] draws, rounded to float32 as NumPy does."""
    keys = jax.random.split(a_key, n_rows)
    bits = [np.asarray(jax.random.bits(keys[i], (length,), jnp.uint32)) for i in range(n_rows)]
    return np.stack(bits).astype(np.float32) * np.float32(2.0**-32)


@pytest.mark.slow
@pytest.mark.parametrize("generator", GENERATORS, ids=str)
@pytest.mark.parametrize("shape", [(1, 1), (3, 16), (20, 7)], ids=str)
def test_a_row_is_the_bits_of_its_own_key(generator, shape):
    rows = uniform_rows(root(generator), shape)
    assert (rows.shape, rows.dtype) == (shape, jnp.float32)
    np.testing.assert_array_equal(rows, expected_rows(root(generator), *shape))


@pytest.mark.slow
@pytest.mark.parametrize("generator", GENERATORS, ids=str)
def test_a_row_does_not_depend_on_how_many_there_are(generator):
    many = uniform_rows(root(generator), (9, 5))
    for n_rows in (1, 4, 8):
        np.testing.assert_array_equal(uniform_rows(root(generator), (n_rows, 5)), many[:n_rows])


@pytest.mark.slow
@pytest.mark.parametrize("generator", GENERATORS, ids=str)
def test_the_loop_of_a_cpu_and_the_map_of_other_devices_draw_the_same(generator, monkeypatch):
    loop = uniform_rows(root(generator), (6, 33))

    def elsewhere(*arguments, default, **platforms):
        assert "cpu" in platforms
        return default(*arguments)

    monkeypatch.setattr(jax.lax, "platform_dependent", elsewhere)
    np.testing.assert_array_equal(uniform_rows(root(generator), (6, 33)), loop)


@pytest.mark.slow
@pytest.mark.parametrize("generator", GENERATORS, ids=str)
def test_rows_are_the_same_compiled_mapped_and_scanned(generator):
    assert jax.config.jax_debug_key_reuse

    def draw(a_key):
        return uniform_rows(a_key, (3, 4))

    def draw_next(carry, _):
        here, carry = jax.random.split(carry)
        return carry, draw(here)

    def scanned(a_key):
        return jax.lax.scan(draw_next, a_key, None, length=5)[1]

    expected, carry = [], root(generator)
    for _ in range(5):
        here, carry = jax.random.split(carry)
        expected.append(expected_rows(jax.random.clone(here), 3, 4))
    np.testing.assert_array_equal(jax.jit(scanned)(root(generator)), expected)
    keys = jax.random.split(root(generator), 2)
    mapped = jax.jit(jax.vmap(jax.vmap(draw)))(keys[:, None])
    for i in range(2):
        np.testing.assert_array_equal(mapped[i, 0], expected_rows(keys[i], 3, 4))


@pytest.mark.parametrize("generator", GENERATORS, ids=str)
def test_a_key_that_has_drawn_rows_draws_no_more(generator):
    def twice(a_key):
        return uniform_rows(a_key, (2, 2)) + uniform_rows(a_key, (2, 2))

    with pytest.raises(jax.errors.KeyReuseError):
        jax.jit(twice)(root(generator))
