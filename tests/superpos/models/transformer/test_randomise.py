"""What each randomisation keeps and what it does not, on a checkpoint and on one larger matrix."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from superpos.arguments import ArgumentError
from superpos.models.transformer import TransformerParams, randomise, read
from superpos.models.transformer.matrices import statistics
from superpos.models.transformer.randomise import (
    SCHEMES,
    matched_gaussian,
    normal,
    reinitialise,
)
from tests.superpos.models.transformer.golden import GOLDEN

SHAPE = 240, 100
SKEWED = np.random.default_rng(0).exponential(size=SHAPE).astype(np.float32)
SKEWED *= np.linspace(0.5, 2, SHAPE[0], dtype=np.float32)[:, None]
"""Rows of other norms, entries that are not normal, and a mean that is not 0."""


def key() -> jax.Array:
    """The same key; a key that was used is refused."""
    return jax.random.key(0)


@functools.cache
def golden() -> TransformerParams:
    return read(GOLDEN / "gpt2_relu")[1]


@functools.cache
def drawn(name: str, seed: int = 0) -> np.ndarray:
    """The larger matrix, randomised."""
    return np.asarray(jax.jit(SCHEMES[name])(jax.random.key(seed), jnp.asarray(SKEWED)))


@pytest.mark.parametrize("name", SCHEMES)
def test_no_scheme_leaves_a_trace_of_where_an_entry_was(name: str) -> None:
    """Correlation with the original beyond that of row or column means, and between seeds, is 0."""
    axis = {"shuffle_rows": 1, "shuffle_columns": 0}.get(name)
    least = 5 / SKEWED.size**0.5

    def standard(matrix: np.ndarray) -> np.ndarray:
        return (matrix - matrix.mean(axis, keepdims=True)) / matrix.std(axis, keepdims=True)

    first, second = drawn(name), drawn(name, 1)
    for one, other in [(first, SKEWED), (first, second)]:
        assert abs((standard(one) * standard(other)).mean()) < least
    assert np.array_equal(first, drawn.__wrapped__(name))


def test_shuffled_entries_are_the_same_entries() -> None:
    entries = drawn("shuffle_entries")
    np.testing.assert_array_equal(np.sort(entries, axis=None), np.sort(SKEWED, axis=None))
    norms = np.linalg.norm(entries, axis=1)
    assert norms.std() / norms.mean() < 0.15 < np.linalg.norm(SKEWED, axis=1).std() / norms.mean()
    np.testing.assert_array_equal(np.sort(drawn("shuffle_rows"), 1), np.sort(SKEWED, 1))
    np.testing.assert_array_equal(np.sort(drawn("shuffle_columns"), 0), np.sort(SKEWED, 0))


def test_each_row_and_each_column_has_an_order_of_its_own() -> None:
    places = jnp.broadcast_to(jnp.arange(100.0), SHAPE)
    rows = np.asarray(SCHEMES["shuffle_rows"](key(), places))
    columns = np.asarray(SCHEMES["shuffle_columns"](key(), places.T)).T
    assert len(np.unique(rows, axis=0)) == len(np.unique(columns, axis=0)) == SHAPE[0]


def test_normal_entries_have_the_moments_of_the_matrix() -> None:
    found = drawn("gaussian")
    np.testing.assert_allclose(found.mean(), SKEWED.mean(), rtol=1e-5)
    np.testing.assert_allclose(found.std(), SKEWED.std(), rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found), np.linalg.norm(SKEWED), rtol=1e-5)
    assert stats.normaltest(found, axis=None).pvalue > 1e-3
    assert stats.normaltest(SKEWED, axis=None).pvalue < 1e-9


@pytest.mark.parametrize("turned", [False, True])
def test_the_spectrum_stays_and_its_directions_do_not(turned: bool) -> None:
    matrix = SKEWED[:60, :40].T if turned else SKEWED[:60, :40]
    found = np.asarray(jax.jit(SCHEMES["spectrum_preserving"])(key(), jnp.asarray(matrix)))
    left, spectrum, right = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    new_left, new_spectrum, new_right = np.linalg.svd(found, full_matrices=False)
    np.testing.assert_allclose(new_spectrum, spectrum, rtol=1e-4)
    assert abs(new_left[:, 0] @ left[:, 0]) < 5 / len(left) ** 0.5
    assert abs(new_right[0] @ right[0]) < 5 / right.shape[1] ** 0.5


@pytest.mark.parametrize("embeddings", [True, False])
def test_every_matrix_and_nothing_else_is_randomised(embeddings: bool) -> None:
    run = functools.partial(randomise, scheme=SCHEMES["gaussian"], embeddings=embeddings)
    before = jax.tree_util.tree_leaves_with_path(golden())
    after = jax.tree.leaves(jax.jit(run)(key(), golden()))
    for (path, old), new in zip(before, after, strict=True):
        where = jax.tree_util.keystr(path, simple=True, separator=".")
        matrix = where.endswith(".W") or (embeddings and "embedding" in where)
        matrix |= embeddings and where == "positions"
        assert np.array_equal(old, new) != matrix, where
        assert old.shape == new.shape


def test_each_block_is_randomised_by_itself() -> None:
    """Of blocks that are alike: they are others afterwards, and each keeps its own entries."""
    alike = jax.tree.map(lambda leaf: jnp.stack([leaf[0]] * len(leaf)), golden().layers)
    run = functools.partial(randomise, scheme=SCHEMES["shuffle_entries"])
    found = jax.jit(run)(key(), golden().replace(layers=alike))
    query, up = found.layers.query.W, found.layers.up.W
    assert not np.array_equal(query[0], query[1])
    for each in (up[0], up[1]):
        np.testing.assert_array_equal(np.sort(each, None), np.sort(alike.up.W[0], None))
    assert not np.array_equal(found.layers.query.W, found.layers.key.W)


def test_what_starts_anew_is_no_trace_of_what_was_trained() -> None:
    start = functools.partial(reinitialise, standard_deviation=0.02)
    found = jax.jit(start)(key(), golden())
    norm = found.layers.attention_norm
    assert (norm.scale == 1).all() and (norm.bias == 0).all() and (found.layers.up.b == 0).all()
    entries = np.concatenate([np.ravel(found.layers.up.W), np.ravel(found.layers.down.W)])
    assert abs(entries.std() / 0.02 - 1) < 5 / (2 * entries.size) ** 0.5
    assert abs(entries.mean() / 0.02) < 5 / entries.size**0.5
    kept = jax.jit(functools.partial(start, embeddings=False))(key(), golden())
    np.testing.assert_array_equal(kept.embedding, golden().embedding)
    np.testing.assert_array_equal(kept.layers.up.W, found.layers.up.W)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), "a"])
def test_a_bad_standard_deviation_is_one_line(value: object) -> None:
    with pytest.raises(ArgumentError, match="^standard_deviation=.*: expected a number in"):
        normal(standard_deviation=value)
    with pytest.raises(ArgumentError, match="^standard_deviation=.*: expected a number in"):
        reinitialise(key(), golden(), standard_deviation=value)


def test_statistics_are_those_of_numpy() -> None:
    found, params = jax.jit(statistics)(golden()), golden()
    names = {"query", "key", "value", "output", "up", "down"}
    outer = {"embedding", "positions", "unembedding"}
    assert set(found) == {f"layers.{name}.W" for name in names} | outer
    W, own = np.asarray(params.layers.down.W, np.float64), found["layers.down.W"]
    for block in range(2):
        np.testing.assert_allclose(own.norm[block], np.linalg.norm(W[block]), rtol=1e-5)
        np.testing.assert_allclose(own.mean[block], W[block].mean(), rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(own.deviation[block], W[block].std(), rtol=1e-5)
        spectrum = np.linalg.svd(W[block], compute_uv=False)
        np.testing.assert_allclose(own.spectrum[block], spectrum, rtol=1e-4)
    assert found["unembedding"].spectrum.shape == (16,)


def test_a_matched_gaussian_has_the_mean_and_the_covariance() -> None:
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(3, 3))
    activations = rng.exponential(size=(20_000, 3)) @ mixing + [1.0, -2.0, 0.5]
    found = np.asarray(matched_gaussian(key(), jnp.asarray(activations, jnp.float32)))
    assert found.shape == activations.shape
    covariance = np.cov(activations.T, bias=True)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    least = 5 / len(found) ** 0.5
    assert (np.abs(np.cov(found.T) - covariance) < 1.5 * least * scale).all()
    apart = np.abs(found.mean(axis=0) - activations.mean(axis=0))
    assert (apart < least * np.sqrt(np.diag(covariance))).all()
    assert stats.normaltest(found, axis=0).pvalue.min() > 1e-4


def test_a_matched_gaussian_of_few_activations_stays_in_their_span() -> None:
    activations = np.random.default_rng(2).normal(size=(4, 9)).astype(np.float32)
    found = np.asarray(matched_gaussian(key(), jnp.asarray(activations))) - activations.mean(axis=0)
    centred = activations - activations.mean(axis=0)
    outside = found - found @ np.linalg.pinv(centred, rcond=1e-5) @ centred
    assert np.abs(outside).max() < 1e-3 * np.abs(found).max()
