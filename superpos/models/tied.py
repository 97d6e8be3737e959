"""The map x -> W Wᵀ x of a batch, in the order and the layout that are cheapest on the device.

The one place where the layout of products shows; which of the two is taken is decided when a
program is lowered for a platform. Features lead and the batch is last.

On a CPU, the compiler has a fast product of a small matrix with such a batch only when the matrix
is summed over its own last dimension, so Wᵀ is laid out anew, which costs nothing beside the batch.

Elsewhere a small matrix is multiplied by a sum. The compiler makes one kernel of it and of what
stands around it, where a product of its own reads and writes the whole batch. Compiled for an H100
(JAX 0.10.2, no device at hand), an update of 1,000 autoencoders 5→2 moves 42 MB in place of 165,
and one of 20→5 moves 344 MB in place of 849. Any other product is the library's.
"""

import jax
import jax.numpy as jnp

from superpos.types import Array

_FEW_FEATURES = 10
"""Up to here the sum takes no longer on a CPU: of 5 features, 0.7 of the product's time."""
_FEW_NUMBERS = 1024
"""Numbers of a matrix that is multiplied by a sum elsewhere. There, each result takes a row of the
batch from the cache again for every number in its row, which from about 64 x 64 on takes longer
than what is saved."""


def tied_map(W: Array, x: Array) -> Array:
    """W Wᵀ x for a batch.

    Either first Wᵀx, which takes 2nm products an example, and 3nm more for the gradient; or first
    W Wᵀ, which takes n² and n² more. On a CPU the second is chosen where it takes no more than the
    first, elsewhere where it is a sum.

    Args:
        W: (n_features, n_hidden).
        x: a batch with its features leading, (n_features, batch).

    Returns:
        (n_features, batch). It can be differentiated in reverse, and forwards over reverse.
    """
    return jax.lax.platform_dependent(W, x, cpu=_tied_on_cpu, default=_tied_elsewhere)


def encode(W: Array, x: Array) -> Array:
    """Wᵀx for a batch with its features leading, (n_features, batch) -> (n_hidden, batch)."""
    return jax.lax.platform_dependent(W, x, cpu=_encoded_on_cpu, default=_encoded_elsewhere)


def embed(W: Array, code: Array) -> Array:
    """W h for a batch of codes h, (n_hidden, batch) -> (n_features, batch)."""
    return jax.lax.platform_dependent(W, code, cpu=_embedded_on_cpu, default=_product)


def _tied_elsewhere(W: Array, x: Array) -> Array:
    if W.shape[0] ** 2 <= _FEW_NUMBERS:
        return _product(_summed_rows(W), x)
    return W @ (W.T @ x)


def _encoded_elsewhere(W: Array, x: Array) -> Array:
    return _product(W.T, x)


def _product(matrix: Array, x: Array) -> Array:
    if matrix.size <= _FEW_NUMBERS:
        return jnp.sum(jnp.expand_dims(matrix, range(2, 1 + x.ndim)) * x[None], axis=1)
    return matrix @ x


def _tied_on_cpu(W: Array, x: Array) -> Array:
    n, m = W.shape
    if 2 * n <= 5 * m:
        # Of a few features a sum is faster than a product; it takes room for n²m numbers.
        return (_summed_rows(W) if n <= _FEW_FEATURES else W @ W.T) @ x
    return _embedded(W, _transposed(W) @ x)


def _summed_rows(W: Array) -> Array:
    """W Wᵀ as a sum over n²m numbers."""
    return jnp.sum(W[:, None] * W[None], axis=-1)


def _encoded_on_cpu(W: Array, x: Array) -> Array:
    return _transposed(W) @ x


def _embedded_on_cpu(W: Array, code: Array) -> Array:
    return _embedded(W, code)


# The gradient is the usual one, but laid out like the batch itself: left to itself, that of the
# code comes out as (batch, n_hidden), by a product that is several times slower. It stands behind a
# function, which cloudpickle takes by its name: it cannot take the object itself.
@jax.custom_vjp
def _embedded(W: Array, code: Array) -> Array:
    return W @ code


def _forward(W: Array, code: Array) -> tuple[Array, tuple[Array, Array]]:
    return W @ code, (W, code)


def _backward(residuals: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    W, code = residuals
    return gradient @ code.T, _transposed(W) @ gradient


_embedded.defvjp(_forward, _backward)


def _transposed(W: Array) -> Array:
    """Wᵀ laid out anew, which the barrier keeps from being folded into a product."""
    return jax.lax.optimization_barrier(W.T)
