"""Targets that are a function of each input of another source."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, elementwise, sparse_uniform, stateless
from superpos.types import Batch, Key, Source

N = 3
EXPECTED: dict[str, Any] = {
    "abs": np.abs,
    "relu": lambda x: np.where(x > 0, x, 0),
    "square": lambda x: x * x,
    "identity": lambda x: x,
    "add_relu": lambda x: np.where(x > 0, 2 * x, x),
}


def signed() -> Source:
    """Normal inputs, and factors that are not the inputs."""

    def sample(key: Key, batch_size: int) -> Batch:
        x = jax.random.normal(key, (batch_size, N))
        return Batch(inputs=x, targets=jnp.full_like(x, jnp.nan), factors=x + 1)

    return stateless(sample)


@pytest.mark.parametrize("function", list(EXPECTED))
def test_targets_are_the_function_of_the_inputs(function: Any) -> None:
    batch = draw(
        elementwise(n_features=N, data=signed(), function=function), jax.random.key(0), 200
    )
    source = draw(signed(), jax.random.key(0), 200)
    np.testing.assert_array_equal(batch.inputs, source.inputs)
    np.testing.assert_array_equal(batch.factors, source.factors)
    assert (np.asarray(batch.inputs) < 0).any()
    np.testing.assert_array_equal(batch.targets, EXPECTED[function](np.asarray(batch.inputs)))


def test_columns_are_there_where_the_source_has_them() -> None:
    assert elementwise(n_features=N, data=signed(), function="abs").sample_columns is None
    data = sparse_uniform(n_features=N, density=0.5)
    assert elementwise(n_features=N, data=data, function="abs").sample_columns is not None


def test_another_width_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^n_features=4: expected the 3 of data$"):
        elementwise(n_features=4, data=signed(), function="abs")
