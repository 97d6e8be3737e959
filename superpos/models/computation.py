"""A toy model that computes: one hidden layer, and weights that are not tied.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), which is to be the absolute value of x. Here both matrices are
of shape (n_features, n_hidden), so that a feature is a row of what feeds the neurons, and a row of
what reads them.
"""

from collections.abc import Sequence

import chex
import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import Count, Positive, factory
from superpos.models.activations import ACTIVATIONS, Activation, HiddenActivation
from superpos.models.criterion import criterion
from superpos.models.errors import Error, squared
from superpos.models.inits import Init, glorot, model_init
from superpos.models.regularisers.base import Regulariser, chain, changed
from superpos.models.tied import embed, encode
from superpos.types import Array, Batch, Key, Model, Output, vectors


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
    act, hidden = ACTIVATIONS[activation], ACTIVATIONS[hidden_activation]
    regulariser = chain(*regularisers or ())
    error = squared() if error is None else error
    total = criterion(n_features, importance_decay, error, regulariser)

    def zeros() -> ComputationParams:
        W_in, W_out = jnp.zeros((2, n_features, n_hidden))
        return ComputationParams(W_in=W_in, W_out=W_out, b=jnp.zeros(n_features))

    def apply(params: ComputationParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        code = hidden(params.W_in.T @ x)
        mapped = params.W_out @ code
        return Output(code=code, recon=act(mapped + params.b if bias else mapped))

    def loss(
        params: ComputationParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        key_inputs, key_code = jax.random.split(key) if regulariser.on_inputs else (key, key)
        # Features lead: the batch is last, where the compiler vectorises it.
        inputs = changed(regulariser.on_inputs, batch.inputs.T, params, key_inputs)
        code = hidden(encode(params.W_in, inputs))
        mapped = embed(params.W_out, changed(regulariser.on_code, code, params, key_code))
        recon = act(mapped + params.b[:, None] if bias else mapped)
        return total(recon, batch.targets.T, code, params), (state, {})

    rows = ("feature", "hidden")
    return Model(
        model_init(glorot() if init is None else init, zeros),
        apply,
        loss,
        takes=vectors(n_features),
        dims={"W_in": rows, "W_out": rows, "b": ("feature",)},
    )
