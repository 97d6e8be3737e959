"""A star of correlations: all features with the first one, and not with one another.

Source: Chanin & Garriga-Alonso 2025, Sparse but Wrong (arXiv 2508.16560), the small toy model.
"""

from typing import Annotated

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from superpos.arguments import Count, Density, Interval, factory, shown
from superpos.data.patterns import batch_of
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.required import require
from superpos.types import Batch, Key, Magnitude, Scalar, Source, vectors

SignedCorrelation = Annotated[Scalar, Interval("[-1, 1]")]
ROUNDING = 1e-6
"""By which the shared variance may be above 1, as with a correlation of 0.5 and five features."""


@factory
def correlated_star(
    *,
    n_features: Count,
    density: Density,
    correlation: SignedCorrelation,
    magnitude: Magnitude | None = None,
) -> Source:
    """Feature i is on where a normal z_i is below its quantile, and only z_0 has correlations.

    z_0 = correlation · Σ_i z_i + sqrt(1 - (n_features - 1) correlation²) e with independent z_i and
    e, which holds at the ends as well, where the matrix of correlations is singular.

    Args:
        n_features: number of features, >= 1.
        density: probability that a feature is non-zero, in (0, 1].
        correlation: of z_0 with each other z_i, its size at most (n_features - 1)^-1/2. That of on
            and off is smaller.
        magnitude: distribution of a feature that is on, independent of all else; None is uniform
            on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range, or the correlation is too large for so many.
    """
    n_others = n_features - 1
    require(
        lambda correlation: correlation**2 * n_others <= 1 + ROUNDING,
        [correlation],
        lambda: (
            f"correlation={shown(correlation)}: expected at most {max(n_others, 1) ** -0.5:.6g} in"
            f" size, with n_features={n_features}"
        ),
    )

    def sample(key: Key, batch_size: int) -> Batch:
        key_normal, key_value = jax.random.split(key)
        normal = jax.random.normal(key_normal, (n_features, batch_size), jnp.float32)
        own = jnp.sqrt(jnp.maximum(1 - n_others * jnp.square(jnp.float32(correlation)), 0.0))
        first = correlation * jnp.sum(normal[1:], axis=0, keepdims=True) + own * normal[:1]
        on = jnp.concatenate([first, normal[1:]]) <= ndtri(jnp.float32(density))
        return batch_of(on, uniform_rows(key_value, (n_features, batch_size)), magnitude)

    return stateless(sample, gives=vectors(n_features))
