"""What models with one hidden layer share: y' = act(W_out hidden(W_inᵀ x) + b).

Both matrices are (n_features, n_hidden), so that a feature is a row of what feeds the hidden space
and of what reads it. The tied autoencoder has one matrix for both.
"""

from collections.abc import Callable, Sequence

import chex
import jax

from superpos.arguments import ArgumentError
from superpos.models.activations import ACTIVATIONS
from superpos.models.criterion import criterion
from superpos.models.errors import Error, squared
from superpos.models.in_use import leading, part_in_use, sizes_in_use, sizes_of
from superpos.models.inits import Init, glorot, model_init
from superpos.models.regularisers.base import Regulariser, chain, changed
from superpos.models.tied import embed, encode
from superpos.types import Array, Batch, Dims, Key, Model, Output, Params, Scalar, vectors

Matrices = Callable[[Params], tuple[Array, Array]]
"""params -> W_in and W_out, (n_features, n_hidden) both."""
Mapped = Callable[[Params, Array], Array]
"""(params, inputs (n_features, batch)) -> W_out W_inᵀ inputs, without the code between."""


def hidden_layer(
    zeros: Callable[[], Params],
    matrices: Matrices,
    *,
    n_features: int,
    importance_decay: Scalar,
    activation: str,
    hidden_activation: str,
    bias: bool,
    init: Init | None,
    error: Error | None,
    regularisers: Sequence[Regulariser] | None,
    dims: Dims,
    mapped_at_once: Mapped | None = None,
    n_used: Scalar | None = None,
    width: Scalar | None = None,
    n_hidden: int,
) -> Model:
    """A model with one hidden layer.

    Args:
        zeros: parameters with an output bias b (n_features,), all 0.
        matrices: of parameters.
        n_features: inputs and outputs, >= 1.
        importance_decay: output i has importance importance_decay**i, in (0, inf).
        activation: of the output.
        hidden_activation: of the code.
        bias: whether b is read.
        init: initial parameters; None is `glorot`.
        error: of the output; None is the `squared` error.
        regularisers: in their order; None is none.
        dims: of the parameters.
        mapped_at_once: used where nothing acts on the code.
        n_used: features in use, the first of them; None is all.
        width: hidden dimensions in use, the first of them; None is all.
        n_hidden: hidden dimensions, >= 1.

    Returns:
        A Model, without `loss_columns`. Its loss is the weighted error summed over outputs and
        averaged over the batch, with what the regularisers add, float32 ().

    Raises:
        ArgumentError: a component does not fit the model.
    """
    act, hidden = ACTIVATIONS[activation], ACTIVATIONS[hidden_activation]
    regulariser = chain(*regularisers or ())
    error = squared() if error is None else error
    total = criterion(n_features, importance_decay, error, regulariser)
    on_code = bool(regulariser.on_code or regulariser.code_penalties)
    through_code = mapped_at_once is None or hidden_activation != "linear" or on_code
    in_use = sizes_in_use(n_used, n_features, width, n_hidden)
    sizes = sizes_of(zeros, in_use)
    if width is not None and hidden_activation == "solu":
        raise ArgumentError("hidden_activation=solu: expected another beside width")

    def apply(params: Params, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        params = part_in_use(params, sizes)
        W_in, W_out = matrices(params)
        code = hidden(W_in.T @ x)
        mapped = W_out @ code
        return Output(code=code, recon=act(mapped + params.b if bias else mapped))

    def loss(
        params: Params, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        key_inputs, key_code = jax.random.split(key) if regulariser.on_inputs else (key, key)
        params = part_in_use(params, sizes)
        # Features lead: the batch is last, where the compiler vectorises it.
        inputs, targets = (leading(leaf, in_use) for leaf in (batch.inputs, batch.targets))
        inputs = changed(regulariser.on_inputs, inputs, params, key_inputs)
        if mapped_at_once is not None and not through_code:
            code, mapped = None, mapped_at_once(params, inputs)
        else:
            W_in, W_out = matrices(params)
            code = hidden(encode(W_in, inputs))
            mapped = embed(W_out, changed(regulariser.on_code, code, params, key_code))
        recon = act(mapped + params.b[:, None] if bias else mapped)
        return total(recon, targets, code, params), (state, {})

    start = model_init(glorot() if init is None else init, zeros, sizes)
    return Model(start, apply, loss, takes=vectors(n_features), dims=dims, width=width)
