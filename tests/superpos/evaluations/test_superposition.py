"""What superposition measures, against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.evaluations import superposition
from superpos.models import AutoencoderParams

N, M = 5, 2
W = np.random.default_rng(0).normal(size=(N, M))
W[3] = 0
PARAMS = AutoencoderParams(W=jnp.asarray(W), b=jnp.zeros(N))


def measure(params: AutoencoderParams = PARAMS) -> dict[str, np.ndarray]:
    measured = superposition().measure(params, (), jax.random.key(0))
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


@pytest.mark.slow
def test_it_is_the_same_under_jit_and_vmap() -> None:
    several = PARAMS.replace(W=jnp.stack([PARAMS.W, 2 * PARAMS.W[::-1]]))
    over = AutoencoderParams(W=0, b=None)
    mapped = jax.jit(jax.vmap(superposition().measure, in_axes=(over, None, None)))(
        several, (), jax.random.key(0)
    )
    for number in (0, 1):
        for name, value in measure(PARAMS.replace(W=several.W[number])).items():
            np.testing.assert_allclose(mapped[name][number], value, rtol=1e-5)
