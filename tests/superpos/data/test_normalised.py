"""Examples of norm 1."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, elementwise, normalised, sparse_uniform

SPARSE = sparse_uniform(n_features=4, density=0.3)
SQUARES = elementwise(n_features=4, data=SPARSE, function="square")


def test_everything_is_over_the_norm_of_the_inputs() -> None:
    before, after = (
        draw(source, jax.random.key(0), 200)
        for source in (SQUARES, normalised(n_features=4, data=SQUARES))
    )
    norms = np.linalg.norm(np.asarray(before.inputs, float), axis=1)
    assert (norms == 0).any() and (norms > 0).any()
    over = np.where(norms > 0, norms, 1)[:, None]
    for name in ("inputs", "targets", "factors"):
        expected = np.asarray(getattr(before, name), float) / over
        np.testing.assert_allclose(getattr(after, name), expected, rtol=1e-6)
    found = np.linalg.norm(np.asarray(after.inputs, float), axis=1)
    np.testing.assert_allclose(found, norms > 0, atol=1e-6)


def test_it_has_the_features_of_its_source() -> None:
    with pytest.raises(ArgumentError, match=r"^n_features=3: expected the 4 of data$"):
        normalised(n_features=3, data=SPARSE)
    assert jnp.isfinite(
        draw(normalised(n_features=4, data=SPARSE), jax.random.key(1), 9).inputs
    ).all()
