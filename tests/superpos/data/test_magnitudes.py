"""Quantile functions of magnitudes, against SciPy's, and behind a source."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from hypothesis import assume, given
from hypothesis import strategies as st

from superpos.arguments import ArgumentError
from superpos.data import magnitudes, sparse_uniform
from tests.superpos.data.laws import LEVEL, drawn, is_uniform, rate_is

U = np.array([0.0, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.9999, 1.0], np.float32)
N = 60_000


@given(low=st.floats(-3, 3, width=32), high=st.floats(-3, 3, width=32))
def test_uniform_goes_from_one_end_to_the_other(low: float, high: float) -> None:
    assume(low or high)
    values = magnitudes.uniform(low=low, high=high)(jnp.asarray(U))
    np.testing.assert_allclose(values, low + (high - low) * U.astype(float), atol=1e-6)


@pytest.mark.slow
@given(mean=st.floats(-3, 3, width=32), std=st.floats(0, 3, width=32))
def test_normal_is_the_quantile_function_of_scipy(mean: float, std: float) -> None:
    assume(mean or std)
    values = np.asarray(magnitudes.normal(mean=mean, std=std)(jnp.asarray(U)))
    expected = mean + std * scipy.stats.norm.ppf(U[1:-1].astype(float))
    np.testing.assert_allclose(values[1:-1], expected, rtol=2e-5, atol=2e-5)
    assert np.isfinite(values).all()
    assert mean - 6.4 * std - 1e-5 <= values[0] and values[-1] <= mean + 5.5 * std + 1e-5


@pytest.mark.parametrize(
    ("magnitude", "law", "kurtosis"),
    [
        (magnitudes.exponential(scale=0.408248), scipy.stats.expon(scale=0.408248), 6.0),
        (magnitudes.lomax(scale=1.414214, shape=5.0), scipy.stats.lomax(5, scale=1.414214), 36.0),
    ],
)
def test_heavy_tails_are_the_quantile_functions_of_scipy(
    magnitude: Any, law: Any, kurtosis: float
) -> None:
    """Those of the configs: E x² is that of uniform(0, 1), E x⁴ over its square as documented."""
    np.testing.assert_allclose(magnitude(jnp.asarray(U[:-1])), law.ppf(U[:-1]), rtol=2e-6)
    assert np.isfinite(magnitude(jnp.float32(1.0)))
    assert law.moment(2) == pytest.approx(1 / 3, rel=1e-5)
    assert law.moment(4) / law.moment(2) ** 2 == pytest.approx(kurtosis, rel=1e-5)


@pytest.mark.parametrize("density", [0.05, 1.0])
def test_signed_values_have_mean_zero_and_the_same_density(density: float) -> None:
    magnitude = magnitudes.uniform(low=-1.0, high=1.0)
    values = drawn(sparse_uniform(n_features=3, density=density, magnitude=magnitude), N)
    on = values != 0
    assert rate_is(on, density)
    assert is_uniform(values[on], -1, 1)
    assert rate_is(values[on] > 0, 0.5)


def test_binary_values_are_one() -> None:
    magnitude = magnitudes.uniform(low=1.0, high=1.0)
    values = drawn(sparse_uniform(n_features=3, density=0.2, magnitude=magnitude), N)
    assert set(np.unique(values)) == {0.0, 1.0}
    assert rate_is(values, 0.2)


@pytest.mark.slow
def test_normal_values_of_a_source_are_normal() -> None:
    magnitude = magnitudes.normal(mean=1.0, std=0.15)
    values = drawn(sparse_uniform(n_features=3, density=0.3, magnitude=magnitude), N)
    assert rate_is(values, 0.3)
    assert scipy.stats.kstest(values[values != 0], scipy.stats.norm(1, 0.15).cdf).pvalue > LEVEL


def test_uniform_from_0_to_1_is_the_default_bit_for_bit() -> None:
    magnitude = magnitudes.uniform(low=0.0, high=1.0)
    given_ = drawn(sparse_uniform(n_features=3, density=0.3, magnitude=magnitude), 1000)
    np.testing.assert_array_equal(given_, drawn(sparse_uniform(n_features=3, density=0.3), 1000))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: magnitudes.uniform(low=np.nan, high=1.0), "low=nan: expected a number in"),
        (lambda: magnitudes.uniform(low=0.0, high=np.inf), "high=inf: expected a number in"),
        (lambda: magnitudes.normal(mean=0.0, std=-1.0), "std=-1.0: expected a number in [0, inf)"),
    ],
)
def test_bad_arguments_are_refused(build, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        build()
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (magnitudes.uniform, {"low": 0.0, "high": 0.0}),
        (magnitudes.normal, {"mean": 0.0, "std": 0.0}),
    ],
)
def test_a_distribution_of_zeros_alone_is_refused(make: Any, arguments: dict[str, float]) -> None:
    with pytest.raises(ArgumentError, match="=0.0: expected another number than 0"):
        make(**arguments)
