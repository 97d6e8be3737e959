"""A linear map between few dimensions, in which the features have directions.

Source: Chen, Chen, Liu & Gore 2026, Superposition unifies power-law training dynamics (arXiv
2602.01045): y' = act(Wᵀ B W x + b), here with W of shape (n_features, n_hidden), so that a feature
is a row: y' = act(W B Wᵀ x + b).
"""

import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import Count, Positive, factory
from superpos.metrics import feature_norms
from superpos.models.activations import Activation
from superpos.models.hidden_layer import hidden_layer
from superpos.types import Array, Key, Model


@flax.struct.dataclass(kw_only=True)
class BottleneckParams:
    """Parameters of the map.

    Attributes:
        W: directions of the features, a feature is a row, (n_features, n_hidden).
        B: the map, (n_hidden, n_hidden).
        b: output bias, (n_features,).
    """

    W: Array
    B: Array
    b: Array


@factory
def bottleneck(
    *,
    n_features: Count,
    n_hidden: Count,
    activation: Activation = "relu",
    bias: bool = True,
    train_embedding: bool = True,
    init_scale: Positive = 0.01,
) -> Model:
    """Directions that read and write, and a map between them, y' = act(W B Wᵀ x + b).

    Args:
        n_features: number of inputs and of outputs, >= 1.
        n_hidden: dimensions, >= 1.
        activation: of the output: "relu", "linear" or "gelu".
        bias: whether b is trained; without it b stays at its start and nothing reads it.
        train_embedding: whether W is trained; else it stays as it is drawn, with an optimiser that
            moves no parameter whose gradient is 0.
        init_scale: B starts with normal entries of standard deviation init_scale / sqrt(n_hidden),
            in (0, inf); W with normal rows that are scaled to norm 1, and b with 0.

    Returns:
        A Model over BottleneckParams, whose `Output.code` is B Wᵀ x. Its loss is the squared error
        summed over outputs and averaged over the batch, float32 ().

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.
    """

    def zeros() -> BottleneckParams:
        W, B = jnp.zeros((n_features, n_hidden)), jnp.zeros((n_hidden, n_hidden))
        return BottleneckParams(W=W, B=B, b=jnp.zeros(n_features))

    def start(key: Key, blank: BottleneckParams) -> BottleneckParams:
        key_W, key_B = jax.random.split(key)
        W = jax.random.normal(key_W, blank.W.shape, blank.W.dtype)
        B = jax.random.normal(key_B, blank.B.shape, blank.B.dtype)
        B *= init_scale / jnp.sqrt(n_hidden)
        return blank.replace(W=W / feature_norms(W)[:, None], B=B)  # type: ignore[attr-defined]

    def matrices(params: BottleneckParams) -> tuple[Array, Array]:
        W = params.W if train_embedding else jax.lax.stop_gradient(params.W)
        return W @ params.B.T, W

    return hidden_layer(
        zeros,
        matrices,
        n_features=n_features,
        n_hidden=n_hidden,
        importance_decay=1.0,
        activation=activation,
        hidden_activation="linear",
        bias=bias,
        init=start,
        error=None,
        regularisers=None,
        dims={"W": ("feature", "hidden"), "B": ("hidden", "input"), "b": ("feature",)},
    )
