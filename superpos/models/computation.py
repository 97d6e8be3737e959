"""A toy model that computes: one hidden layer, and weights that are not tied.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), which is to be the absolute value of x. Here both matrices are
of shape (n_features, n_hidden), so that a feature is a row of what feeds the neurons, and a row of
what reads them.
"""

from collections.abc import Sequence

import flax.struct
import jax.numpy as jnp

from superpos.arguments import Count, MaybeAtLeastOne, Positive, factory
from superpos.models.activations import Activation, HiddenActivation
from superpos.models.errors import Error
from superpos.models.hidden_layer import hidden_layer
from superpos.models.inits import Init
from superpos.models.regularisers.base import Regulariser
from superpos.types import Array, Model


@flax.struct.dataclass(kw_only=True)
class ComputationParams:
    """Parameters of the untied model.

    Attributes:
        W_in: what each feature feeds into the neurons, W1 of the paper transposed,
            (n_features, n_hidden).
        W_out: how each output reads the neurons, W2 of the paper, (n_features, n_hidden).
        b: output bias, (n_features,).
    """

    W_in: Array
    W_out: Array
    b: Array


@factory
def computation(
    *,
    n_features: Count,
    n_hidden: Count,
    n_used: MaybeAtLeastOne = None,
    width: MaybeAtLeastOne = None,
    importance_decay: Positive = 1.0,
    activation: Activation = "relu",
    hidden_activation: HiddenActivation = "relu",
    bias: bool = True,
    init: Init | None = None,
    error: Error | None = None,
    regularisers: Sequence[Regulariser] | None = None,
) -> Model:
    """Untied weights, y' = act(W_out hidden(W_inᵀ x) + b), importance-weighted error of y'.

    Args:
        n_features: number of inputs and of outputs, >= 1.
        n_hidden: neurons, >= 1.
        n_used: features in use, the first of them, in [1, n_features]; a fraction is dropped. None
            is all.
        width: neurons in use, the first of them, in [1, n_hidden]; a fraction is dropped.
            None is all. With the part in use the model starts, learns and measures as one of that
            size does, if its optimiser moves each parameter by its own gradient.
        importance_decay: output i has importance importance_decay**i, in (0, inf).
        activation: of the output: "relu", "linear" or "gelu".
        hidden_activation: of the neurons: "relu", "gelu", "solu" or "linear".
        bias: whether b is trained; without it b stays at its start and nothing reads it.
        init: initial parameters, of `models.inits`; None is `glorot`.
        error: of the prediction, of `models.errors`; None is the `squared` error.
        regularisers: of `models.regularisers`, in their order; None is none.

    Returns:
        A Model over ComputationParams, whose `Output.recon` is the prediction y'. Its loss is the
        weighted error summed over outputs and averaged over the batch, with what the regularisers
        add, float32 ().

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model; from `loss`,
            a regulariser does not.
        AssertionError: a batch whose width is not n_features.
    """

    def zeros() -> ComputationParams:
        W_in, W_out = jnp.zeros((2, n_features, n_hidden))
        return ComputationParams(W_in=W_in, W_out=W_out, b=jnp.zeros(n_features))

    rows = ("feature", "hidden")
    return hidden_layer(
        zeros,
        lambda params: (params.W_in, params.W_out),
        n_features=n_features,
        n_hidden=n_hidden,
        n_used=n_used,
        width=width,
        importance_decay=importance_decay,
        activation=activation,
        hidden_activation=hidden_activation,
        bias=bias,
        init=init,
        error=error,
        regularisers=regularisers,
        dims={"W_in": rows, "W_out": rows, "b": ("feature",)},
    )
