"""A finite data set: the same examples again and again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos.arguments import ArgumentError
from superpos.data import draw, finite, one_sparse, sparse_uniform
from superpos.types import Source

N, T = 4, 10


def make(**changes) -> Source:
    inner = sparse_uniform(n_features=N, density=0.7)
    return finite(**({"n_features": N, "data": inner, "n_samples": T} | changes))


def inputs(source: Source, batch_size: int, seed: int = 0) -> np.ndarray:
    batch = draw(source, jax.random.key(seed), batch_size)
    np.testing.assert_array_equal(batch.inputs, batch.targets)
    np.testing.assert_array_equal(batch.inputs, batch.factors)
    return np.asarray(batch.inputs)


def rows(x: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in x]


@pytest.mark.slow
def test_in_order_is_the_full_batch_whatever_the_key() -> None:
    source = make(sampling="in_order")
    full = inputs(source, T)
    assert len(set(rows(full))) == T
    np.testing.assert_array_equal(full, inputs(source, T, seed=1))
    np.testing.assert_array_equal(inputs(source, 2 * T + 3), np.concatenate([full, full, full[:3]]))
    np.testing.assert_array_equal(inputs(source, 3), full[:3])


@pytest.mark.slow
def test_random_batches_are_of_the_same_examples_and_uniform() -> None:
    full = inputs(make(sampling="in_order"), T)
    place = {row: index for index, row in enumerate(rows(full))}
    drawn = [place[row] for row in rows(inputs(make(), 20_000))]
    assert scipy.stats.chisquare(np.bincount(drawn, minlength=T)).pvalue > 1e-6
    assert not np.array_equal(inputs(make(), 50), inputs(make(), 50, seed=1))


def test_the_data_seed_says_which_data_set() -> None:
    sets = [rows(inputs(make(sampling="in_order", data_seed=seed), T)) for seed in (0, 1, 2**24)]
    assert sets[0] == rows(inputs(make(sampling="in_order", data_seed=0), T))
    assert len({row for found in sets for row in found}) == 3 * T


def test_data_sets_have_the_moments_of_their_source() -> None:
    """Over many data sets the first example has mean 1/2n and second moment 1/3n."""

    def first(seed: jax.Array) -> jax.Array:
        inner = one_sparse(n_features=N)
        source = finite(n_features=N, data=inner, n_samples=3, data_seed=seed, sampling="in_order")
        return draw(source, jax.random.key(0), 1).inputs[0]

    x = np.asarray(jax.jit(jax.vmap(first))(jnp.arange(20_000)), np.float64)
    np.testing.assert_allclose(x.mean(0), 1 / (2 * N), atol=5 * np.sqrt(1 / (3 * N) / len(x)))
    np.testing.assert_allclose((x**2).mean(0), 1 / (3 * N), atol=5 * np.sqrt(1 / (5 * N) / len(x)))


@pytest.mark.slow
def test_a_swept_data_seed_gives_what_it_gives_alone() -> None:
    seeds = [0.0, 5.0, 70_000.0]

    def sample(seed: jax.Array) -> jax.Array:
        return draw(make(data_seed=seed), jax.random.key(4), 8).inputs

    swept = np.asarray(jax.jit(jax.vmap(sample))(jnp.array(seeds)))
    for found, seed in zip(swept, seeds, strict=True):
        np.testing.assert_allclose(found, inputs(make(data_seed=int(seed)), 8, seed=4), rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_features": 5}, "n_features=5: expected the 4 of data"),
        ({"n_samples": 0}, "n_samples=0: expected an integer in [1, 2147483647]"),
        ({"data_seed": -1}, "data_seed=-1: expected a number in [0, 16777216]"),
        ({"data_seed": 2**24 + 1}, "data_seed=16777217: expected a number in [0, 16777216]"),
        ({"sampling": "all"}, "sampling='all': expected one of random, in_order"),
    ],
)
def test_bad_arguments_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        make(**changes)
    assert str(refusal.value) == message


@pytest.mark.slow
def test_a_fraction_is_the_first_examples_also_as_an_axis() -> None:
    full = inputs(make(sampling="in_order"), T)
    few = inputs(make(sampling="in_order", fraction=0.4), 6)
    np.testing.assert_array_equal(few, np.concatenate([full[:4], full[:2]]))
    drawn = jax.vmap(lambda part: draw(make(fraction=part), jax.random.key(3), 200).inputs)(
        jnp.array([0.01, 0.4, 1.0])
    )
    for count, batch in zip((1, 4, 10), np.asarray(drawn), strict=True):
        assert set(rows(batch)) == set(rows(full[:count]))


def test_the_first_example_takes_the_places_of_others() -> None:
    once, often = (inputs(make(sampling="in_order", repeats=r), T) for r in (1.0, 3.7))
    np.testing.assert_array_equal(often, np.concatenate([once[[0, 0, 0]], once[3:]]))
    part = inputs(make(sampling="in_order", repeats=3.0, fraction=0.5), T)
    np.testing.assert_array_equal(part, np.tile(often[:5], (2, 1)))
    with pytest.raises(ArgumentError, match=r"^repeats=11: expected at most n_samples=10$"):
        make(repeats=11)
