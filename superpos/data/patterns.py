"""What sources share: densities of features, and sets of which one member is on."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.required import require
from superpos.types import Array, Batch, Magnitude, Scalar, Scalars

ROUNDING = 1e-6
"""The relative part by which a sum of densities may be off."""


def feature_density(
    index: int, density: Scalar, densities: Scalars | None, density_power: Scalar
) -> Scalar:
    """The density of one feature, density · densities_i · (i + 1)^-density_power, ()."""
    share = density if densities is None else density * densities[index]
    return share * _decay(np.log(np.float32(index + 1)), density_power)


def feature_densities(
    n_features: int, density: Scalar, densities: Scalars | None, density_power: Scalar
) -> Array:
    """The densities of all features, float32 (n_features, 1), as `feature_density` gives them."""
    column = np.arange(1, n_features + 1, dtype=np.float32)[:, None]
    share = density if densities is None else density * _column(densities)
    return jnp.asarray(share * _decay(np.log(column), density_power))


def check_densities(
    n_features: int, density: Scalar, densities: Scalars | None, density_power: Scalar
) -> None:
    """Refuse densities of another number of features, and those that float32 does not hold.

    Raises:
        ArgumentError: one line.
    """
    if densities is not None and len(densities) != n_features:
        raise ArgumentError(
            f"densities has {len(densities)} values: expected n_features={n_features}"
        )
    shares = [1.0] if densities is None else densities
    tiny = float(np.finfo(np.float32).tiny)

    def enough(density: Scalar, power: Scalar, *shares: Scalar) -> Any:
        last = density * float(n_features) ** -power
        return functools.reduce(operator.and_, [last * share >= tiny for share in shares])

    def refusal() -> str:
        least = np.log10(float(density)) + np.log10(min(map(float, shares)))
        least -= float(density_power) * np.log10(n_features)
        return (
            f"density_power={shown(density_power)}: expected a least density within float32; it is"
            f" 1e{least:.0f}"
        )

    require(enough, [density, density_power, *shares], refusal)


def scale_to(
    n_active: Scalar,
    n_used: Scalar,
    n_features: int,
    densities: Scalars | None,
    density_power: Scalar,
) -> Scalar:
    """The density by which those of the features in use add up to `n_active`, ().

    Raises:
        ArgumentError: one of them is above 1; one line.
    """

    def shares(used: Scalar, power: Scalar, *densities: Scalar) -> Array:
        found = feature_densities(n_features, 1.0, densities or None, power)[:, 0]
        return jnp.where(jnp.arange(n_features) < jnp.floor(used), found, 0)

    def largest(active: Scalar, *law: Scalar) -> Array:
        found = shares(*law)
        return active * found.max() / found.sum()

    law = (n_used, density_power, *(densities or ()))
    require(
        lambda *numbers: largest(*numbers) <= 1 + ROUNDING,
        [n_active, *law],
        lambda: (
            f"n_active={shown(n_active)}: expected densities of at most 1; the largest is"
            f" {float(largest(n_active, *law)):.3g}"
        ),
    )
    return n_active / shares(*law).sum()


def one_member(u: Array, density: Scalar, size: int) -> Array:
    """Which members of sets are on: one of a set that is on, each equally likely.

    Args:
        u: uniforms, one a set and example, (n_sets, batch).
        density: probability that a set is on.
        size: members of each set.

    Returns:
        bool (n_sets * size, batch), a set after the other.
    """
    member = jnp.minimum(jnp.floor(u / density * size), size - 1)
    chosen = member[:, None] == jnp.arange(size, dtype=u.dtype)[None, :, None]
    return (chosen & (u <= density)[:, None]).reshape(-1, u.shape[-1])


def batch_of(on: Array, uniforms: Array, magnitude: Magnitude | None) -> Batch:
    """A batch of features that are on or exactly 0.

    Args:
        on: which are on, bool (n_features, batch).
        uniforms: the quantile of each if it is on, (n_features, batch).
        magnitude: the distribution of the values; None is uniform on [0, 1].
    """
    values = uniforms if magnitude is None else magnitude(uniforms)
    return reconstructed(jnp.where(on, values, 0.0))


def reconstructed(values: Array) -> Batch:
    """A batch whose inputs are their own targets and factors: values (n_features, batch)."""
    return Batch(inputs=values.T, targets=values.T, factors=values.T)


def check_sets(n_features: int, set_size: int) -> None:
    """Refuse sets that do not make up the features.

    Raises:
        ArgumentError: one line.
    """
    if n_features % set_size:
        raise ArgumentError(f"set_size={set_size}: expected a divisor of n_features={n_features}")


def _decay(log: Any, power: Scalar) -> Any:
    """exp(-power · log), by NumPy where it is known, so that a power of 0 leaves no trace."""
    if isinstance(power, Array):
        return jnp.exp(-power * log)
    return np.exp(-np.float32(power) * log)


def _column(numbers: Sequence[Scalar]) -> Array:
    return jnp.stack([jnp.float32(number) for number in numbers])[:, None]
