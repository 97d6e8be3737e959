"""Eigenvalues and eigenvectors of symmetric matrices, one matrix at a time on a CPU.

On a CPU, jaxlib shares a batch of matrices out to the threads of XLA from inside one of them, and
waits. Two such calls, of one program or of programs on two devices, can each hold a thread that the
other needs, for good. So a batch is taken one matrix after the other there.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from superpos.types import Array


def eigh(matrix: Array) -> tuple[Array, Array]:
    """`jnp.linalg.eigh` that many members of a sweep can call at once.

    Args:
        matrix: symmetric, (..., n, n); may be mapped by `jax.vmap`.

    Returns:
        Eigenvalues from the least up, (..., n), and eigenvectors as columns, (..., n, n).
    """
    return jnp.vectorize(_one(_eigh), signature="(n,n)->(n),(n,n)")(matrix)


def eigvalsh(matrix: Array) -> Array:
    """`jnp.linalg.eigvalsh` that many members of a sweep can call at once.

    Args:
        matrix: symmetric, (..., n, n); may be mapped by `jax.vmap`.

    Returns:
        Eigenvalues from the least up, (..., n).
    """
    return jnp.vectorize(_one(_eigvalsh), signature="(n,n)->(n)")(matrix)


def _eigh(matrix: Array) -> tuple[Array, Array]:
    values, vectors = jnp.linalg.eigh(matrix)
    return values, vectors


def _eigvalsh(matrix: Array) -> Array:
    return jnp.linalg.eigvalsh(matrix)


def _one(function: Callable) -> Callable:
    """A function of a matrix, called for one matrix after the other on a CPU."""
    in_turn = jax.custom_batching.sequential_vmap(function)
    return lambda matrix: jax.lax.platform_dependent(matrix, cpu=in_turn, default=function)
