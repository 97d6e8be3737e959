"""One feature at a time, against its analytic moments.

All draws have fixed seeds, so a test passes always or never.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos import random
from superpos.arguments import ArgumentError
from superpos.data import draw, identity, one_sparse

N, N_EXAMPLES = 6, 120_000
LEVEL = 1e-6


def drawn(
    n_features: int, n_examples: int, seed: int = 3, *, stratified: bool = False
) -> np.ndarray:
    source = one_sparse(n_features=n_features, stratified=stratified)
    return np.asarray(draw(source, jax.random.key(seed), n_examples).inputs, np.float64)


@pytest.mark.slow
@pytest.mark.parametrize("stratified", [False, True])
def test_one_feature_is_on(stratified: bool) -> None:
    x = drawn(N, 10_000, stratified=stratified)
    assert x.min() >= 0 and x.max() <= 1
    assert (np.count_nonzero(x, axis=1) <= 1).all()  # a value of exactly 0 is possible
    assert (x.sum(1) > 0).mean() > 0.999


@pytest.mark.slow
def test_moments_are_those_of_a_uniform_value_of_a_uniform_feature() -> None:
    """E x_i = 1/2n, E x_i² = 1/3n, E x_i x_j = 0, each within five standard errors."""
    x = drawn(N, N_EXAMPLES)
    for power, mean in ((1, 1 / 2), (2, 1 / 3)):
        variance = 1 / (2 * power + 1) / N - (mean / N) ** 2
        np.testing.assert_allclose(
            (x**power).mean(0), mean / N, atol=5 * np.sqrt(variance / N_EXAMPLES)
        )
    products = x.T @ x
    assert not products[~np.eye(N, dtype=bool)].any()


def test_features_are_chosen_uniformly_and_values_are_uniform() -> None:
    x = drawn(N, N_EXAMPLES)
    chosen, values = x.argmax(1), x.max(1)
    assert scipy.stats.chisquare(np.bincount(chosen, minlength=N)).pvalue > LEVEL
    for feature in range(N):
        assert scipy.stats.kstest(values[chosen == feature], "uniform").pvalue > LEVEL


@pytest.mark.slow
@pytest.mark.parametrize(("n_features", "per_feature"), [(1, 7), (6, 16), (5, 1)])
def test_a_stratified_batch_has_each_feature_in_each_part_once(
    n_features: int, per_feature: int
) -> None:
    for seed in range(3):
        x = drawn(n_features, n_features * per_feature, seed, stratified=True)
        for feature in range(n_features):
            values = np.sort(x[x.argmax(1) == feature, feature])
            np.testing.assert_array_equal(np.floor(values * per_feature), np.arange(per_feature))


@pytest.mark.slow
def test_stratified_examples_have_the_same_distribution() -> None:
    """Over batches, the first example is uniform in its feature; its values lie in its part."""
    sample = jax.jit(
        jax.vmap(lambda key: draw(one_sparse(n_features=4, stratified=True), key, 10).inputs)
    )
    x = np.asarray(sample(jax.random.split(jax.random.key(0), 8_000)), np.float64)
    for example in (0, 9):
        counts = np.bincount(x[:, example].argmax(1), minlength=4)
        assert scipy.stats.chisquare(counts).pvalue > LEVEL
    # Ten examples of four features: three parts, the last of which not every feature sees.
    np.testing.assert_array_equal(np.floor(3 * x.max(2)[0]), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    uniform = 3 * x[:, 5].max(1) - 1
    assert scipy.stats.kstest(uniform, "uniform").pvalue > LEVEL


@pytest.mark.slow
def test_a_stratified_mean_is_closer_to_the_truth() -> None:
    def spread(stratified: bool) -> float:
        source = one_sparse(n_features=N, stratified=stratified)
        keys = jax.random.split(jax.random.key(1), 40)
        means = jax.jit(jax.vmap(lambda key: draw(source, key, 96).inputs.sum(-1).mean()))(keys)
        return float(np.std(np.asarray(means)))

    assert 0 < spread(True) < spread(False) / 5


@pytest.mark.slow
def test_columns_are_the_sample_bit_for_bit() -> None:
    source = one_sparse(n_features=N)
    assert source.sample_columns is not None
    key = random.key(5)
    inputs, targets = source.sample_columns(tuple(jax.random.key_data(key)), 256)
    expected = np.asarray(draw(source, key, 256).inputs).T
    np.testing.assert_array_equal(np.stack(inputs), expected)
    np.testing.assert_array_equal(np.stack(targets), expected)


def test_a_stratified_source_has_no_columns() -> None:
    assert one_sparse(n_features=3, stratified=True).sample_columns is None


@pytest.mark.parametrize("n_features", [1, 5, 32])
def test_identity_has_each_feature_once(n_features: int) -> None:
    starts = set()
    for seed in range(8):
        batch = draw(identity(n_features=n_features), jax.random.key(seed), n_features)
        x = np.asarray(batch.inputs)
        assert batch.inputs.dtype == jnp.float32
        order = x.argmax(1)
        np.testing.assert_array_equal(x[np.argsort(order)], np.eye(n_features))
        np.testing.assert_array_equal((np.diff(order) - 1) % n_features, 0)
        for values in (batch.targets, batch.factors):
            np.testing.assert_array_equal(values, x)
        starts.add(int(order[0]))
    assert len(starts) > 1 or n_features == 1


def test_identity_of_another_batch_size_goes_around() -> None:
    x = np.asarray(draw(identity(n_features=3), jax.random.key(0), 7).inputs)
    assert x.sum() == 7
    np.testing.assert_array_equal(x[:3], x[3:6])


@pytest.mark.parametrize("factory", [identity, one_sparse])
def test_bad_arguments_are_refused(factory) -> None:
    with pytest.raises(ArgumentError, match=r"^n_features=0: expected an integer in \[1, "):
        factory(n_features=0)
    with pytest.raises(ArgumentError, match=r"^stratified='yes': expected true or false"):
        one_sparse(n_features=3, stratified="yes")  # pyright: ignore[reportArgumentType]
