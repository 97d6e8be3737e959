"""Checkpoints of GPT-NeoX type (Pythia), as `GPTNeoXForCausalLM` of transformers has them."""

from superpos.models.transformer.architecture import (
    Architecture,
    LayerParams,
    Linear,
    TransformerParams,
)
from superpos.models.transformer.checkpoints.arrays import Arrays, stacked
from superpos.models.transformer.checkpoints.config import GELU_ACTIVATIONS, Config
from superpos.models.transformer.checkpoints.rotary import rotary_base, rotary_share


def gpt_neox(config: Config, arrays: Arrays) -> tuple[Architecture, TransformerParams]:
    """Read a checkpoint.

    Raises:
        ArgumentError: a key or an array is not as it must be; one line.
    """
    width = config.count("hidden_size")
    n_heads = config.divisor("num_attention_heads", of="hidden_size")
    d_head = width // n_heads
    architecture = Architecture(
        n_tokens=config.count("vocab_size"),
        n_positions=config.count("max_position_embeddings"),
        n_layers=config.count("num_hidden_layers"),
        d_model=width,
        n_heads=n_heads,
        n_kv_heads=n_heads,
        d_head=d_head,
        d_mlp=config.count("intermediate_size"),
        norm="layer",
        epsilon=config.number("layer_norm_eps"),
        activation=config.choice("hidden_act", GELU_ACTIVATIONS),
        d_rotary=int(d_head * rotary_share(config, "rotary_pct")),
        rotary_base=rotary_base(config, "rotary_emb_base"),
        parallel=config.flag("use_parallel_residual", True),
    )
    bias, tied = config.flag("attention_bias", True), config.flag("tie_word_embeddings", False)
    layers = [_layer(architecture, arrays, n, bias) for n in range(architecture.n_layers)]
    return architecture, TransformerParams(
        embedding=arrays.take("embed_in.weight", architecture.n_tokens, width),
        layers=stacked(layers),
        norm=arrays.norm("final_layer_norm", width, bias=True),
        unembedding=arrays.unembedding("embed_out.weight", architecture.n_tokens, width, tied=tied),
    )


def _layer(architecture: Architecture, arrays: Arrays, number: int, bias: bool) -> LayerParams:
    width, hidden, name = architecture.d_model, architecture.d_mlp, f"layers.{number}"
    attention = arrays.linear(f"{name}.attention.query_key_value", width, 3 * width, bias=bias)
    query, key, value = (_part(architecture, attention, which) for which in range(3))
    return LayerParams(
        attention_norm=arrays.norm(f"{name}.input_layernorm", width, bias=True),
        query=query,
        key=key,
        value=value,
        output=arrays.linear(f"{name}.attention.dense", width, width, bias=bias),
        mlp_norm=arrays.norm(f"{name}.post_attention_layernorm", width, bias=True),
        up=arrays.linear(f"{name}.mlp.dense_h_to_4h", width, hidden, bias=True),
        down=arrays.linear(f"{name}.mlp.dense_4h_to_h", hidden, width, bias=True),
    )


def _part(architecture: Architecture, attention: Linear, which: int) -> Linear:
    """Queries, keys or values, which follow each other head by head."""
    n_heads, d_head, width = architecture.n_heads, architecture.d_head, architecture.d_model
    W = attention.W.reshape(width, n_heads, 3, d_head)[:, :, which].reshape(width, width)
    b = attention.b
    return Linear(W=W, b=None if b is None else b.reshape(n_heads, 3, d_head)[:, which].ravel())
