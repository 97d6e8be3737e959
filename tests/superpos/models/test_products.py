"""The product of a batch and its gradients against NumPy in float64, on both platforms."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.models.products import _elsewhere, batch_product

SHAPES = [(8, 5, 2), (8, 2, 5), (1, 3, 3), (3, 1, 4)]


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("product", [batch_product, _elsewhere])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_the_product_and_so_are_its_gradients(shape: tuple[int, ...], product: Any) -> None:
    """Of sum(g * x W): g Wᵀ in x, and xᵀ g in W."""
    batch, n, m = shape
    rng = np.random.default_rng(shape)
    x, W, g = rng.normal(size=(batch, n)), rng.normal(size=(n, m)), rng.normal(size=(batch, m))
    np.testing.assert_allclose(product(x, W), x @ W, rtol=1e-12)
    grads = jax.jit(jax.grad(lambda x, W: jnp.sum(g * product(x, W)), argnums=(0, 1)))(x, W)
    np.testing.assert_allclose(grads[0], g @ W.T, rtol=1e-12)
    np.testing.assert_allclose(grads[1], x.T @ g, rtol=1e-12)


@pytest.mark.usefixtures("x64")
def test_mapped_over_members_it_is_the_product_of_each() -> None:
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(3, 8, 5)), rng.normal(size=(3, 5, 2))
    grads = jax.vmap(jax.grad(lambda W, x: jnp.sum(batch_product(x, W) ** 2) / 2))(W, x)
    np.testing.assert_allclose(grads, np.swapaxes(x, 1, 2) @ (x @ W), rtol=1e-12)
