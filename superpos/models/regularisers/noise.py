"""Noise on a hidden layer while a model trains."""

from typing import Literal

import jax
import jax.numpy as jnp

from superpos.arguments import NonNegative, factory
from superpos.models.regularisers.base import Regulariser
from superpos.types import Array, Key, Params


@factory
def noise(
    *, noise_scale: NonNegative, distribution: Literal["gaussian", "bernoulli"] = "gaussian"
) -> Regulariser:
    """The code plus independent noise of mean 0.

    Args:
        noise_scale: its standard deviation, in [0, inf).
        distribution: "gaussian", of excess kurtosis 0, or "bernoulli", which is ±noise_scale with
            equal probability and has the least excess kurtosis there is, -2.

    Returns:
        A Regulariser.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), the section on noise.
    """
    draw = {"gaussian": jax.random.normal, "bernoulli": jax.random.rademacher}[distribution]

    def noisy(code: Array, params: Params, key: Key) -> Array:
        del params
        return code + jnp.asarray(noise_scale, code.dtype) * draw(key, code.shape, dtype=code.dtype)

    return Regulariser(on_code=(noisy,))
