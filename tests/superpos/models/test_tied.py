"""The tied map and its derivatives against NumPy in float64, on all branches of both platforms."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from superpos.memory import largest
from superpos.models.tied import _tied_elsewhere, tied_map

# (n_features, n_hidden, batch): W Wᵀ first where 2n <= 5m, and Wᵀx first where not.
PRODUCT_FIRST = [(1, 1, 1), (5, 2, 8), (4, 7, 3), (20, 8, 1)]
CODE_FIRST = [(3, 1, 1), (6, 2, 8), (20, 5, 16), (33, 13, 2)]
SHAPES = PRODUCT_FIRST + CODE_FIRST
MAPS = [tied_map, _tied_elsewhere]
BOTH = [(5, 2, 3), (6, 2, 3)]


def arguments(n: int, m: int, batch: int, *lead: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([n, m, batch, *lead])
    return rng.normal(size=(*lead, n, m)), rng.normal(size=(*lead, n, batch))


def numpy_gradient(W: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of |r|² / 2 with r = W Wᵀ x: (r xᵀ + x rᵀ) W and W Wᵀ r."""
    r = W @ (W.T @ x)
    return (r @ x.T + x @ r.T) @ W, W @ (W.T @ r)


def half_square(W: Any, x: Any, mapped: Any = tied_map) -> jax.Array:
    return jnp.sum(mapped(W, x) ** 2) / 2


@pytest.mark.parametrize("mapped", MAPS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_map_agrees_with_numpy(shape: tuple[int, int, int], mapped: Any) -> None:
    W, x = arguments(*shape)
    for dtype, tolerance in ((jnp.float32, 1e-5), (jnp.float64, 1e-13)):
        with jax.enable_x64(dtype == jnp.float64):
            y = jax.jit(mapped)(jnp.asarray(W, dtype), jnp.asarray(x, dtype))
            assert (y.shape, y.dtype) == (x.shape, dtype)
            scale = np.abs(W).sum() * np.abs(W).max() * np.abs(x).max()
            np.testing.assert_allclose(y, W @ W.T @ x, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("mapped", MAPS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gradient_is_the_closed_form(shape: tuple[int, int, int], mapped: Any) -> None:
    W, x = arguments(*shape)
    gradient = jax.grad(functools.partial(half_square, mapped=mapped), argnums=(0, 1))
    grads = jax.jit(gradient)(W, x)
    for actual, expected in zip(grads, numpy_gradient(W, x), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-11, atol=1e-11)


def test_many_features_take_no_room_for_all_products_of_their_rows() -> None:
    """The sum for few features held n²m numbers, and took 550 times as long at 400 by 400."""
    n = 40
    gradient = jax.make_jaxpr(jax.grad(half_square))(jnp.ones((n, n)), jnp.ones((n, 1)))
    assert largest(var for each in gradient.jaxpr.eqns for var in each.outvars) <= 4 * n * n


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", BOTH, ids=str)
def test_the_gradient_agrees_with_finite_differences(shape: tuple[int, int, int]) -> None:
    check_grads(tied_map, arguments(*shape), order=1, modes=["rev"])


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", BOTH, ids=str)
def test_the_hessian_agrees_with_differences_of_the_gradient(shape: tuple[int, int, int]) -> None:
    W, x = arguments(*shape)
    hessian = jax.jit(jax.jacfwd(jax.grad(half_square)))(W, x)
    step = 1e-6
    for i, j in np.ndindex(W.shape):
        move = np.zeros_like(W)
        move[i, j] = step
        change = numpy_gradient(W + move, x)[0] - numpy_gradient(W - move, x)[0]
        np.testing.assert_allclose(hessian[..., i, j], change / (2 * step), rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", BOTH, ids=str)
def test_mapped_twice_it_is_the_map_of_each(shape: tuple[int, int, int]) -> None:
    """As a chunk maps it: W over seeds and points, the batch over seeds alone."""
    W = arguments(*shape, 2, 3)[0]
    x = arguments(*shape, 2)[1]
    gradient = jax.grad(half_square, argnums=(0, 1))

    def chunk(function: Any) -> Any:
        return jax.jit(jax.vmap(jax.vmap(function, (0, None))))(W, x)

    y, (grad_W, grad_x) = chunk(tied_map), chunk(gradient)
    for seed, point in np.ndindex(2, 3):
        one = W[seed, point], x[seed]
        np.testing.assert_allclose(y[seed, point], one[0] @ one[0].T @ one[1], rtol=1e-11)
        expected = numpy_gradient(*one)
        np.testing.assert_allclose(grad_W[seed, point], expected[0], rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(grad_x[seed, point], expected[1], rtol=1e-11, atol=1e-11)
