"""The importance of features: a geometric series, a power law, given numbers, or their product."""

import functools
import operator
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from superpos.arguments import ArgumentError, shown
from superpos.required import require
from superpos.types import Array, Scalar, Scalars


def importance_weights(
    n_features: int,
    importance_decay: Scalar,
    importance_power: Scalar | None = None,
    importance: Scalars | None = None,
    *,
    name: str = "importance",
) -> Callable[[], Array]:
    """The importance of each feature, by arguments whose own ranges are checked already.

    Args:
        n_features: number of features, >= 1.
        importance_decay: feature i counts importance_decay**i, in (0, inf).
        importance_power: feature i counts (i + 1)**-importance_power, in [0, inf); None is all 1.
        importance: what each feature counts, n_features numbers >= 0; None is all 1.
        name: how `importance` is called in a message.

    Returns:
        () -> the product of the three, float32 (n_features,).

    Raises:
        ArgumentError: another number of importances than of features, all of them zero, or a
            decay whose power overflows; one line.
    """
    if importance is not None:
        _check_importance(name, importance, n_features)
    _check_decay(importance_decay, n_features)

    def weights() -> Array:
        product = _powers(importance_decay, n_features)
        if importance_power is not None:
            ranks = jnp.arange(1, n_features + 1, dtype=jnp.float32)
            product *= jnp.power(ranks, -jnp.float32(importance_power))
        if importance is not None:
            product *= jnp.stack([jnp.float32(value) for value in importance])
        return product

    return weights


def _powers(decay: Scalar, n: int) -> Array:
    """decay**i for i < n; a constant, where it is known, for a GPU.

    In a loop the powers would take a kernel in every update.
    """

    def computed() -> Array:
        return jnp.power(jnp.float32(decay), jnp.arange(n))

    if isinstance(decay, Tracer):
        return computed()
    known = (np.float64(np.float32(decay)) ** np.arange(n)).astype(np.float32)
    return jax.lax.platform_dependent(cpu=computed, default=lambda: jnp.asarray(known))


def _check_importance(name: str, importance: Scalars, n_features: int) -> None:
    if len(importance) != n_features:
        raise ArgumentError(
            f"{name} has {len(importance)} values: expected n_features={n_features}"
        )
    require(
        lambda *values: functools.reduce(operator.or_, [value > 0 for value in values]),
        importance,
        lambda: f"{name}: all zero, expected at least one number > 0",
    )


def _check_decay(importance_decay: Scalar, n_features: int) -> None:
    power = n_features - 1
    largest = float(np.finfo(np.float32).max) ** (1 / max(power, 1))
    require(
        lambda decay: (decay <= 1) | (decay <= largest),
        [importance_decay],
        lambda: (
            f"importance_decay={shown(importance_decay)}: expected importance_decay**(n_features"
            f" - 1) within float32; it is 1e{power * np.log10(float(importance_decay)):.0f}"
        ),
    )
