"""Sparse features against their analytic distribution.

All draws have fixed seeds, so a test passes always or never. The thresholds are set so that a
correct sampler with a random seed would fail any test of this file with probability FALSE_ALARM.
"""

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos import random
from superpos.arguments import ArgumentError
from superpos.data import draw, sparse_uniform
from superpos.random import uniform_rows

DENSITIES = (0.001, 0.01, 0.1, 0.5, 1.0)
N_FEATURES, N_EXAMPLES = 4, 150_000
FALSE_ALARM = 2e-5
N_CHECKS = 100  # an upper bound on the p-values compared with LEVEL in this file
LEVEL = FALSE_ALARM / N_CHECKS
SEED = 20_220
SOME_WORDS = ((0, 0), (0, 1), (1, 0))


def drawn(density: float, n_features: int, n_examples: int, seed: int = SEED) -> np.ndarray:
    source = sparse_uniform(n_features=n_features, density=density)
    return np.asarray(draw(source, jax.random.key(seed), n_examples).inputs)


@functools.cache
def large_sample(density: float) -> np.ndarray:
    """One sample per density, float64 (N_EXAMPLES, N_FEATURES), shared by the tests."""
    return drawn(density, N_FEATURES, N_EXAMPLES).astype(np.float64)


def z_test(values: np.ndarray, mean: float, variance: float) -> float:
    """Two-sided p-value of the mean of many values of known mean and variance."""
    z = (values.mean() - mean) / np.sqrt(variance / values.size)
    return float(2 * scipy.stats.norm.sf(abs(z)))


@pytest.mark.parametrize("p", DENSITIES)
def test_the_mean_is_half_the_density(p: float) -> None:
    assert z_test(large_sample(p), p / 2, p / 3 - (p / 2) ** 2) > LEVEL


@pytest.mark.parametrize("p", DENSITIES)
def test_the_second_moment_is_a_third_of_the_density(p: float) -> None:
    assert z_test(large_sample(p) ** 2, p / 3, p / 5 - (p / 3) ** 2) > LEVEL


@pytest.mark.parametrize("p", DENSITIES)
def test_a_feature_is_non_zero_with_probability_density(p: float) -> None:
    counts = np.count_nonzero(large_sample(p), axis=0)
    for count in counts:
        assert scipy.stats.binomtest(int(count), N_EXAMPLES, p).pvalue > LEVEL


@pytest.mark.slow
@pytest.mark.parametrize("p", DENSITIES)
def test_non_zero_values_are_uniform(p: float) -> None:
    values = large_sample(p)
    assert scipy.stats.kstest(values[values != 0], "uniform").pvalue > LEVEL


@pytest.mark.parametrize("p", [0.1, 0.5, 1.0])
def test_features_are_independent(p: float) -> None:
    """Cells: zero, low and high; the joint law of two features is the product of their laws."""
    cell = np.digitize(large_sample(p), [1e-12, 0.5])
    law = np.array([1 - p, p / 2, p / 2])
    joint = np.outer(law, law).ravel()
    for i, j in itertools.combinations(range(N_FEATURES), 2):
        seen = np.bincount(3 * cell[:, i] + cell[:, j], minlength=9)
        assert not seen[joint == 0].any()
        expected = joint[joint > 0] * N_EXAMPLES
        assert scipy.stats.chisquare(seen[joint > 0], expected).pvalue > LEVEL


@pytest.mark.parametrize("p", [0.1, 1.0])
def test_examples_are_independent(p: float) -> None:
    """Neighbouring examples are uncorrelated."""
    centred = large_sample(p) - p / 2
    variance = (p / 3 - (p / 2) ** 2) ** 2
    for lag in (1, 2):
        assert z_test(centred[lag:] * centred[:-lag], 0.0, variance) > LEVEL


@pytest.mark.slow
def test_small_densities_stay_fine_grained() -> None:
    """Of about 6000 non-zero values in [0, 1) few coincide; 24 random bits allow 4300 or so."""
    values = drawn(0.001, 1, 6_000_000)
    values = values[values != 0]
    assert len(values) > 5500
    assert len(np.unique(values)) > 0.99 * len(values)


def test_the_uniforms_have_steps_of_32_bits() -> None:
    """A third of them are multiples of 2^-23 after rounding to float32, not all."""
    u = np.asarray(uniform_rows(jax.random.key(3), (4, 2**16)).ravel(), np.float64)
    assert 0 <= u.min() < 2.0**-14
    assert 1 - 2.0**-14 < u.max() <= 1
    np.testing.assert_array_equal(u * 2.0**32 % 1, 0)
    assert abs(np.mean(u * 2.0**23 % 1 == 0) - 1 / 3) < 0.01


@pytest.mark.parametrize("p", [0.001, 0.03, 0.1, 1 / 3, 0.7, 1.0])
@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["plain", "jit"])
def test_values_lie_in_the_unit_interval(p: float, wrap) -> None:
    sample = wrap(lambda key: draw(sparse_uniform(n_features=5, density=p), key, 20_000).inputs)
    values = np.asarray(sample(jax.random.key(1)))
    assert values.min() >= 0
    assert values.max() <= 1
    if p < 1:
        assert values.min() == 0


@pytest.mark.parametrize(("n_features", "batch_size"), [(5, 7), (1, 3), (3, 1)])
def test_a_batch_has_three_equal_arrays(n_features: int, batch_size: int) -> None:
    source = sparse_uniform(n_features=n_features, density=0.5)
    batch = draw(source, jax.random.key(0), batch_size)
    for values in (batch.inputs, batch.targets, batch.factors):
        assert values.shape == (batch_size, n_features)
        assert values.dtype == jnp.float32
        np.testing.assert_array_equal(values, batch.inputs)


@pytest.mark.usefixtures("x64")
def test_samples_are_float32_in_double_precision_too() -> None:
    assert drawn(0.5, 3, 4).dtype == np.float32


@pytest.mark.slow
def test_a_sample_is_a_function_of_its_key() -> None:
    np.testing.assert_array_equal(drawn(0.5, 5, 100, seed=0), drawn(0.5, 5, 100, seed=0))
    assert (drawn(1.0, 5, 100, seed=0) != drawn(1.0, 5, 100, seed=1)).all()


@pytest.mark.parametrize(("small", "large"), [(0.1, 0.5), (0.01, 0.1), (0.5, 1.0), (0.3, 0.31)])
def test_a_smaller_density_thins_the_same_features(small: float, large: float) -> None:
    """One key gives the same uniforms u = value * density at every density."""
    few, many = drawn(small, 5, 20_000), drawn(large, 5, 20_000)
    kept = few != 0
    assert 0 < kept.sum() < (many != 0).sum()
    assert (many[kept] != 0).all()
    np.testing.assert_allclose(few[kept] * small, many[kept] * large, rtol=1e-6)


@pytest.mark.slow
def test_a_density_can_be_swept() -> None:
    def sample(density: jax.Array) -> jax.Array:
        source = sparse_uniform(n_features=5, density=density)
        return draw(source, jax.random.key(SEED), 100).inputs

    swept = jax.jit(jax.vmap(sample))(jnp.array(DENSITIES))
    assert swept.shape == (len(DENSITIES), 100, 5)
    for values, density in zip(swept, DENSITIES, strict=True):
        np.testing.assert_allclose(values, drawn(density, 5, 100), rtol=1e-6)


def test_a_sample_is_the_same_under_jit() -> None:
    source = sparse_uniform(n_features=5, density=0.3)
    jitted = jax.jit(lambda key: draw(source, key, 100).inputs)(jax.random.key(SEED))
    np.testing.assert_allclose(jitted, drawn(0.3, 5, 100), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"density": 0.0}, "density=0.0: expected a number in (0, 1]"),
        ({"density": -0.1}, "density=-0.1: expected a number in (0, 1]"),
        ({"density": 1.5}, "density=1.5: expected a number in (0, 1]"),
        ({"density": float("nan")}, "density=nan: expected a number in (0, 1]"),
        ({"density": True}, "density=True: expected a number in (0, 1]"),
        ({"n_features": 0}, "n_features=0: expected an integer in [1, 2147483647]"),
        ({"n_features": 5.0}, "n_features=5.0: expected an integer in [1, 2147483647]"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        sparse_uniform(**({"n_features": 5, "density": 0.5} | arguments))
    assert str(refusal.value) == message


@pytest.mark.parametrize("n_features", [1, 5])
@pytest.mark.parametrize("density", [0.01, 0.3, 1.0])
def test_columns_are_the_sample_bit_for_bit(n_features: int, density: float) -> None:
    source = sparse_uniform(n_features=n_features, density=density)
    assert source.sample_columns is not None
    key = random.key(SEED)
    words = tuple(jax.random.key_data(key))
    expected = np.asarray(draw(source, key, 256).inputs).T
    for columns in source.sample_columns(words, 256):
        assert [column.shape for column in columns] == [(256,)] * n_features
        np.testing.assert_array_equal(np.stack(columns), expected)


def test_columns_of_another_key_are_other_numbers() -> None:
    source = sparse_uniform(n_features=3, density=1.0)
    assert source.sample_columns is not None
    draws = [
        np.stack(source.sample_columns((jnp.uint32(a), jnp.uint32(b)), 64)[0])
        for a, b in SOME_WORDS
    ]
    assert len({draw.tobytes() for draw in draws}) == len(SOME_WORDS)


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0])
def test_so_many_features_are_on_at_once_as_asked_for(power: float) -> None:
    """p_i ∝ i^-power, and they add up to n_active."""
    n, n_examples, active = 6, 40_000, 1.5 if power < 1 else 1.0
    source = sparse_uniform(n_features=n, density=0.3, density_power=power, n_active=active)
    on = np.asarray(draw(source, jax.random.key(SEED), n_examples).inputs) != 0
    falling = np.arange(1, n + 1) ** -power
    for count, p in zip(on.sum(0), active * falling / falling.sum(), strict=True):
        assert scipy.stats.binomtest(int(count), n_examples, p).pvalue > LEVEL


def test_all_features_may_be_on_at_once_and_no_more_can_be() -> None:
    given = {"n_features": 7, "density": 1.0}
    x = draw(sparse_uniform(**given, n_active=7.0), jax.random.key(SEED), 50).inputs
    assert (np.asarray(x) > 0).all()
    with pytest.raises(ArgumentError) as refusal:
        sparse_uniform(**given, n_active=1.0, density_power=60.0)
    assert str(refusal.value).startswith("density_power=60.0: expected a least density")
    with pytest.raises(ArgumentError) as refusal:
        sparse_uniform(**given, n_active=2.0, densities=[1.0, *[0.1] * 6])
    expected = "n_active=2.0: expected densities of at most 1; the largest is 1.25"
    assert str(refusal.value) == expected


def test_the_number_of_features_that_are_on_can_be_swept() -> None:
    def sample(active: Any, power: Any) -> jax.Array:
        source = sparse_uniform(n_features=5, density=1.0, density_power=power, n_active=active)
        return draw(source, jax.random.key(SEED), 100).inputs

    active, powers = jnp.array([0.5, 1.0, 1.5]), jnp.array([0.0, 1.0, 0.3])
    swept = jax.jit(jax.vmap(sample))(active, powers)
    for values, a, power in zip(swept, active, powers, strict=True):
        np.testing.assert_allclose(values, sample(a, power), rtol=1e-5)
