"""The loss of a batch: an error weighted by importance, and penalties."""

from collections.abc import Callable

from superpos.models.errors import Error
from superpos.models.regularisers.base import Regulariser
from superpos.types import Array, Params, Scalar

Criterion = Callable[[Array, Array, Array | None, Params], Array]
"""(recon, target, code, params) -> loss (). Features and neurons lead; the code may be None where
no penalty reads it."""


def criterion(
    n_features: int, importance_decay: Scalar, error: Error, regulariser: Regulariser
) -> Criterion:
    """What a model minimises.

    Args:
        n_features: number of features, >= 1.
        importance_decay: feature i counts importance_decay**i, in (0, inf).
        error: of recon against target.
        regulariser: what is added to it; without penalties the program is that of the error.

    Returns:
        A Criterion.

    Raises:
        ArgumentError: the importances are not those of n_features features.
    """
    weights = error.weights(n_features, importance_decay)

    def loss(recon: Array, target: Array, code: Array | None, params: Params) -> Array:
        value = error.mean(recon, target, weights())
        if code is not None:
            for penalty in regulariser.code_penalties:
                value += penalty(code)
        if error.reduction == "sum":
            value *= recon.shape[-1]
        for penalty in regulariser.params_penalties:
            value += penalty(params)
        return value

    return loss
