"""What is minimised: an error weighted by importance, and penalties."""

from collections.abc import Callable
from typing import Literal, Protocol

from superpos.losses import l1, mean_l1, weighted_power_error, weighted_squared_error
from superpos.types import Array, Scalar


class Objective(Protocol):
    """The loss of a batch."""

    def __call__(
        self, recon: Array, target: Array, code: Array | None = None, W: Array | None = None
    ) -> Array:
        """Features and neurons lead: (n_features, batch) twice, (n_hidden, batch), weights."""
        ...


Reduction = Literal["mean", "sum"]


def objective(
    weights: Callable[[], Array],
    loss_exponent: Scalar | None,
    reduction: Reduction,
    l1_code: Scalar | None = None,
    l1_weights: Scalar | None = None,
) -> Objective:
    """The loss of a batch. What is None costs nothing.

    Args:
        weights: gives the importance of each feature, (n_features,).
        loss_exponent: q of the error |target - recon|^q, in [1, inf); None is the squared error.
        reduction: whether the batch is averaged over or summed over.
        l1_code: weight of Σ|code|, reduced like the error, in [0, inf); None is 0.
        l1_weights: weight of Σ|W|, in [0, inf); None is 0.

    Returns:
        An Objective.
    """

    def loss(
        recon: Array, target: Array, code: Array | None = None, W: Array | None = None
    ) -> Array:
        if loss_exponent is None:
            value = weighted_squared_error(recon, target, weights())
        else:
            value = weighted_power_error(recon, target, weights(), loss_exponent)
        if code is not None and l1_code is not None:
            value += l1_code * mean_l1(code)
        if reduction == "sum":
            value *= recon.shape[-1]
        if W is not None and l1_weights is not None:
            value += l1_weights * l1(W)
        return value

    return loss
