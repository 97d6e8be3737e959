"""Products of a batch and their gradients against NumPy in float64, on both platforms."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.models.products import _elsewhere, _on_cpu, batch_product, centred_product

SHAPES = [(8, 5, 2), (8, 2, 5), (1, 3, 3), (3, 1, 4)]


def drawn(batch: int, n: int, m: int) -> tuple[np.ndarray, ...]:
    """x, b, W and the gradient of a product."""
    rng = np.random.default_rng([batch, n, m])
    return tuple(rng.normal(size=size) for size in ((batch, n), (n,), (n, m), (batch, m)))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_product_and_its_gradients(shape: tuple[int, int, int]) -> None:
    """Of sum(g * x W): g Wᵀ in x, and xᵀ g in W."""
    x, _, W, g = drawn(*shape)
    np.testing.assert_allclose(batch_product(x, W), x @ W, rtol=1e-12)
    grads = jax.jit(jax.grad(lambda x, W: jnp.sum(g * batch_product(x, W)), argnums=(0, 1)))(x, W)
    np.testing.assert_allclose(grads[0], g @ W.T, rtol=1e-12)
    np.testing.assert_allclose(grads[1], x.T @ g, rtol=1e-12)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_product_of_what_is_centred(shape: tuple[int, int, int]) -> None:
    """Of sum(g * (x - b) W): g Wᵀ in x, minus its sum in b, and (x - b)ᵀ g in W."""
    x, b, W, g = drawn(*shape)

    def weighted(x: Any, b: Any, W: Any) -> jax.Array:
        return jnp.sum(g * centred_product(x, b, W))

    np.testing.assert_allclose(centred_product(x, b, W), (x - b) @ W, rtol=1e-12)
    grads = jax.jit(jax.grad(weighted, argnums=(0, 1, 2)))(x, b, W)
    np.testing.assert_allclose(grads[0], g @ W.T, rtol=1e-12)
    np.testing.assert_allclose(grads[1], -(g @ W.T).sum(0), rtol=1e-12)
    np.testing.assert_allclose(grads[2], (x - b).T @ g, rtol=1e-12)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gradient_of_a_matrix_is_the_same_on_both_platforms(
    shape: tuple[int, int, int],
) -> None:
    x, _, _, g = drawn(*shape)
    for found in (_on_cpu(jnp.asarray(x), jnp.asarray(g)), _elsewhere(x, g)):
        np.testing.assert_allclose(found, x.T @ g, rtol=1e-12)


@pytest.mark.usefixtures("x64")
def test_mapped_over_members_it_is_the_product_of_each() -> None:
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(3, 8, 5)), rng.normal(size=(3, 5, 2))
    grads = jax.vmap(jax.grad(lambda W, x: jnp.sum(batch_product(x, W) ** 2) / 2))(W, x)
    np.testing.assert_allclose(grads, np.swapaxes(x, 1, 2) @ (x @ W), rtol=1e-12)
