"""A small decoder-only transformer that is trained here, by the forward pass of all others.

Sources: the one-layer transformer of Bricken et al. 2023, Towards Monosemanticity, "Transformer
Training" (a ReLU MLP of four times the residual stream); blocks, LayerNorm and rotary embedding as
in GPT-NeoX (Black et al. 2022) with attention before the MLP, so that transformers reads it too.
"""

import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax

from superpos.arguments import ArgumentError, Count, Positive, factory
from superpos.models.transformer import (
    Architecture,
    LayerParams,
    Linear,
    Norm,
    Transformer,
    TransformerParams,
    reinitialise,
    transformer,
)
from superpos.types import Array, Batch, Dims, Example, Key, Model, Output

DIMS: Dims = {
    "embedding": ("token", "residual"),
    "unembedding": ("residual", "token"),
    "norm.scale": ("residual",),
    "norm.bias": ("residual",),
    **{
        f"layers.{norm}.{part}": ("layer", "residual")
        for norm in ("attention_norm", "mlp_norm")
        for part in ("scale", "bias")
    },
    **{f"layers.{name}.W": ("layer", "residual", "head") for name in ("query", "key", "value")},
    "layers.output.W": ("layer", "head", "residual"),
    "layers.up.W": ("layer", "residual", "neuron"),
    "layers.up.b": ("layer", "neuron"),
    "layers.down.W": ("layer", "neuron", "residual"),
    "layers.down.b": ("layer", "residual"),
}
"""The heads of a layer follow one another in one dimension."""


@factory
def language_model(
    *,
    context: Count,
    n_tokens: Count = 2048,
    n_layers: Count = 1,
    d_model: Count = 128,
    n_heads: Count = 4,
    d_mlp: Count = 512,
    tied: bool = False,
    standard_deviation: Positive = 0.02,
) -> Model:
    """Predict each next token from those before it.

    Args:
        context: tokens of an example, >= 1.
        n_tokens: size of the vocabulary, >= 1.
        n_layers: blocks of attention and an MLP, >= 1.
        d_model: width of the residual stream, >= 1; an even multiple of n_heads.
        n_heads: heads of attention, >= 1.
        d_mlp: ReLU units of an MLP, >= 1.
        tied: whether the unembedding is the transposed embedding.
        standard_deviation: of the entries of each matrix at the start, in (0, inf).

    Returns:
        A Model over TransformerParams. An example is `context` tokens, int32, and its targets are
        the token after each. `Output.code` is the hidden layer of the last MLP, (context, d_mlp),
        `Output.recon` the logits, (context, n_tokens). The loss is the cross-entropy in nats per
        token, mean over tokens and batch, float32 ().

    Raises:
        ArgumentError: a value is out of range, or d_model is no even multiple of n_heads.
        AssertionError: an example of another length.
    """
    _check_heads(d_model, n_heads)
    architecture = _architecture(context, n_tokens, n_layers, d_model, n_heads, d_mlp)
    zeros = functools.partial(_zeros, architecture, tied=tied)

    def init(key: Key) -> tuple[TransformerParams, tuple[()]]:
        return reinitialise(key, zeros(), standard_deviation=standard_deviation), ()

    dims = {name: names for name, names in DIMS.items() if not (tied and name == "unembedding")}
    model = predicting(transformer(architecture), context=context)
    return model._replace(init=init, dims=dims)


def predicting(forward: Transformer, *, context: int) -> Model:
    """The Model of a transformer that predicts each next token; it has no start of its own.

    Args:
        forward: its functions.
        context: tokens of an example, >= 1.

    Returns:
        A Model as `language_model` describes it, whose `init` raises an ArgumentError.
    """

    def init(key: Key) -> tuple[TransformerParams, tuple[()]]:
        del key
        raise ArgumentError("model: expected parameters from a file or from training")

    def apply(params: TransformerParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (context,))
        trace = forward.apply(params, x)
        return Output(code=trace.mlp[-1], recon=trace.logits)

    def loss(
        params: TransformerParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape((batch.inputs, batch.targets), (None, context))
        logits = jax.vmap(lambda x: forward.apply(params, x).logits)(batch.inputs)
        each = optax.softmax_cross_entropy_with_integer_labels(logits, batch.targets)
        return each.mean(), (state, {})

    tokens = jax.ShapeDtypeStruct((context,), np.int32)
    return Model(init, apply, loss, takes=Example(tokens, tokens), transformer=forward)


def architecture_of(params: TransformerParams, *, context: int, n_heads: int) -> Architecture:
    """The architecture of a language model with these parameters, for `transformer` and `write`.

    Raises:
        ArgumentError: the width is no even multiple of n_heads; one line.
    """
    _check_heads(params.embedding.shape[1], n_heads)
    n_layers, d_model, d_mlp = params.layers.up.W.shape
    return _architecture(context, params.embedding.shape[0], n_layers, d_model, n_heads, d_mlp)


def _check_heads(d_model: int, n_heads: int) -> None:
    """Refuse heads that cannot be turned by a rotary embedding.

    Raises:
        ArgumentError: one line.
    """
    if n_heads < 1:
        raise ArgumentError(f"n_heads={n_heads}: expected 1 or more")
    if d_model % (2 * n_heads):
        raise ArgumentError(f"d_model={d_model}: expected a multiple of {2 * n_heads}")


def _architecture(
    context: int, n_tokens: int, n_layers: int, d_model: int, n_heads: int, d_mlp: int
) -> Architecture:
    return Architecture(
        n_tokens=n_tokens,
        n_positions=context,
        n_layers=n_layers,
        d_model=d_model,
        n_heads=n_heads,
        n_kv_heads=n_heads,
        d_head=d_model // n_heads,
        d_mlp=d_mlp,
        norm="layer",
        epsilon=1e-5,
        activation="relu",
        d_rotary=d_model // n_heads,
    )


def _zeros(architecture: Architecture, *, tied: bool) -> TransformerParams:
    """Parameters that are all 0."""
    n_layers, width, hidden = architecture.n_layers, architecture.d_model, architecture.d_mlp

    def norm(*lead: int) -> Norm:
        return Norm(scale=jnp.zeros((*lead, width)), bias=jnp.zeros((*lead, width)))

    def linear(n_in: int, n_out: int, *, bias: bool = False) -> Linear:
        b = jnp.zeros((n_layers, n_out)) if bias else None
        return Linear(W=jnp.zeros((n_layers, n_in, n_out)), b=b)

    return TransformerParams(
        embedding=jnp.zeros((architecture.n_tokens, width)),
        layers=LayerParams(
            attention_norm=norm(n_layers),
            query=linear(width, width),
            key=linear(width, width),
            value=linear(width, width),
            output=linear(width, width),
            mlp_norm=norm(n_layers),
            up=linear(width, hidden, bias=True),
            down=linear(hidden, width, bias=True),
        ),
        norm=norm(),
        unembedding=None if tied else jnp.zeros((width, architecture.n_tokens)),
    )
