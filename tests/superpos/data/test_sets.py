"""Sets of features that come together, and sets of which one comes at a time."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.arguments import ArgumentError
from superpos.data import anticorrelated_sets, correlated_sets, draw, magnitudes
from superpos.data.patterns import one_member
from superpos.types import Source
from tests.superpos.data.laws import drawn, is_uniform, mean_is, rate_is, small_draws

N = 60_000
BOTH = pytest.mark.parametrize("build", [correlated_sets, anticorrelated_sets])
SIZES = pytest.mark.parametrize(("n_features", "set_size"), [(6, 2), (6, 3), (4, 4), (3, 1)])


@functools.cache
def draws(build: Callable[..., Source], n_features: int, set_size: int) -> Callable:
    return small_draws(functools.partial(build, n_features=n_features, set_size=set_size))


@SIZES
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(1 / 64, 1, width=32))
def test_a_correlated_set_is_on_as_a_whole(
    n_features: int, set_size: int, seed: int, density: float
) -> None:
    values = draws(correlated_sets, n_features, set_size)(seed, density=density)
    on = values.reshape(64, -1, set_size) != 0
    assert (on.all(-1) == on.any(-1)).all()


@SIZES
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(1 / 64, 1, width=32))
def test_an_anticorrelated_set_has_at_most_one_on(
    n_features: int, set_size: int, seed: int, density: float
) -> None:
    values = draws(anticorrelated_sets, n_features, set_size)(seed, density=density)
    on = values.reshape(64, -1, set_size) != 0
    assert (on.sum(-1) <= 1).all()
    if density == 1:
        assert (on.sum(-1) == 1).all()


@pytest.mark.parametrize("p", [0.05, 0.4, 1.0])
def test_moments_of_correlated_sets(p: float) -> None:
    values = drawn(correlated_sets(n_features=4, set_size=2, density=p), N)
    for column in values.T:
        assert rate_is(column != 0, p)
        assert is_uniform(column[column != 0])
        assert mean_is(column, p / 2, p / 3 - p**2 / 4)
    # E[x_i x_j] is p/4 within a set, p²/4 across; E[(x_i x_j)²] is p/9 and p²/9.
    assert mean_is(values[:, 0] * values[:, 1], p / 4, p / 9 - p**2 / 16)
    assert mean_is(values[:, 1] * values[:, 2], p**2 / 4, p**2 / 9 - p**4 / 16)


def test_values_in_a_correlated_set_are_independent() -> None:
    x, y = drawn(correlated_sets(n_features=2, set_size=2, density=0.5), N).T
    on = x != 0
    assert mean_is((x[on] - 0.5) * (y[on] - 0.5), 0.0, 1 / 144)
    assert mean_is((x[on] - 0.5) ** 2 * (y[on] - 0.5) ** 2, 1 / 144, 1 / 6400 - 1 / 144**2)


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.05, 0.4, 1.0])
@pytest.mark.parametrize("size", [2, 3])
def test_moments_of_anticorrelated_sets(p: float, size: int) -> None:
    values = drawn(anticorrelated_sets(n_features=2 * size, set_size=size, density=p), N)
    q = p / size
    for column in values.T:
        assert rate_is(column != 0, q)
        assert is_uniform(column[column != 0])
        assert mean_is(column, q / 2, q / 3 - q**2 / 4)
    assert rate_is(values[:, :size].any(-1), p)
    # Sets are independent of each other.
    assert mean_is(values[:, 0] * values[:, size], q**2 / 4, q**2 / 9 - q**4 / 16)


@pytest.mark.slow
@given(
    u=st.floats(0, 1, width=32, allow_subnormal=False),
    p=st.floats(1 / 64, 1, width=32),
    size=st.integers(1, 9),
)
def test_one_member_is_the_part_in_which_the_uniform_falls(u: float, p: float, size: int) -> None:
    on = np.asarray(one_member(jnp.full((1, 1), u, jnp.float32), p, size))[:, 0]
    assert on.shape == (size,)
    assert on.sum() == (np.float32(u) <= np.float32(p))
    if on.any():
        assert abs(np.flatnonzero(on)[0] + 0.5 - size * u / p) <= 0.5 + 1e-5


@pytest.mark.slow
@BOTH
def test_any_magnitude_goes_with_the_pattern(build) -> None:
    plain = drawn(build(n_features=4, set_size=2, density=0.3), 1000)
    signed = magnitudes.uniform(low=-1.0, high=1.0)
    changed = drawn(build(n_features=4, set_size=2, density=0.3, magnitude=signed), 1000)
    np.testing.assert_allclose(changed, np.where(plain != 0, 2 * plain - 1, 0), atol=1e-6)


@pytest.mark.slow
@BOTH
def test_density_can_be_swept(build) -> None:
    def sample(density: jax.Array) -> jax.Array:
        source = build(n_features=4, set_size=2, density=density)
        return draw(source, jax.random.key(0), 200).inputs

    densities = jnp.array([0.1, 0.5])
    for values, density in zip(jax.jit(jax.vmap(sample))(densities), densities, strict=True):
        np.testing.assert_allclose(values, sample(density), rtol=1e-6)


@BOTH
@pytest.mark.usefixtures("x64")
def test_samples_are_float32_in_double_precision_too(build) -> None:
    drawn(build(n_features=4, set_size=2, density=0.5), 4)


@BOTH
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"set_size": 4}, "set_size=4: expected a divisor of n_features=6"),
        ({"set_size": 12}, "set_size=12: expected a divisor of n_features=6"),
        ({"set_size": 0}, "set_size=0: expected an integer in [1, 2147483647]"),
        ({"density": 0.0}, "density=0.0: expected a number in (0, 1]"),
    ],
)
def test_bad_arguments_are_refused(build, changes: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        build(**({"n_features": 6, "set_size": 2, "density": 0.5} | changes))
    assert str(refusal.value) == message
