"""The forward pass of a decoder-only transformer, in parts that can be run one by one.

Sources: Touvron et al. 2023, Llama; Radford et al. 2019, GPT-2; Black et al. 2022, GPT-NeoX; the
rotary embedding of Su et al. 2021, RoFormer, on halves of a head as in GPT-NeoX; RMSNorm of Zhang
and Sennrich 2019; one head of keys for several of queries of Ainslie et al. 2023.
"""

from collections.abc import Callable
from typing import NamedTuple

import chex
import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError
from superpos.models.transformer.architecture import (
    Architecture,
    LayerParams,
    Linear,
    Norm,
    TransformerParams,
)
from superpos.types import Array

Edit = Callable[[Array], Array]
"""What stands in place of the hidden layer of an MLP, from that layer: (n, d_mlp) -> the same."""
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "silu": jax.nn.silu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": lambda x: jax.nn.gelu(x, approximate=True),
    "relu": jax.nn.relu,
}


@flax.struct.dataclass(kw_only=True)
class Trace:
    """All that a transformer computes for the n tokens of one text.

    Attributes:
        residual: the residual stream before each block and after the last, before any norm,
            (n_layers + 1, n, d_model).
        mlp: the hidden layer of each MLP, what `down` reads, (n_layers, n, d_mlp).
        logits: for the token after each, (n, n_tokens).
    """

    residual: Array
    mlp: Array
    logits: Array


class Transformer(NamedTuple):
    """A transformer as pure functions of its parameters and one text of n tokens.

    Attributes:
        architecture: what it is compiled for.
        embed: (params, tokens (n,) of an integer type) -> residual stream (n, d_model), nan where a
            token is not in the vocabulary.
        block: (parameters of one block, residual stream) -> the residual stream after it and the
            hidden layer of its MLP, (n, d_mlp). A third argument, an Edit, changes that layer.
        blocks: (parameters of k blocks, stacked, residual stream) -> the residual stream after
            each, (k, n, d_model), and the hidden layer of each MLP, (k, n, d_mlp).
        unembed: (params, residual stream) -> logits, (n, n_tokens).
        apply: (params, tokens) -> Trace.
    """

    architecture: Architecture
    embed: Callable[[TransformerParams, Array], Array]
    block: Callable[..., tuple[Array, Array]]
    blocks: Callable[[LayerParams, Array], tuple[Array, Array]]
    unembed: Callable[[TransformerParams, Array], Array]
    apply: Callable[[TransformerParams, Array], Trace]


def transformer(architecture: Architecture) -> Transformer:
    """The functions of a transformer.

    To read or change one layer, run the blocks before it, `block` with an edit, and the blocks
    after it: `select` takes the parameters of some blocks. What a program does not return it does
    not compute, so `apply` for the logits alone costs no more than the logits.

    Args:
        architecture: its numbers and choices.

    Returns:
        A Transformer.

    Raises:
        ArgumentError: the numbers do not go together; one line. From `embed`, more tokens than
            positions that have an embedding.
    """
    _check(architecture)
    norm = _norm(architecture)

    def embed(params: TransformerParams, tokens: Array) -> Array:
        chex.assert_rank(tokens, 1)
        residual = (
            jnp.asarray(params.embedding)
            .at[tokens]
            .get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)
        )
        if params.positions is None:
            return residual
        n, most = tokens.shape[0], params.positions.shape[0]
        if n > most:
            raise ArgumentError(f"tokens: {n} of them, expected at most the {most} positions")
        return residual + params.positions[:n]

    def block(
        layer: LayerParams, residual: Array, edit: Edit = lambda hidden: hidden
    ) -> tuple[Array, Array]:
        attended = _attention(architecture, layer, norm(layer.attention_norm, residual))
        between = residual + attended
        hidden = _hidden(
            architecture,
            layer,
            norm(layer.mlp_norm, residual if architecture.parallel else between),
        )
        hidden = edit(hidden)
        return between + affine(layer.down, hidden), hidden

    def blocks(layers: LayerParams, residual: Array) -> tuple[Array, Array]:
        def step(residual: Array, layer: LayerParams) -> tuple[Array, tuple[Array, Array]]:
            after, hidden = block(layer, residual)
            return after, (after, hidden)

        return jax.lax.scan(step, residual, layers)[1]

    def unembed(params: TransformerParams, residual: Array) -> Array:
        W = params.embedding.T if params.unembedding is None else params.unembedding
        return norm(params.norm, residual) @ W

    def apply(params: TransformerParams, tokens: Array) -> Trace:
        first = embed(params, tokens)
        after, mlp = blocks(params.layers, first)
        return Trace(
            residual=jnp.concatenate([first[None], after]),
            mlp=mlp,
            logits=unembed(params, after[-1]),
        )

    return Transformer(architecture, embed, block, blocks, unembed, apply)


def select(layers: LayerParams, which: int | slice) -> LayerParams:
    """Parameters of one block, or of some.

    Args:
        layers: of all blocks, stacked.
        which: a number from 0 on, without a leading axis then, or a slice.
    """
    return jax.tree.map(lambda leaf: leaf[which], layers)


def token_losses(logits: Array, tokens: Array) -> Array:
    """Cross-entropy of each token but the first, given all before it, in nats, (n - 1,).

    Args:
        logits: of the text, (n, n_tokens).
        tokens: the text, (n,), of an integer type.
    """
    logs = jax.nn.log_softmax(logits[:-1])
    return -jnp.take_along_axis(logs, tokens[1:, None], axis=-1)[:, 0]


def affine(linear: Linear, x: Array) -> Array:
    """An affine map of each row, (n, n_in) -> (n, n_out)."""
    y = x @ linear.W
    return y if linear.b is None else y + linear.b[None]


def _norm(architecture: Architecture) -> Callable[[Norm, Array], Array]:
    def norm(params: Norm, x: Array) -> Array:
        if architecture.norm == "layer":
            x = x - x.mean(axis=-1, keepdims=True)
        variance = jnp.square(x).mean(axis=-1, keepdims=True)
        y = x * jax.lax.rsqrt(variance + architecture.epsilon) * params.scale[None]
        return y if params.bias is None else y + params.bias[None]

    return norm


def _attention(architecture: Architecture, layer: LayerParams, x: Array) -> Array:
    """Causal attention of n positions, (n, d_model) -> (n, d_model)."""

    def heads(linear: Linear) -> Array:
        return affine(linear, x).reshape(x.shape[0], -1, architecture.d_head)

    rotated = _rotation(architecture, x.shape[0])
    query, key = (rotated(heads(each)) for each in (layer.query, layer.key))
    read = jax.nn.dot_product_attention(query, key, heads(layer.value), is_causal=True)
    return affine(layer.output, read.reshape(x.shape[0], -1))


def _rotation(architecture: Architecture, n: int) -> Callable[[Array], Array]:
    """Turn pairs (i, i + d_rotary / 2) of each head by an angle that grows with its position."""
    half = architecture.d_rotary // 2
    if not half:
        return lambda x: x
    frequencies = architecture.rotary_base ** (-jnp.arange(half) / half)
    angles = jnp.arange(n)[:, None] * frequencies[None]
    cos, sin = (f(angles)[:, None] for f in (jnp.cos, jnp.sin))

    def rotated(x: Array) -> Array:
        a, b, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
        return jnp.concatenate([a * cos - b * sin, b * cos + a * sin, rest], axis=-1)

    return rotated


def _hidden(architecture: Architecture, layer: LayerParams, x: Array) -> Array:
    """The hidden layer of the MLP, (n, d_model) -> (n, d_mlp)."""
    activation = ACTIVATIONS[architecture.activation]
    up = affine(layer.up, x)
    return activation(up) if layer.gate is None else activation(affine(layer.gate, x)) * up


def _check(architecture: Architecture) -> None:
    """Refuse numbers that do not go together.

    Raises:
        ArgumentError: one line.
    """
    n_heads, n_kv_heads = architecture.n_heads, architecture.n_kv_heads
    if n_heads % n_kv_heads:
        raise ArgumentError(f"n_kv_heads={n_kv_heads}: expected a divisor of n_heads={n_heads}")
    if architecture.d_rotary % 2 or architecture.d_rotary > architecture.d_head:
        raise ArgumentError(
            f"d_rotary={architecture.d_rotary}: expected an even number up to"
            f" d_head={architecture.d_head}"
        )
