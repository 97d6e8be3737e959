"""Tegum factors against graphs and polytopes made by hand, and an independent search."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.metrics import (
    between_components,
    component_labels,
    component_ranks,
    component_sizes,
    feature_dimensionality,
    feature_graph,
    tegum_factors,
)
from tests.superpos.metrics.polytopes import FIGURES, LEVELS, direct_sum, padded, rotation

labels_of = jax.jit(component_labels)
factors_of = jax.jit(lambda W: tegum_factors(W, threshold=1e-3))
ranks_of = jax.jit(component_ranks)
sizes_of = jax.jit(component_sizes)
dimensionality_of = jax.jit(feature_dimensionality)


def searched(adjacency: np.ndarray) -> list[int]:
    """The smallest node that can be reached from each, one edge at a time."""
    labels = []
    for start in range(len(adjacency)):
        seen, front = {start}, [start]
        while front:
            node = front.pop()
            new = [j for j in range(len(adjacency)) if adjacency[node, j] and j not in seen]
            seen.update(new)
            front += new
        labels.append(min(seen))
    return labels


@given(seed=st.integers(0, 2**32 - 1), edges=st.integers(0, 40))
def test_labels_are_those_of_a_search(seed: int, edges: int) -> None:
    n, rng = 24, np.random.default_rng(seed)
    adjacency = np.zeros((n, n), bool)
    pairs = rng.integers(0, n, (edges, 2))
    adjacency[pairs[:, 0], pairs[:, 1]] = adjacency[pairs[:, 1], pairs[:, 0]] = True
    assert labels_of(jnp.asarray(adjacency)).tolist() == searched(adjacency)


@pytest.mark.parametrize("order", ["sorted", "reversed", "shuffled"])
def test_a_long_chain_is_one_component(order: str) -> None:
    n = 200
    nodes = np.arange(n)
    if order != "sorted":
        nodes = nodes[::-1] if order == "reversed" else np.random.default_rng(0).permutation(n)
    adjacency = np.zeros((n, n), bool)
    adjacency[nodes[:-1], nodes[1:]] = adjacency[nodes[1:], nodes[:-1]] = True
    assert set(labels_of(jnp.asarray(adjacency)).tolist()) == {0}
    adjacency[nodes[99], nodes[100]] = adjacency[nodes[100], nodes[99]] = False
    assert labels_of(jnp.asarray(adjacency)).tolist() == searched(adjacency)


def test_leading_dimensions_are_members_of_their_own() -> None:
    rng = np.random.default_rng(1)
    upper = np.triu(rng.random((3, 4, 12, 12)) < 0.12, 1)
    adjacency = upper | np.swapaxes(upper, -1, -2)
    found = labels_of(jnp.asarray(adjacency))
    assert found.shape == (3, 4, 12)
    for member in np.ndindex(3, 4):
        assert found[member].tolist() == searched(adjacency[member])
    mapped = jax.vmap(jax.vmap(component_labels))(jnp.asarray(adjacency))
    np.testing.assert_array_equal(mapped, found)


@pytest.mark.slow
def test_edge_is_an_inner_product_above_the_threshold() -> None:
    W = jnp.array([[2.0, 0.0], [0.5, 0.5], [-0.25, 0.0], [0.0, 0.0]])
    edges = np.argwhere(feature_graph(W, threshold=0.4)).tolist()
    assert edges == [[0, 1], [0, 2], [1, 0], [2, 0]]
    assert np.argwhere(feature_graph(W, threshold=0.5)).tolist() == [[0, 1], [1, 0]]
    assert not np.any(feature_graph(W, threshold=1.0))


def bipyramid(name: str) -> tuple[np.ndarray, int, float]:
    return {
        "triangular": (FIGURES["triangular bipyramid"], 3, 2 / 3),
        "pentagonal": (FIGURES["pentagonal bipyramid"], 5, 2 / 5),
    }[name]


@pytest.mark.parametrize("name", ["triangular", "pentagonal"])
def test_a_bipyramid_is_a_polygon_and_a_digon(name: str) -> None:
    """Three features at 2/3 and two at 1/2, not five at 3/5."""
    rows, n, level = bipyramid(name)
    W, k = jnp.asarray(padded(rows)), n + 2
    labels = factors_of(W)
    assert labels.tolist() == [0] * n + [n, n, *range(k, 12)]
    assert sizes_of(labels).tolist() == [n] * n + [2, 2] + [1] * (12 - k)
    assert ranks_of(W, labels).tolist() == [2] * n + [1, 1] + [0] * (12 - k)
    D = dimensionality_of(W)
    np.testing.assert_allclose(D, [level] * n + [0.5, 0.5] + [0] * (12 - k), rtol=1e-6)


@pytest.mark.parametrize("name", LEVELS)
def test_dimensionalities_of_a_figure_add_up_to_its_rank(name: str) -> None:
    n, m = FIGURES[name].shape
    W = jnp.asarray(padded(FIGURES[name]))
    np.testing.assert_allclose(dimensionality_of(W)[:n], LEVELS[name], rtol=1e-5)
    assert set(ranks_of(W, jnp.zeros(12, jnp.int32)).tolist()) == {m}
    np.testing.assert_allclose(n * LEVELS[name], m, rtol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(12)))
def test_factors_do_not_hang_on_rotation_or_order(seed: int, order: list[int]) -> None:
    blocks = [FIGURES[name] for name in ("digon", "triangle", "pentagon", "single")]
    W = np.concatenate([direct_sum(*blocks), np.zeros((1, 6))])
    expected = [0] * 2 + [2] * 3 + [5] * 5 + [10, 11]
    assert factors_of(jnp.asarray(W)).tolist() == expected
    turned = (W @ rotation(seed, 6))[order]
    labels = np.asarray(factors_of(jnp.asarray(turned)))
    old = np.asarray(expected)[order]
    np.testing.assert_array_equal(labels[:, None] == labels, old[:, None] == old)
    assert all(label <= index for index, label in enumerate(labels))
    sizes, ranks = sizes_of(jnp.asarray(labels)), ranks_of(jnp.asarray(turned), labels)
    assert sizes.tolist() == np.array([2] * 2 + [3] * 3 + [5] * 5 + [1, 1])[order].tolist()
    assert ranks.tolist() == np.array([1] * 2 + [2] * 3 + [2] * 5 + [1, 0])[order].tolist()


def test_ranks_where_blocks_share_an_eigenvalue() -> None:
    """Six digons of the same frame bound: eigenvectors of the blocks mix."""
    W = jnp.asarray(direct_sum(*[FIGURES["digon"]] * 6))
    assert ranks_of(W, factors_of(W)).tolist() == [1] * 12


def test_a_row_that_is_not_a_number_is_in_no_factor() -> None:
    rows = padded(FIGURES["triangle"]).copy()
    rows[1, 0] = np.nan
    assert factors_of(jnp.asarray(rows)).tolist() == [0, -1, 0, *range(3, 12)]


@pytest.mark.slow
def test_largest_product_between_blocks() -> None:
    W = jnp.array([[1.0, 0.0], [-1.0, 0.1], [0.0, 2.0]])
    labels = jnp.array([0, 0, 2])
    np.testing.assert_allclose(between_components(W, labels), 0.2, rtol=1e-6)
    assert between_components(W, jnp.zeros(3, jnp.int32)) == 0
    together = between_components(jnp.stack([W, 2 * W]), jnp.stack([labels, labels]))
    np.testing.assert_allclose(together, [0.2, 0.8], rtol=1e-6)
