"""Eigenvalues and eigenvectors of symmetric matrices, one matrix at a time on a CPU."""

import jax
import jax.numpy as jnp

from superpos.types import Array


def eigh(matrix: Array) -> tuple[Array, Array]:
    """`jnp.linalg.eigh` that many members of a sweep can call at once.

    On a CPU, jaxlib shares a batch of matrices out to the threads of XLA from inside one of them,
    and waits. Two such calls, of one program or of programs on two devices, can each hold a thread
    that the other needs, for good. So mapped calls take one matrix after the other there.

    Args:
        matrix: symmetric, (n, n); mapped by `jax.vmap`, if at all.

    Returns:
        Eigenvalues from the least up, (n,), and eigenvectors as columns, (n, n).
    """
    return jax.lax.platform_dependent(matrix, cpu=_one_by_one, default=_eigh)


def _eigh(matrix: Array) -> tuple[Array, Array]:
    values, vectors = jnp.linalg.eigh(matrix)
    return values, vectors


_one_by_one = jax.custom_batching.sequential_vmap(_eigh)
