"""Eigenvalues of mapped symmetric matrices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.metrics.symmetric import eigh, eigvalsh


def test_mapped_or_not_it_is_that_of_each_matrix():
    A = np.random.default_rng(0).normal(size=(3, 2, 4, 4)).astype(np.float32)
    A = A + A.swapaxes(-1, -2)
    values, vectors = jax.jit(jax.vmap(eigh))(jnp.asarray(A))
    alone = jax.jit(jax.vmap(eigvalsh))(jnp.asarray(A))
    np.testing.assert_allclose(values, np.linalg.eigvalsh(A), atol=1e-5)
    np.testing.assert_allclose(alone, np.linalg.eigvalsh(A), atol=1e-5)
    rebuilt = np.einsum("...ij,...j,...kj->...ik", vectors, values, vectors)
    np.testing.assert_allclose(rebuilt, A, atol=1e-5)


@pytest.mark.parametrize("function", [eigh, eigvalsh])
def test_a_batch_on_a_cpu_is_a_call_for_each_matrix(function):
    """A call for the whole batch is what waits for its own threads."""
    with jax.default_device(jax.devices("cpu")[0]):
        program = jax.jit(jax.vmap(function)).lower(np.zeros((3, 4, 4), np.float32)).compile()
    calls = [line for line in program.as_text().splitlines() if "syevd" in line]
    assert calls and all('num_batch_dims="0"' in call for call in calls)
