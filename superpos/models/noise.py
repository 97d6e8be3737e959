"""Noise on a hidden layer while a model trains."""

from typing import Literal

import jax
import jax.numpy as jnp

from superpos.types import Array, Key, Scalar

Noise = Literal["gaussian", "bernoulli"]


def noisy(code: Array, key: Key, *, noise: Noise, noise_scale: Scalar | None) -> Array:
    """A code plus independent noise of mean 0.

    Args:
        code: of any shape.
        key: where the noise is drawn from.
        noise: "gaussian", of excess kurtosis 0, or "bernoulli", which is ±noise_scale with equal
            probability and has the least excess kurtosis there is, -2.
        noise_scale: its standard deviation, in [0, inf); None leaves the code and draws nothing.

    Returns:
        The same shape.

    Reference:
        Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), the section on noise.
    """
    if noise_scale is None:
        return code
    draw = {"gaussian": jax.random.normal, "bernoulli": jax.random.rademacher}[noise]
    return code + jnp.asarray(noise_scale, code.dtype) * draw(key, code.shape, dtype=code.dtype)
