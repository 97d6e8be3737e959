"""The tied toy autoencoder.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition": h = Wᵀx,
x' = act(W h + b), here with W of shape (n_features, n_hidden), so that a feature is a row.
"""

import functools
import operator
from collections.abc import Sequence
from typing import Literal

import chex
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from superpos.arguments import ArgumentError, Count, NonNegatives, Positive, factory
from superpos.losses import weighted_squared_error
from superpos.models.tied import tied_map
from superpos.types import Array, Batch, Key, Model, Output, Scalar

ACTIVATIONS = {"relu": jax.nn.relu, "linear": lambda x: x}


@flax.struct.dataclass(kw_only=True)
class AutoencoderParams:
    """Parameters of the tied autoencoder.

    Attributes:
        W: feature directions, a feature is a row, (n_features, n_hidden).
        b: output bias, (n_features,).
    """

    W: Array
    b: Array


@factory
def autoencoder(
    *,
    n_features: Count,
    n_hidden: Count,
    importance_decay: Positive = 1.0,
    importance: NonNegatives | None = None,
    activation: Literal["relu", "linear"] = "relu",
    init_scale: Positive = 1.0,
) -> Model:
    """Tied weights, x' = act(W Wᵀ x + b), importance-weighted squared error.

    Args:
        n_features: number of features, >= 1.
        n_hidden: hidden dimensions, >= 1.
        importance_decay: feature i has importance importance_decay**i, in (0, inf).
        importance: importance of each feature, n_features numbers >= 0, not all zero; multiplies
            the decay. None is all ones.
        activation: "relu", or "linear" for the linear model.
        init_scale: scale of the initial W in (0, inf); 1 is Glorot's normal initialisation,
            standard deviation sqrt(2 / (n_features + n_hidden)). The bias starts at 0.

    Returns:
        A Model over AutoencoderParams. Its loss is the weighted error summed over features and
        averaged over the batch, float32 ().

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.
    """
    if importance is not None:
        _check_importance(importance, n_features)
    _check_decay(importance_decay, n_features)
    act = ACTIVATIONS[activation]

    def weights() -> Array:
        decayed = jnp.power(jnp.float32(importance_decay), jnp.arange(n_features))
        return (
            decayed
            if importance is None
            else decayed * jnp.stack([jnp.float32(value) for value in importance])
        )

    def init(key: Key) -> tuple[AutoencoderParams, tuple[()]]:
        scale = init_scale * np.sqrt(2 / (n_features + n_hidden))
        W = scale * jax.random.normal(key, (n_features, n_hidden))
        return AutoencoderParams(W=W, b=jnp.zeros(n_features)), ()

    def apply(params: AutoencoderParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        code = params.W.T @ x
        return Output(code=code, recon=act(params.W @ code + params.b))

    def loss(
        params: AutoencoderParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        # Features lead: the batch is last, where the compiler vectorises it.
        recon = act(tied_map(params.W, batch.inputs.T) + params.b[:, None])
        return weighted_squared_error(recon, batch.targets.T, weights()), (state, {})

    def columns(params: AutoencoderParams, inputs: list[Array], targets: list[Array]) -> Array:
        chex.assert_equal(len(inputs), n_features)
        code = [_dot(column, inputs) for column in zip(*params.W, strict=True)]
        total = jnp.float32(0.0)
        for i, row in enumerate(params.W):
            error = jnp.square(targets[i] - act(_dot(row, code) + params.b[i]))
            weight = jnp.float32(importance_decay) ** i
            if importance is not None:
                weight *= importance[i]
            total += weight * error.mean()
        return total

    return Model(init, apply, loss, columns)


def _dot(scalars: Sequence[Array], columns: Sequence[Array]) -> Array:
    products = [scalar * column for scalar, column in zip(scalars, columns, strict=True)]
    return functools.reduce(operator.add, products)


def _check_importance(importance: NonNegatives, n_features: int) -> None:
    if len(importance) != n_features:
        raise ArgumentError(
            f"importance has {len(importance)} values: expected n_features={n_features}"
        )
    if not any(isinstance(value, Tracer) or value > 0 for value in importance):
        raise ArgumentError("importance: all zero, expected at least one number > 0")


def _check_decay(importance_decay: Scalar, n_features: int) -> None:
    if isinstance(importance_decay, Tracer):
        return
    largest = (n_features - 1) * np.log10(float(importance_decay))
    if largest > np.log10(np.finfo(np.float32).max):
        raise ArgumentError(
            f"importance_decay={importance_decay}: expected importance_decay**(n_features - 1) "
            f"within float32; it is 1e{largest:.0f}"
        )
