"""Geometry of features: hand-made polytopes, symmetries, extreme scales and gradients."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads

from superpos.metrics import (
    capacity,
    dimensions_per_feature,
    feature_dimensionality,
    feature_norms,
    features_per_dimension,
    interference,
)

METRICS = [
    feature_norms,
    features_per_dimension,
    dimensions_per_feature,
    feature_dimensionality,
    interference,
]
COMPILED = {metric: jax.jit(metric) for metric in METRICS}
GRADIENTS = {m: jax.jit(jax.grad(lambda W, m=m: m(W).sum())) for m in METRICS}
PER_FEATURE = [feature_norms, feature_dimensionality, interference]


def polygon(n: int, z: float = 0.0, turn: float = 0.0) -> np.ndarray:
    """Unit vectors to the corners of a regular polygon at height z, (n, 3)."""
    angles = 2 * np.pi * (np.arange(n) + turn) / n
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(n, z)], axis=1)


def antiprism(z: float) -> np.ndarray:
    return np.concatenate([polygon(4, z), polygon(4, -z, turn=0.5)])


POLES = np.array([[0.0, 0, 1], [0, 0, -1]])
TETRAHEDRON = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
GEOMETRIES = {
    "alone": ([[2.0]], [1]),
    "alone in 3d": ([[1.0, 2.0, 2.0]], [1]),
    "orthogonal": (np.eye(4), [1] * 4),
    "orthogonal, other lengths": (np.diag([1.0, 2.0, 0.1]), [1] * 3),
    "digon": ([[1.0], [-1.0]], [1 / 2] * 2),
    "triangle": (polygon(3)[:, :2], [2 / 3] * 3),
    "tetrahedron": (TETRAHEDRON, [3 / 4] * 4),
    "pentagon": (polygon(5)[:, :2], [2 / 5] * 5),
    "hexagon": (polygon(6)[:, :2], [1 / 3] * 6),
    "octahedron": (np.concatenate([np.eye(3), -np.eye(3)]), [1 / 2] * 6),
    "tight square antiprism": (antiprism(np.sqrt(1 / 3)), [3 / 8] * 8),
    # u·S·u with the frame S = diag(4r², 4r², 8z²): 4 r⁴ + 8 z⁴ = 2.56 + 0.32 at z² = 0.2.
    "flat square antiprism": (antiprism(np.sqrt(0.2)), [1 / 2.88] * 8),
    "triangular bipyramid": (np.concatenate([polygon(3), POLES]), [2 / 3] * 3 + [1 / 2] * 2),
    "pentagonal bipyramid": (np.concatenate([polygon(5), POLES]), [2 / 5] * 5 + [1 / 2] * 2),
    "digon and a zero row": ([[1.0, 0], [-1, 0], [0, 0]], [1 / 2, 1 / 2, 0]),
    "unequal digon": ([[1.0], [-2.0]], [1 / 5, 4 / 5]),
}


def padded(rows: Any) -> np.ndarray:
    """With zero rows and columns up to (8, 4), so that all geometries share a compile."""
    rows = np.asarray(rows, float)
    return np.pad(rows, [(0, 8 - rows.shape[0]), (0, 4 - rows.shape[1])])


def numpy_interference(W: np.ndarray) -> np.ndarray:
    norms = np.sqrt((W**2).sum(1))
    return np.array(
        [
            sum((W[i] @ W[j] / norms[i]) ** 2 for j in range(len(W)) if j != i) if norms[i] else 0.0
            for i in range(len(W))
        ]
    )


def numpy_dimensionality(W: np.ndarray) -> np.ndarray:
    squared = (W**2).sum(1)
    total = np.array([sum((W[i] @ W[j]) ** 2 for j in range(len(W))) for i in range(len(W))])
    return np.divide(squared**2, total, out=np.zeros(len(W)), where=total > 0)


def random_rows(seed: int, n: int = 7, m: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, m))


@pytest.mark.parametrize("name", GEOMETRIES)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64], ids=["float32", "float64"])
def test_the_dimensionality_of_a_known_geometry(name: str, dtype: Any) -> None:
    rows, expected = GEOMETRIES[name]
    with jax.enable_x64(dtype == jnp.float64):
        D = COMPILED[feature_dimensionality](jnp.asarray(padded(rows), dtype))
        assert D.dtype == dtype
        tolerance = 1e-6 if dtype == jnp.float32 else 1e-14
        np.testing.assert_allclose(D[: len(rows)], expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_array_equal(D[len(rows) :], 0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.eye(3), [0, 0, 0]),
        ([[1.0], [-1.0]], [1, 1]),
        ([[1.0], [-3.0]], [9, 1]),
        (polygon(5)[:, :2], [3 / 2] * 5),
        (TETRAHEDRON, [1, 1, 1, 1]),
        ([[2.0, 0], [1.5, 1.5 * np.sqrt(3)]], [9 / 4, 1]),
        ([[1.0, 0], [0, 0], [1, 1]], [1, 0, 1 / 2]),
        (np.ones((4, 1)), [3] * 4),
        ([[5.0, 5.0]], [0]),
    ],
    ids=["orthogonal", "digon", "3 to 1", "pentagon", "tetrahedron", "60 degrees", "zero row",
         "equal", "alone"],
)  # fmt: skip
def test_interference_by_hand(rows: Any, expected: list[float]) -> None:
    """Not normalised by the length of the others: it is what they add to the read-out."""
    actual = COMPILED[interference](jnp.asarray(padded(rows)))
    np.testing.assert_allclose(actual[: len(rows)], expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(actual[len(rows) :], 0)


def test_norms_by_hand() -> None:
    W = jnp.array([[3.0, 4.0], [0.0, 0.0], [-1.0, 0.0]])
    np.testing.assert_allclose(feature_norms(W), [5, 0, 1], rtol=1e-6)


def test_features_per_dimension_and_its_inverse_by_hand() -> None:
    """A pentagon of length 2: ‖W‖_F² = 20 on 2 dimensions."""
    W = jnp.asarray(2 * polygon(5)[:, :2])
    np.testing.assert_allclose(features_per_dimension(W), 10, rtol=1e-6)
    np.testing.assert_allclose(dimensions_per_feature(W), 1 / 10, rtol=1e-6)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", [(40, 10), (1, 4)])
def test_values_agree_with_numpy(shape: tuple[int, int]) -> None:
    W = random_rows(0, *shape)
    for metric, expected in {
        feature_norms: np.linalg.norm(W, axis=1),
        features_per_dimension: (W**2).sum() / shape[1],
        dimensions_per_feature: shape[1] / (W**2).sum(),
        interference: numpy_interference(W),
        feature_dimensionality: numpy_dimensionality(W),
    }.items():
        np.testing.assert_allclose(COMPILED[metric](W), expected, rtol=1e-12, atol=1e-15)


def test_all_zero_weights() -> None:
    W = jnp.zeros((5, 2))
    for metric in PER_FEATURE:
        np.testing.assert_array_equal(COMPILED[metric](W), np.zeros(5))
    assert features_per_dimension(W) == 0
    assert dimensions_per_feature(W) == jnp.inf


@pytest.mark.parametrize("scale", [1e-25, 1e-15, 1e-5, 1e5, 1e15, 1e25])
@pytest.mark.parametrize("name", ["pentagon", "triangular bipyramid", "digon and a zero row"])
def test_dimensionality_does_not_depend_on_the_scale(name: str, scale: float) -> None:
    rows, expected = GEOMETRIES[name]
    D = COMPILED[feature_dimensionality](jnp.asarray(padded(rows) * scale, jnp.float32))
    np.testing.assert_allclose(D[: len(rows)], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ratio", [1e-25, 1e-15, 1e-5])
def test_dimensionality_of_rows_of_very_different_lengths(ratio: float) -> None:
    """The small row is alone in its direction, whatever its length."""
    W = jnp.diag(jnp.array([1.0, ratio]))
    np.testing.assert_allclose(COMPILED[feature_dimensionality](W), [1, 1], rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-25, 1e-15, 1e-5, 1e5, 1e15, 1e25])
def test_norms_scale_with_the_weights(scale: float) -> None:
    W = jnp.asarray(np.array([[3.0, 4.0], [0.0, 0.0]]) * scale, jnp.float32)
    np.testing.assert_allclose(feature_norms(W), np.array([5.0, 0.0]) * scale, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-25, 1e-15, 1e-5, 1e5, 1e15])
def test_squares_scale_with_the_square(scale: float) -> None:
    """Down to the smallest float32; a digon of length s has interference and mean square s²."""
    W = jnp.asarray([[scale], [-scale]], jnp.float32)
    np.testing.assert_allclose(COMPILED[interference](W), [scale**2] * 2, rtol=1e-5, atol=1e-37)
    np.testing.assert_allclose(
        COMPILED[features_per_dimension](W), 2 * scale**2, rtol=1e-5, atol=1e-37
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("lead", [(3,), (2, 1)])
def test_leading_dimensions_are_a_batch(metric: Any, lead: tuple[int, ...]) -> None:
    W = np.random.default_rng(1).normal(size=(*lead, 5, 2)).astype(np.float32)
    batched = np.asarray(COMPILED[metric](jnp.asarray(W)))
    for index in np.ndindex(lead):
        np.testing.assert_allclose(batched[index], COMPILED[metric](W[index]), rtol=1e-5)
    assert batched.shape[: len(lead)] == lead


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_is_the_same_under_jit_and_vmap(metric: Any) -> None:
    W = jnp.asarray(np.stack([random_rows(0, 5, 2), np.zeros((5, 2))]), jnp.float32)
    mapped = jax.jit(jax.vmap(metric))(W)
    np.testing.assert_allclose(mapped, np.stack([metric(alone) for alone in W]), rtol=1e-5)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_a_metric_keeps_the_dtype(metric: Any, dtype: Any) -> None:
    rows = polygon(5)[:, :2]
    with jax.numpy_dtype_promotion("strict"):
        value = COMPILED[metric](jnp.asarray(rows, dtype))
    assert value.dtype == dtype
    exact = np.asarray(COMPILED[metric](jnp.asarray(rows, jnp.float32)))
    np.testing.assert_allclose(np.asarray(value, np.float32), exact, rtol=0.03)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_dimensionality_among_many_features_in_any_dtype(dtype: Any) -> None:
    """A digon and an unequal one, 1 to 8, among 96 zero rows: the bounds of float16 are near."""
    W = np.zeros((100, 2))
    W[[3, 20, 40, 60]] = [[1, 0], [-1, 0], [0, 1], [0, -8]]
    D = np.asarray(COMPILED[feature_dimensionality](jnp.asarray(W, dtype)), float)
    np.testing.assert_allclose(D[[3, 20, 40, 60]], [1 / 2, 1 / 2, 1 / 65, 64 / 65], rtol=0.01)


@pytest.mark.parametrize("metric", METRICS)
def test_a_numpy_array_will_do(metric: Any) -> None:
    """Stored results are NumPy arrays; float64 is what NumPy makes unless told."""
    rows = polygon(5)[:, :2]
    np.testing.assert_allclose(metric(rows), COMPILED[metric](jnp.asarray(rows)), rtol=1e-6)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("metric", METRICS)
def test_gradients_agree_with_finite_differences(metric: Any) -> None:
    check_grads(COMPILED[metric], (random_rows(2),), order=1, modes=("rev",), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_gradients_of_dimensionality_agree_with_numpy() -> None:
    """Central differences of the definition in NumPy, summed with unequal weights."""
    W, weights, step = random_rows(3, 5, 2), np.arange(1.0, 6.0), 1e-6
    expected = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        shift = np.zeros_like(W)
        shift[index] = step
        difference = numpy_dimensionality(W + shift) - numpy_dimensionality(W - shift)
        expected[index] = weights @ difference / (2 * step)
    grads = jax.jit(jax.grad(lambda W: weights @ feature_dimensionality(W)))(W)
    np.testing.assert_allclose(grads, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("metric", PER_FEATURE)
def test_a_zero_row_leaves_the_gradients_of_the_others(metric: Any) -> None:
    """Near 0 it adds to them at second order, so their gradients are those without it."""
    rows = random_rows(4, 4, 2)
    with_zero = np.insert(rows, 1, 0.0, axis=0)
    others = np.array([0, 2, 3, 4])
    grads = jax.jit(jax.grad(lambda W: metric(W)[others].sum()))(with_zero)
    alone = GRADIENTS[metric](rows)
    np.testing.assert_allclose(grads[others], alone, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(grads[1], [0, 0])


@pytest.mark.parametrize(
    "metric", [feature_norms, features_per_dimension, feature_dimensionality, interference]
)
@pytest.mark.parametrize(
    "rows",
    [np.zeros((3, 2)), np.eye(3, 2), np.ones((3, 2)) * 1e-25, np.ones((3, 2)) * 1e15],
    ids=["all zero", "zero row", "tiny", "huge"],
)
def test_gradients_are_finite(metric: Any, rows: np.ndarray) -> None:
    grads = GRADIENTS[metric](jnp.asarray(rows, jnp.float32))
    assert np.isfinite(grads).all()


def test_the_gradient_of_a_zero_norm_is_zero() -> None:
    grads = GRADIENTS[feature_norms](jnp.array([[0.0, 0.0], [3.0, 4.0], [-2.0, 0.0]]))
    np.testing.assert_allclose(grads, [[0, 0], [0.6, 0.8], [-1, 0]], rtol=1e-6)


@st.composite
def weights(draw: st.DrawFn) -> np.ndarray:
    """Weights in quarters, with zero, equal and opposite rows among them."""
    n, m = draw(st.sampled_from([(6, 3), (2, 4)]))
    quarters = draw(st.lists(st.integers(-12, 12), min_size=n * m, max_size=n * m))
    return np.array(quarters).reshape(n, m) / 4


SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.slow
@given(weights(), SEEDS)
def test_a_rotation_of_the_hidden_space_changes_nothing(W: np.ndarray, seed: int) -> None:
    """Up to reflections, too."""
    m = W.shape[1]
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(m, m)))
    with jax.enable_x64(True):
        for metric in COMPILED.values():
            np.testing.assert_allclose(metric(W @ Q), metric(W), rtol=1e-9, atol=1e-12)


@given(weights(), SEEDS)
def test_a_permutation_of_features_permutes_the_values(W: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(W))
    with jax.enable_x64(True):
        for metric, compiled in COMPILED.items():
            expected = np.asarray(compiled(W))
            if metric in PER_FEATURE:
                expected = expected[order]
            np.testing.assert_allclose(compiled(W[order]), expected, rtol=1e-9, atol=1e-12)


@given(weights(), st.floats(1e-3, 1e3), st.sampled_from([-1, 1]))
def test_a_factor_changes_all_but_the_dimensionality(W: np.ndarray, size: float, sign: int) -> None:
    factor = size * sign
    with jax.enable_x64(True):
        for metric, power in (
            (feature_dimensionality, 0),
            (feature_norms, 1),
            (features_per_dimension, 2),
            (dimensions_per_feature, -2),
            (interference, 2),
        ):
            expected = size**power * np.asarray(COMPILED[metric](W))
            actual = COMPILED[metric](factor * W)
            np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


@given(weights())
def test_bounds(W: np.ndarray) -> None:
    """0 <= D_i <= 1, Σ D_i <= rank W, and what interferes is not negative."""
    with jax.enable_x64(True):
        D = np.asarray(COMPILED[feature_dimensionality](W))
        assert (D >= 0).all()
        assert (D <= 1).all()
        assert ((D > 0) == W.any(axis=1)).all()
        assert D.sum() <= np.linalg.matrix_rank(W) + 1e-9
        assert (np.asarray(COMPILED[interference](W)) >= 0).all()


@given(weights())
def test_values_agree_with_numpy_whatever_the_weights(W: np.ndarray) -> None:
    with jax.enable_x64(True):
        D, between = COMPILED[feature_dimensionality](W), COMPILED[interference](W)
    np.testing.assert_allclose(D, numpy_dimensionality(W), rtol=1e-9)
    np.testing.assert_allclose(between, numpy_interference(W), rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_capacity_and_dimensionality_are_one() -> None:
    W = jnp.asarray(random_rows(5))
    np.testing.assert_allclose(capacity(W), feature_dimensionality(W), rtol=1e-6)
