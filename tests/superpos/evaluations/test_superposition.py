"""What the superposition evaluation measures, against NumPy."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import saes
from superpos.arguments import ArgumentError
from superpos.evaluations import geometry, superposition
from superpos.models import AutoencoderParams

N, M = 5, 2
W = np.random.default_rng(0).normal(size=(N, M))
W[3] = 0
B = np.linspace(-0.2, 0.2, N)
PARAMS = AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(B))


def measure() -> dict[str, np.ndarray]:
    measured = superposition().measure(PARAMS, (), jax.random.key(0))
    return {name: np.asarray(value) for name, value in measured.items()}


@pytest.mark.slow
def test_it_measures_the_geometry_of_the_features() -> None:
    measured = measure()
    assert set(measured) == {
        "feature_norms", "feature_dimensionality", "features_per_dimension"
    }  # fmt: skip
    squared, overlaps = (W**2).sum(1), (W @ W.T) ** 2
    D = np.divide(squared**2, overlaps.sum(1), out=np.zeros(N), where=squared > 0)
    np.testing.assert_allclose(measured["feature_norms"], np.sqrt(squared), rtol=1e-5)
    np.testing.assert_allclose(measured["feature_dimensionality"], D, rtol=1e-5)
    np.testing.assert_allclose(measured["features_per_dimension"], squared.sum() / M, rtol=1e-5)


def test_it_is_the_same_under_jit_and_vmap() -> None:
    both = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf]), PARAMS)
    mapped = jax.jit(jax.vmap(superposition().measure, (0, None, None)))(
        both, (), jax.random.key(0)
    )
    for name, value in measure().items():
        np.testing.assert_allclose(mapped[name][0], value, rtol=1e-5)


@pytest.mark.parametrize("evaluation", [geometry, superposition])
def test_a_model_without_a_matrix_is_refused_when_it_is_built(evaluation: Any) -> None:
    with pytest.raises(ArgumentError, match="^model: expected parameters with a matrix W; for oth"):
        evaluation(model=saes.topk(d_in=3, d_code=4, k=1))
