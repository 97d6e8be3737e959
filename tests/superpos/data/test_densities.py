"""Sparse features of unlike densities."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos import random
from superpos.arguments import ArgumentError
from superpos.data import draw, sparse_uniform
from tests.superpos.data.laws import drawn, is_uniform, mean_is, rate_is, small_draws

N = 60_000
SHARES = [0.4, 1.0, 0.1]


def test_each_feature_has_its_own_density() -> None:
    values = drawn(sparse_uniform(n_features=3, density=0.5, densities=SHARES), N)
    for column, share in zip(values.T, SHARES, strict=True):
        p = 0.5 * share
        assert rate_is(column != 0, p)
        assert is_uniform(column[column != 0])
        assert mean_is(column, p / 2, p / 3 - p**2 / 4)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_densities_fall_by_a_power_law(power: float) -> None:
    values = drawn(sparse_uniform(n_features=4, density=0.8, density_power=power), N)
    for index, column in enumerate(values.T):
        assert rate_is(column != 0, 0.8 * (index + 1) ** -power)
        assert is_uniform(column[column != 0])


def test_relative_densities_and_the_power_law_multiply() -> None:
    source = sparse_uniform(n_features=3, density=0.5, densities=SHARES, density_power=1.0)
    for index, column in enumerate(drawn(source, N).T):
        assert rate_is(column != 0, 0.5 * SHARES[index] / (index + 1))


EQUAL = {"densities": [1.0, 1.0, 1.0]}
PLAIN, SAME, SWEPT = (
    small_draws(functools.partial(sparse_uniform, n_features=3, **changes))
    for changes in ({}, EQUAL | {"density_power": 0.0}, EQUAL)
)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(1 / 64, 1, width=32))
def test_equal_shares_and_power_0_change_nothing(seed: int, density: float) -> None:
    plain = PLAIN(seed, density=density)
    same = SAME(seed, density=density), SWEPT(seed, density=density, density_power=0.0)
    for values in same:  # to an ulp, as the programs differ
        np.testing.assert_allclose(values, plain, rtol=2e-7)


@pytest.mark.slow
def test_a_density_of_one_feature_leaves_the_others_as_they_are() -> None:
    plain = drawn(sparse_uniform(n_features=3, density=0.5), 1000)
    changed = drawn(sparse_uniform(n_features=3, density=0.5, densities=[1.0, 0.2, 1.0]), 1000)
    np.testing.assert_array_equal(changed[:, [0, 2]], plain[:, [0, 2]])
    assert 0 < np.count_nonzero(changed[:, 1]) < np.count_nonzero(plain[:, 1])


@pytest.mark.slow
@pytest.mark.parametrize("power", [0.0, 1.5])
@pytest.mark.parametrize("shares", [None, SHARES])
def test_columns_are_the_sample_bit_for_bit(power: float, shares: list[float] | None) -> None:
    source = sparse_uniform(n_features=3, density=0.7, densities=shares, density_power=power)
    assert source.sample_columns is not None
    key = random.key(3)
    expected = np.asarray(draw(source, key, 256).inputs).T
    columns, _ = source.sample_columns([*jax.random.key_data(key)], 256)
    np.testing.assert_array_equal(np.stack(columns), expected)


@pytest.mark.slow
def test_shares_and_power_can_be_swept() -> None:
    def sample(share: jax.Array, power: jax.Array) -> jax.Array:
        source = sparse_uniform(
            n_features=2, density=0.5, densities=[share, 1.0], density_power=power
        )
        return draw(source, jax.random.key(0), 200).inputs

    shares, powers = jnp.array([0.1, 1.0]), jnp.array([0.0, 2.0])
    swept = jax.jit(jax.vmap(sample))(shares, powers)
    for values, share, power in zip(swept, shares, powers, strict=True):
        np.testing.assert_allclose(values, sample(share, power), rtol=1e-6)


@pytest.mark.usefixtures("x64")
def test_samples_are_float32_in_double_precision_too() -> None:
    drawn(sparse_uniform(n_features=3, density=0.5, densities=SHARES, density_power=0.5), 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"densities": [0.5]}, "densities has 1 values: expected n_features=3"),
        ({"densities": []}, "densities has 0 values: expected n_features=3"),
        ({"densities": [1.0, 0.0, 1.0]}, "densities.1=0.0: expected a number in (0, 1]"),
        ({"density_power": -1.0}, "density_power=-1.0: expected a number in [0, inf)"),
        (
            {"density_power": 100.0},
            "density_power=100.0: expected a least density within float32; it is 1e-48",
        ),
    ],
)
def test_bad_arguments_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        sparse_uniform(**({"n_features": 3, "density": 0.5} | changes))
    assert str(refusal.value) == message
