"""Features whose frequency falls by a fixed ratio, of which at least one is on.

Source: Sharkey, Braun & Millidge 2022, Taking Features out of Superposition with Sparse
Autoencoders, with the definitions of its replication (HoagyC, `replicate_toy_models.py`).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from superpos.arguments import Count, Positive, PositiveFraction, Seed, factory, shown
from superpos.data.patterns import batch_of
from superpos.data.random_copula import factors_of
from superpos.data.source import stateless
from superpos.random import uniform_rows
from superpos.required import require
from superpos.types import Array, Batch, Key, Magnitude, Scalar, Source, vectors

SHIFT = 1.001
"""Times the least eigenvalue, where it is negative, is taken from the diagonal."""


@factory
def geometric(
    *,
    n_features: Count,
    mean_active: Positive,
    decay: PositiveFraction,
    correlated: bool = False,
    matrix_seed: Seed = 0,
    magnitude: Magnitude | None = None,
) -> Source:
    """Feature i is on with a probability that is proportional to decay^i.

    In an example with no feature on, one that is drawn at random has the value 1.

    Args:
        n_features: number of features, >= 1.
        mean_active: features that are on in an example, on average over those that are not made
            up, > 0 and at most n_features.
        decay: ratio of the probabilities of two features that follow one another, in (0, 1].
        correlated: each example has probabilities of its own, decay^i times Φ(z_i) of a normal z
            with a random covariance, scaled to the same mean. A probability above 1 counts as 1.
        matrix_seed: seed of the covariance: a matrix of uniforms and its transpose, averaged, with
            what is missing to be positive added to the diagonal.
        magnitude: distribution of a feature that is on; None is uniform on [0, 1].

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range.
    """
    require(
        lambda mean_active: mean_active <= n_features,
        [mean_active],
        lambda: f"mean_active={shown(mean_active)}: expected at most n_features={n_features}",
    )
    factors = _covariance_factors(matrix_seed, n_features) if correlated else None

    def sample(key: Key, batch_size: int) -> Batch:
        key_on, key_value, key_one, key_z = jax.random.split(key, 4)
        shape = (n_features, batch_size)
        shares = _shares(n_features, decay)[:, None]
        if factors is not None:
            normal = jax.random.normal(key_z, shape, jnp.float32)
            z = jnp.matmul(factors, normal, precision=jax.lax.Precision.HIGHEST)
            shares = shares * ndtr(z)
        probabilities = mean_active * shares / jnp.sum(shares, axis=0, keepdims=True)
        on = uniform_rows(key_on, shape) <= probabilities
        batch = batch_of(on, uniform_rows(key_value, shape), magnitude)
        alone = jax.random.randint(key_one, (batch_size,), 0, n_features)
        made_up = jax.nn.one_hot(alone, n_features, dtype=jnp.float32)
        empty = ~jnp.any(on, axis=0)[:, None]
        values = jnp.where(empty, made_up, batch.inputs)
        return Batch(inputs=values, targets=values, factors=values)

    return stateless(sample, gives=vectors(n_features))


def _shares(n_features: int, decay: Scalar) -> Array:
    """decay^i, float32 (n_features,)."""
    return jnp.exp(jnp.log(jnp.float32(decay)) * jnp.arange(n_features, dtype=jnp.float32))


def _covariance_factors(seed: int, n_features: int) -> np.ndarray:
    """F of a covariance F Fᵀ, float32 (n_features, n_features)."""
    uniforms = np.random.default_rng(seed).uniform(size=(n_features, n_features))
    covariance = (uniforms + uniforms.T) / 2
    least = np.linalg.eigvalsh(covariance)[0]
    return factors_of(covariance - SHIFT * min(least, 0.0) * np.eye(n_features))
