"""A multilayer perceptron with ReLU units, and a softmax over its outputs.

Source: the bias-free ReLU network with softmax of Casper 2023, EIS IX: Interpretability and
Adversaries. A weight matrix is of shape (n_in, n_out), so that a row is what an input, or a unit,
feeds into the next layer.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

import chex
import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, CountOrZero, MaybeAtLeastOne, factory
from superpos.losses import (
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    weighted_squared_error,
)
from superpos.models.in_use import part_in_use, sizes_in_use
from superpos.models.inits import Init, he, model_init
from superpos.models.tied import encode
from superpos.types import Array, Batch, Key, Model, Output, Scalar, vectors


@flax.struct.dataclass(kw_only=True)
class MlpParams:
    """Parameters of the perceptron.

    Attributes:
        weights: of each layer from the inputs on, (n_in, n_out).
        biases: of each layer that has one, (n_out,).
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...] = ()


@factory
def mlp(
    *,
    n_features: Count,
    n_hidden: Count,
    n_outputs: Count,
    n_used: MaybeAtLeastOne = None,
    width: MaybeAtLeastOne = None,
    n_layers: CountOrZero = 1,
    bias: bool = False,
    output_bias: bool = True,
    loss: Literal["cross_entropy", "binary", "squared"] = "cross_entropy",
    init: Init | None = None,
) -> Model:
    """Hidden layers of ReLU units, h' = ReLU(Wᵀh + b), and linear outputs, y' = Wᵀh + b.

    Without biases it is positively homogeneous: a weight matrix times α > 0 multiplies the outputs
    by α, and so leaves what is decided.

    Args:
        n_features: number of inputs, >= 1.
        n_hidden: units in a hidden layer, >= 1.
        n_outputs: outputs, classes of a classifier, >= 1.
        n_used: inputs in use, the first of them, in [1, n_features]; a fraction is dropped. None
            is all.
        width: units of each layer in use, the first of them, in [1, n_hidden]; a fraction is
            dropped. None is all. As of `models.autoencoder`.
        n_layers: hidden layers, >= 0; without any it is linear, and n_hidden stands for nothing.
        bias: whether there are biases.
        output_bias: whether the outputs have one as well, where there are some.
        loss: "cross_entropy" of the softmax of the outputs, "binary" cross entropy of the sigmoid
            of each, or their "squared" error.
        init: initial parameters, of `models.inits`; None is `he`.

    Returns:
        A Model over MlpParams, whose `Output.code` is the last hidden layer, or the inputs where
        there is none, and `Output.recon` the outputs, before any softmax or sigmoid. Its loss is
        the error summed over outputs and averaged over the batch, float32 ().

    Raises:
        ArgumentError: a value is out of range, or the initialiser does not fit the model; from
            `loss`, the targets have another width than n_outputs.
        AssertionError: a batch whose width is not n_features.
    """
    n_biases = (n_layers + output_bias) if bias else 0

    def shaped(
        n_in: Scalar, n_units: Scalar, leaf: Callable[[tuple[Scalar, ...]], Any]
    ) -> MlpParams:
        """Leaves by their sizes."""
        ends = [n_in, *[n_units] * n_layers, n_outputs]
        biases = tuple(leaf((n_out,)) for n_out in ends[1 : 1 + n_biases])
        return MlpParams(weights=tuple(map(leaf, pairwise(ends))), biases=biases)

    def zeros() -> MlpParams:
        return shaped(n_features, n_hidden, jnp.zeros)

    in_use = sizes_in_use(n_used, n_features, width, n_hidden)
    sizes = None if in_use is None else shaped(*in_use, leaf=tuple)

    def forward(params: MlpParams, x: Array) -> tuple[Array, Array]:
        return layers(part_in_use(params, sizes), x, jax.nn.relu)

    def apply(params: MlpParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        code, outputs = forward(params, x)
        return Output(code=code, recon=outputs)

    def batch_loss(
        params: MlpParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape(batch.inputs, (None, n_features))
        found = batch.targets.shape[-1]
        if found != n_outputs:
            raise ArgumentError(f"n_outputs={n_outputs}: expected the {found} of the targets")
        # Features lead: the batch is last, where the compiler vectorises it.
        _, outputs = forward(params, batch.inputs.T)
        if loss == "squared":
            ones = jnp.ones(n_outputs, outputs.dtype)
            return weighted_squared_error(outputs, batch.targets.T, ones), (state, {})
        entropy = sigmoid_cross_entropy if loss == "binary" else softmax_cross_entropy
        return entropy(outputs, batch.targets.T), (state, {})

    start = model_init(he() if init is None else init, zeros, sizes)
    takes = vectors(n_features, n_outputs)
    dims = _dims(n_layers, n_biases)
    return Model(start, apply, batch_loss, takes=takes, dims=dims, width=width)


def layers(
    params: MlpParams, x: Array, activation: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """The last hidden layer and the outputs, of one example or with a batch last."""

    def layer(number: int, h: Array) -> Array:
        mapped = encode(params.weights[number], h)
        if number >= len(params.biases):
            return mapped
        b = params.biases[number]
        return mapped + (b if h.ndim == 1 else b[:, None])

    last = len(params.weights) - 1
    for number in range(last):
        x = activation(layer(number, x))
    return x, layer(last, x)


def _dims(n_layers: int, n_biases: int) -> dict[str, tuple[str, ...]]:
    """Names of the dimensions of the parameters, each layer of units by its own."""
    hidden = ["hidden", *(f"hidden_{n}" for n in range(2, n_layers + 1))][:n_layers]
    names = ["feature", *hidden, "output"]
    weights = {f"weights.{number}": pair for number, pair in enumerate(pairwise(names))}
    biases = {f"biases.{number}": (name,) for number, name in enumerate(names[1 : 1 + n_biases])}
    return {**weights, **biases}
