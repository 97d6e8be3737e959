"""What is minimised of a reconstruction against its target."""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import jax.numpy as jnp

from superpos.arguments import Exponent, MaybeNonNegative, NonNegatives, factory
from superpos.losses import weighted_power_error, weighted_squared_error
from superpos.models.importance import importance_weights
from superpos.types import Array, Scalar, Scalars

ErrorColumns = Callable[[Iterable[Array], Iterable[Array], Scalar], Array]
Reduction = Literal["mean", "sum"]


class Error(NamedTuple):
    """An error, weighted by the importance of features.

    Attributes:
        weights: (n_features, importance_decay) -> () -> importance of each feature, (n_features,);
            raises ArgumentError at once where the number of features is another.
        mean: (recon, target, importance) -> the error summed over features and averaged over the
            batch, (); features lead.
        reduction: whether a loss is this mean over a batch, or the sum.
        columns: (recon, target, importance_decay) -> the loss (), from a vector (batch,) for each
            feature, for an engine that keeps a run in registers; None where there is no such
            function.
    """

    weights: Callable[[int, Scalar], Callable[[], Array]]
    mean: Callable[[Array, Array, Array], Array]
    reduction: Reduction = "mean"
    columns: ErrorColumns | None = None


@factory
def squared(
    *,
    importance: NonNegatives | None = None,
    importance_power: MaybeNonNegative = None,
    reduction: Reduction = "mean",
) -> Error:
    """The squared error Σ_i I_i (target_i - recon_i)².

    Args:
        importance: importance of each feature, n_features numbers >= 0, not all zero; multiplies
            the decay of the model. None is all ones.
        importance_power: multiplies it by (i + 1)**-importance_power, in [0, inf); None is 1.
        reduction: the error over a batch is its "mean" or its "sum".

    Returns:
        An Error.

    Raises:
        ArgumentError: a value is out of range.
    """
    in_columns = importance_power is None and reduction == "mean"
    return Error(
        weights=_weights(importance, importance_power),
        mean=weighted_squared_error,
        reduction=reduction,
        columns=_squared_columns(importance) if in_columns else None,
    )


@factory
def power(
    *,
    loss_exponent: Exponent,
    importance: NonNegatives | None = None,
    importance_power: MaybeNonNegative = None,
    reduction: Reduction = "mean",
) -> Error:
    """A power of the error, Σ_i I_i |target_i - recon_i|^q.

    Args:
        loss_exponent: q, in [1, inf).
        importance: importance of each feature, n_features numbers >= 0, not all zero; multiplies
            the decay of the model. None is all ones.
        importance_power: multiplies it by (i + 1)**-importance_power, in [0, inf); None is 1.
        reduction: the error over a batch is its "mean" or its "sum".

    Returns:
        An Error.

    Raises:
        ArgumentError: a value is out of range.
    """

    def mean(recon: Array, target: Array, weights: Array) -> Array:
        return weighted_power_error(recon, target, weights, loss_exponent)

    return Error(_weights(importance, importance_power), mean, reduction)


def _weights(
    importance: Scalars | None, importance_power: Scalar | None
) -> Callable[[int, Scalar], Callable[[], Array]]:
    return lambda n_features, decay: importance_weights(
        n_features, decay, importance_power, importance, name="error.importance"
    )


def _squared_columns(importance: Scalars | None) -> ErrorColumns:
    def columns(recon: Iterable[Array], target: Iterable[Array], importance_decay: Scalar) -> Array:
        total = jnp.float32(0.0)
        for i, (column, wanted) in enumerate(zip(recon, target, strict=True)):
            error = jnp.square(wanted - column)
            weight = importance_decay**i
            if importance is not None:
                weight *= importance[i]
            total += weight * error.mean()
        return total

    return columns
