"""Features correlated by a Gaussian copula, against the bivariate normal distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos.arguments import ArgumentError
from superpos.data import draw, gaussian_copula, magnitudes
from superpos.data.copula import _loadings
from tests.superpos.data.laws import drawn, is_uniform, mean_is, rate_is

N = 60_000


def both_on(p: float, q: float, correlation: float) -> float:
    """The probability that two features are on together."""
    covariance = [[1.0, correlation], [correlation, 1.0]]
    ends = scipy.stats.norm.ppf([p, q])
    return float(scipy.stats.multivariate_normal([0, 0], covariance).cdf(ends))


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("p", [0.02, 0.3])
def test_every_pair_has_the_same_correlation(p: float, correlation: float) -> None:
    values = drawn(gaussian_copula(n_features=3, density=p, correlation=correlation), N)
    for column in values.T:
        assert rate_is(column != 0, p)
        assert is_uniform(column[column != 0])
        assert mean_is(column, p / 2, p / 3 - p**2 / 4)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        on = (values[:, i] != 0) & (values[:, j] != 0)
        assert rate_is(on, both_on(p, p, correlation))
        if on.sum() > 100:
            x, y = values[on][:, i] - 0.5, values[on][:, j] - 0.5
            assert mean_is(x * y, 0.0, 1 / 144)  # values are independent


@pytest.mark.slow
def test_densities_are_exact_at_any_correlation() -> None:
    shares = [1.0, 0.5, 0.1]
    source = gaussian_copula(n_features=3, density=0.6, densities=shares, correlation=0.8)
    values = drawn(source, N)
    for column, share in zip(values.T, shares, strict=True):
        assert rate_is(column != 0, 0.6 * share)
    assert rate_is((values[:, 0] != 0) & (values[:, 2] != 0), both_on(0.6, 0.06, 0.8))


def test_densities_by_a_power_law() -> None:
    source = gaussian_copula(n_features=3, density=0.6, density_power=1.0, correlation=0.5)
    for index, column in enumerate(drawn(source, N).T):
        assert rate_is(column != 0, 0.6 / (index + 1))


@pytest.mark.slow
def test_a_feature_of_density_one_is_always_on() -> None:
    assert drawn(gaussian_copula(n_features=2, density=1.0, correlation=0.5), 1000).all()


@pytest.mark.slow
def test_low_rank_correlations_are_those_of_the_loadings() -> None:
    source = gaussian_copula(n_features=4, density=0.3, correlation=0.9, rank=2, loadings_seed=5)
    on = drawn(source, N) != 0
    loadings = np.asarray(_loadings(4, 2, 5), float)
    np.testing.assert_allclose(np.linalg.norm(loadings, axis=1), 1, rtol=1e-6)
    expected = 0.9 * loadings @ loadings.T
    assert expected[~np.eye(4, dtype=bool)].min() < -0.2  # there are negative ones too
    for i in range(4):
        assert rate_is(on[:, i], 0.3)
        for j in range(i):
            assert rate_is(on[:, i] & on[:, j], both_on(0.3, 0.3, expected[i, j]))


def test_loadings_depend_on_their_seed_alone() -> None:
    np.testing.assert_array_equal(_loadings(5, 2, 1), _loadings(5, 2, 1))
    assert not np.allclose(_loadings(5, 2, 1), _loadings(5, 2, 2))


def test_any_magnitude_goes_with_the_pattern() -> None:
    arguments = {"n_features": 3, "density": 0.3, "correlation": 0.5}
    plain = drawn(gaussian_copula(**arguments), 1000)
    binary = gaussian_copula(**arguments, magnitude=magnitudes.uniform(low=1.0, high=1.0))
    np.testing.assert_array_equal(drawn(binary, 1000), plain != 0)


@pytest.mark.slow
def test_correlation_and_density_can_be_swept() -> None:
    def sample(density: jax.Array, correlation: jax.Array) -> jax.Array:
        source = gaussian_copula(n_features=3, density=density, correlation=correlation, rank=2)
        return draw(source, jax.random.key(0), 200).inputs

    densities, correlations = jnp.array([0.1, 1.0]), jnp.array([0.0, 0.7])
    swept = jax.jit(jax.vmap(sample))(densities, correlations)
    for values, density, correlation in zip(swept, densities, correlations, strict=True):
        np.testing.assert_allclose(values, sample(density, correlation), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_samples_are_float32_in_double_precision_too() -> None:
    drawn(gaussian_copula(n_features=3, density=0.5, correlation=0.5, rank=2), 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"correlation": 1.0}, "correlation=1.0: expected a number in [0, 1)"),
        ({"correlation": -0.1}, "correlation=-0.1: expected a number in [0, 1)"),
        ({"rank": 0}, "rank=0: expected an integer in [1, 2147483647]"),
        ({"densities": [1.0]}, "densities has 1 values: expected n_features=3"),
    ],
)
def test_bad_arguments_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        gaussian_copula(**({"n_features": 3, "density": 0.5, "correlation": 0.5} | changes))
    assert str(refusal.value) == message
