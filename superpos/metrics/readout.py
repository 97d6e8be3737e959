"""How well features can be read out by a linear map: cross-talk, and its floor.

Source: arXiv 2605.01192, the floor of the mean squared cross-talk of a read-out of low rank, which
is that of Welch 1974, Lower bounds on the maximum cross correlation of signals.
"""

import jax.numpy as jnp

from superpos.metrics.entry import Numbers, Pairs, metric
from superpos.required import require


@metric
def mean_squared_crosstalk(gram: Pairs) -> Numbers:
    """How much features disturb one another in a linear read-out, on average over pairs.

    Args:
        gram: what is read of feature i when feature j alone is on, with value 1,
            (..., n_features, n_features), two features or more.

    Returns:
        The mean square of the entries off the diagonal, each row over its diagonal entry first, so
        that a feature is read as itself, (...). A row with 0 on the diagonal stays as it is.
    """
    n = gram.shape[-1]
    own = jnp.diagonal(gram, axis1=-2, axis2=-1)[..., None]
    scaled = gram / jnp.where(own == 0, 1.0, own)
    diagonal = jnp.broadcast_to(jnp.eye(n, dtype=bool), scaled.shape)
    squares = jnp.sum(jnp.where(diagonal, 0.0, jnp.square(scaled)), axis=(-2, -1))
    return squares / max(n * (n - 1), 1)


@metric
def readout_floor(n_features: Numbers, n_hidden: Numbers) -> Numbers:
    """The least mean squared cross-talk of any linear read-out through a narrow layer.

    Args:
        n_features: F >= 1, (...).
        n_hidden: d >= 1, its rank, (...).

    Returns:
        (F/d - 1) / (F - 1), (...); 0 where d >= F. Unit-norm tight frames meet it.

    Raises:
        ArgumentError: a number is below 1.
    """
    for name, numbers in (("n_features", n_features), ("n_hidden", n_hidden)):
        require(
            lambda numbers: ~jnp.any(numbers < 1),
            [numbers],
            lambda name=name: f"{name}: expected numbers in [1, inf)",
        )
    excess = jnp.maximum(n_features / n_hidden - 1, 0.0)
    return excess / jnp.maximum(n_features - 1, 1.0)
