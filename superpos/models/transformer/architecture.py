"""What makes one decoder-only transformer another than the next, apart from its parameters."""

from typing import Literal, NamedTuple

import flax.struct

from superpos.types import Array


class Architecture(NamedTuple):
    """The numbers and choices that a forward pass is compiled for.

    Attributes:
        n_tokens: size of the vocabulary.
        n_positions: tokens of the longest text that it was made for.
        n_layers: blocks, each of attention and an MLP.
        d_model: width of the residual stream.
        n_heads: heads of attention.
        n_kv_heads: heads of keys and values, each shared by n_heads / n_kv_heads heads.
        d_head: width of a head.
        d_mlp: width of the hidden layer of an MLP.
        norm: before attention, MLP and unembedding, "layer" (LayerNorm) or "rms" (RMSNorm).
        epsilon: what the norm adds to a variance.
        activation: of the MLP; "gelu_tanh" is GELU by its tanh approximation.
        d_rotary: of the d_head numbers of a head, how many the rotary embedding turns; 0 where
            positions have embeddings of their own.
        rotary_base: of its wavelengths.
        parallel: whether the MLP reads what attention reads, instead of what it leaves.
    """

    n_tokens: int
    n_positions: int
    n_layers: int
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    d_mlp: int
    norm: Literal["layer", "rms"]
    epsilon: float
    activation: Literal["silu", "gelu", "gelu_tanh", "relu"]
    d_rotary: int = 0
    rotary_base: float = 10_000.0
    parallel: bool = False


@flax.struct.dataclass(kw_only=True)
class Norm:
    """Parameters of a norm.

    Attributes:
        scale: (d_model,), or (n_layers, d_model).
        bias: the same; None where there is none.
    """

    scale: Array
    bias: Array | None = None


@flax.struct.dataclass(kw_only=True)
class Linear:
    """An affine map, x W + b.

    Attributes:
        W: (n_in, n_out), or (n_layers, n_in, n_out).
        b: (n_out,), or (n_layers, n_out); None where there is none.
    """

    W: Array
    b: Array | None = None


@flax.struct.dataclass(kw_only=True)
class LayerParams:
    """Parameters of a block, or of all blocks, with a leading axis (n_layers,) each.

    Attributes:
        attention_norm: before attention.
        query: (d_model, n_heads * d_head), head after head.
        key: (d_model, n_kv_heads * d_head).
        value: (d_model, n_kv_heads * d_head).
        output: (n_heads * d_head, d_model).
        mlp_norm: before the MLP.
        gate: (d_model, d_mlp), whose activation multiplies `up`; None where the MLP has none.
        up: (d_model, d_mlp).
        down: (d_mlp, d_model).
    """

    attention_norm: Norm
    query: Linear
    key: Linear
    value: Linear
    output: Linear
    mlp_norm: Norm
    gate: Linear | None = None
    up: Linear
    down: Linear


@flax.struct.dataclass(kw_only=True)
class TransformerParams:
    """Parameters of a transformer, float32.

    Attributes:
        embedding: of tokens, (n_tokens, d_model).
        positions: embedding of positions, (n_positions, d_model); None where there is none.
        layers: of all blocks, stacked.
        norm: before the unembedding.
        unembedding: (d_model, n_tokens); None where it is the transposed embedding.
    """

    embedding: Array
    positions: Array | None = None
    layers: LayerParams
    norm: Norm
    unembedding: Array | None = None
