"""What the geometry evaluation measures, for polytopes made by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.evaluations import geometry
from superpos.models import AutoencoderParams
from tests.superpos.metrics.polytopes import FIGURES, direct_sum

W = np.concatenate([direct_sum(FIGURES["digon"], FIGURES["pentagon"]), np.zeros((1, 3))])
N, M = W.shape
PARAMS = AutoencoderParams(W=jnp.asarray(W), b=jnp.zeros(N))


def measure(threshold: float = 0.1, W: jax.Array = PARAMS.W) -> dict[str, np.ndarray]:
    evaluation = geometry(threshold=threshold)
    measured = evaluation.measure(PARAMS.replace(W=W), (), jax.random.key(0))
    return {name: np.asarray(value) for name, value in measured.items()}


@pytest.mark.slow
def test_it_measures_factors_and_the_frame() -> None:
    measured = measure()
    assert measured["tegum_factors"].tolist() == [0, 0, 2, 2, 2, 2, 2, 7]
    assert measured["component_sizes"].tolist() == [2, 2, 5, 5, 5, 5, 5, 1]
    np.testing.assert_allclose(measured["frame_spectrum"], [2.5, 2.5, 2.0], rtol=1e-5)
    np.testing.assert_allclose(measured["frame_residuals"], 0, atol=1e-6)
    assert set(measured) == {
        "tegum_factors", "component_sizes", "frame_spectrum", "frame_residuals"
    }  # fmt: skip


@pytest.mark.slow
def test_the_threshold_says_what_is_orthogonal() -> None:
    """Neighbours in the pentagon have cosine 0.309, the others -0.809, the digon -1."""
    tilted = jnp.asarray(W).at[0, 1].set(0.2)
    assert set(measure(0.1, tilted)["tegum_factors"].tolist()) == {0, 7}
    assert measure(0.21, tilted)["tegum_factors"].tolist() == [0, 0, 2, 2, 2, 2, 2, 7]
    assert measure(0.9)["component_sizes"].tolist() == [2, 2, 1, 1, 1, 1, 1, 1]


def test_a_bad_threshold_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^threshold=-0.1: expected a number in"):
        measure(-0.1)
