"""A toy model that computes: one hidden layer, and weights that are not tied.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), which is to be the absolute value of x. Here both matrices are
of shape (n_features, n_hidden), so that a feature is a row of what feeds the neurons, and a row of
what reads them.
"""

from typing import Literal

import chex
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import (
    Count,
    MaybeExponent,
    MaybeNonNegative,
    NonNegatives,
    Positive,
    factory,
)
from superpos.models.activations import ACTIVATIONS, Activation, HiddenActivation
from superpos.models.importance import importance_weights
from superpos.models.objective import Reduction, objective
from superpos.models.tied import embed, encode
from superpos.types import Array, Batch, Key, Model, Output


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
    importance_decay: Positive = 1.0,
    importance_power: MaybeNonNegative = None,
    importance: NonNegatives | None = None,
    activation: Activation = "relu",
    hidden_activation: HiddenActivation = "relu",
    bias: bool = True,
    init: Literal["glorot", "unit"] = "glorot",
    init_scale: Positive = 1.0,
    loss_exponent: MaybeExponent = None,
    reduction: Reduction = "mean",
) -> Model:
    """Untied weights, y' = act(W_out hidden(W_inᵀ x) + b), importance-weighted error of y'.

    Args:
        n_features: number of inputs and of outputs, >= 1.
        n_hidden: neurons, >= 1.
        importance_decay: output i has importance importance_decay**i, in (0, inf).
        importance_power: multiplies it by (i + 1)**-importance_power, in [0, inf); None is 1.
        importance: importance of each output, n_features numbers >= 0, not all zero; multiplies
            the decay. None is all ones.
        activation: of the output: "relu", "linear" or "gelu".
        hidden_activation: of the neurons: "relu", "gelu", "solu" or "linear".
        bias: whether b is trained; without it b is 0 and nothing reads it.
        init: both initial matrices, normal: "glorot" of standard deviation
            sqrt(2 / (n_features + n_hidden)), "unit" of 1 / sqrt(n_hidden). b starts at 0.
        init_scale: multiplies both initial matrices, in (0, inf).
        loss_exponent: q of the error |y - y'|^q, in [1, inf); None is the squared error.
        reduction: the error over a batch is its "mean" or its "sum".

    Returns:
        A Model over ComputationParams, whose `Output.recon` is the prediction y'. Its loss is the
        weighted error summed over outputs and averaged over the batch, float32 ().

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.
    """
    weights = importance_weights(n_features, importance_decay, importance_power, importance)
    total = objective(weights, loss_exponent, reduction)
    act, hidden = ACTIVATIONS[activation], ACTIVATIONS[hidden_activation]
    std = np.sqrt({"glorot": 2 / (n_features + n_hidden), "unit": 1 / n_hidden}[init])

    def start(key: Key) -> tuple[ComputationParams, tuple[()]]:
        shape = (2, n_features, n_hidden)
        W_in, W_out = init_scale * std * jax.random.normal(key, shape)
        return ComputationParams(W_in=W_in, W_out=W_out, b=jnp.zeros(n_features)), ()

    def apply(params: ComputationParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        code = hidden(params.W_in.T @ x)
        mapped = params.W_out @ code
        return Output(code=code, recon=act(mapped + params.b if bias else mapped))

    def loss(
        params: ComputationParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        # Features lead: the batch is last, where the compiler vectorises it.
        code = hidden(encode(params.W_in, batch.inputs.T))
        mapped = embed(params.W_out, code)
        recon = act(mapped + params.b[:, None] if bias else mapped)
        return total(recon, batch.targets.T), (state, {})

    return Model(start, apply, loss)
