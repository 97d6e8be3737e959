"""Eigenvalues of mapped symmetric matrices."""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.metrics.symmetric import eigh


def test_mapped_or_not_it_is_that_of_each_matrix():
    A = np.random.default_rng(0).normal(size=(3, 2, 4, 4)).astype(np.float32)
    A = A + A.swapaxes(-1, -2)
    values, vectors = jax.jit(jax.vmap(jax.vmap(eigh)))(jnp.asarray(A))
    np.testing.assert_allclose(values, np.linalg.eigvalsh(A), atol=1e-5)
    rebuilt = np.einsum("...ij,...j,...kj->...ik", vectors, values, vectors)
    np.testing.assert_allclose(rebuilt, A, atol=1e-5)
