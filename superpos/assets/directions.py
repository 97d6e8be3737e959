"""Directions of true features, as arrays that all members of a sweep share."""

from typing import Annotated

from superpos.arguments import Count, CountOrZero, Interval, Seed, factory
from superpos.data import directions
from superpos.engine.assets import asset
from superpos.types import Asset

Rate = Annotated[float, Interval("(0, inf)")]


@factory
def orthogonalised(
    *,
    n_features: Count,
    n_inputs: Count,
    seed: Seed = 42,
    n_steps: CountOrZero = 100,
    learning_rate: Rate = 3e-4,
) -> Asset:
    """Random unit vectors that are pushed apart, as SynthSAEBench does, more than there are inputs.

    Args:
        n_features: vectors, >= 1.
        n_inputs: their length, >= 1.
        seed: which ones.
        n_steps: how long they are pushed apart, >= 0; 0 leaves them as they are drawn.
        learning_rate: of Adam, > 0.

    Returns:
        An Asset of one array, (n_features, n_inputs), float32, for `data.embedded`.

    Raises:
        ArgumentError: a value is out of range.
    """
    given = {"n_steps": n_steps, "learning_rate": learning_rate}
    return asset(directions.orthogonalised(seed, n_features, n_inputs, **given))


@factory
def orthonormal(*, n_features: Count, n_inputs: Count, seed: Seed = 0) -> Asset:
    """Random unit vectors, each at a right angle to all others.

    Args:
        n_features: vectors, >= 1, at most n_inputs.
        n_inputs: their length, >= 1.
        seed: which ones.

    Returns:
        An Asset of one array, (n_features, n_inputs), float32, for `data.embedded`.

    Raises:
        ArgumentError: a value is out of range, or there are more vectors than inputs.
    """
    return asset(directions.orthonormal(seed, n_features, n_inputs))
