"""Checkpoints of Llama type, as `LlamaForCausalLM` of transformers has them."""

from superpos.models.transformer.architecture import Architecture, LayerParams, TransformerParams
from superpos.models.transformer.checkpoints.arrays import Arrays, stacked
from superpos.models.transformer.checkpoints.config import Config
from superpos.models.transformer.checkpoints.rotary import rotary_base

ACTIVATIONS = {"silu": "silu", "gelu": "gelu", "gelu_pytorch_tanh": "gelu_tanh", "relu": "relu"}


def llama(config: Config, arrays: Arrays) -> tuple[Architecture, TransformerParams]:
    """Read a checkpoint.

    Raises:
        ArgumentError: a key or an array is not as it must be; one line.
    """
    width, n_heads = config.count("hidden_size"), config.count("num_attention_heads")
    d_head = config.count("head_dim", width // n_heads)
    architecture = Architecture(
        n_tokens=config.count("vocab_size"),
        n_positions=config.count("max_position_embeddings"),
        n_layers=config.count("num_hidden_layers"),
        d_model=width,
        n_heads=n_heads,
        n_kv_heads=config.count("num_key_value_heads", n_heads),
        d_head=d_head,
        d_mlp=config.count("intermediate_size"),
        norm="rms",
        epsilon=config.number("rms_norm_eps"),
        activation=config.choice("hidden_act", ACTIVATIONS),
        d_rotary=d_head,
        rotary_base=rotary_base(config, "rope_theta"),
    )
    tied = config.flag("tie_word_embeddings", False)
    layers = [_layer(architecture, config, arrays, n) for n in range(architecture.n_layers)]
    return architecture, TransformerParams(
        embedding=arrays.take("embed_tokens.weight", architecture.n_tokens, width),
        layers=stacked(layers),
        norm=arrays.norm("norm", width, bias=False),
        unembedding=arrays.unembedding("lm_head.weight", architecture.n_tokens, width, tied=tied),
    )


def _layer(architecture: Architecture, config: Config, arrays: Arrays, number: int) -> LayerParams:
    width, hidden = architecture.d_model, architecture.d_mlp
    read, shared = (
        n * architecture.d_head for n in (architecture.n_heads, architecture.n_kv_heads)
    )
    attention_bias = config.flag("attention_bias", False)
    mlp_bias = config.flag("mlp_bias", False)
    name = f"layers.{number}"
    return LayerParams(
        attention_norm=arrays.norm(f"{name}.input_layernorm", width, bias=False),
        query=arrays.linear(f"{name}.self_attn.q_proj", width, read, bias=attention_bias),
        key=arrays.linear(f"{name}.self_attn.k_proj", width, shared, bias=attention_bias),
        value=arrays.linear(f"{name}.self_attn.v_proj", width, shared, bias=attention_bias),
        output=arrays.linear(f"{name}.self_attn.o_proj", read, width, bias=attention_bias),
        mlp_norm=arrays.norm(f"{name}.post_attention_layernorm", width, bias=False),
        gate=arrays.linear(f"{name}.mlp.gate_proj", width, hidden, bias=mlp_bias),
        up=arrays.linear(f"{name}.mlp.up_proj", width, hidden, bias=mlp_bias),
        down=arrays.linear(f"{name}.mlp.down_proj", hidden, width, bias=mlp_bias),
    )
