"""Checkpoints of GPT-2 type, as `GPT2LMHeadModel` of transformers has them."""

import jax
import numpy as np

from superpos.models.transformer.architecture import (
    Architecture,
    LayerParams,
    Linear,
    TransformerParams,
)
from superpos.models.transformer.checkpoints.arrays import Arrays, stacked
from superpos.models.transformer.checkpoints.config import GELU_ACTIVATIONS, Config


def gpt2(config: Config, arrays: Arrays) -> tuple[Architecture, TransformerParams]:
    """Read a checkpoint.

    Raises:
        ArgumentError: a key or an array is not as it must be; one line.
    """
    width, n_heads = config.count("n_embd"), config.divisor("n_head", of="n_embd")
    config.only("scale_attn_weights", True)
    config.only("scale_attn_by_inverse_layer_idx", False)
    config.only("add_cross_attention", False)
    architecture = Architecture(
        n_tokens=config.count("vocab_size"),
        n_positions=config.count("n_positions"),
        n_layers=config.count("n_layer"),
        d_model=width,
        n_heads=n_heads,
        n_kv_heads=n_heads,
        d_head=width // n_heads,
        d_mlp=config.count("n_inner", 4 * width),
        norm="layer",
        epsilon=config.number("layer_norm_epsilon"),
        activation=config.choice("activation_function", GELU_ACTIVATIONS),
    )
    tied = config.flag("tie_word_embeddings", True)
    return architecture, TransformerParams(
        embedding=arrays.take("wte.weight", architecture.n_tokens, width),
        positions=arrays.take("wpe.weight", architecture.n_positions, width),
        layers=stacked([_layer(architecture, arrays, n) for n in range(architecture.n_layers)]),
        norm=arrays.norm("ln_f", width, bias=True),
        unembedding=arrays.unembedding("lm_head.weight", architecture.n_tokens, width, tied=tied),
    )


def _layer(architecture: Architecture, arrays: Arrays, number: int) -> LayerParams:
    width, name = architecture.d_model, f"h.{number}"

    def linear(of: str, n_in: int, n_out: int) -> Linear:
        return arrays.linear(f"{name}.{of}", n_in, n_out, bias=True, out_first=False)

    attention = linear("attn.c_attn", width, 3 * width)
    query, key, value = (
        jax.tree.map(lambda leaf, which=which: np.split(leaf, 3, axis=-1)[which], attention)
        for which in range(3)
    )
    return LayerParams(
        attention_norm=arrays.norm(f"{name}.ln_1", width, bias=True),
        query=query,
        key=key,
        value=value,
        output=linear("attn.c_proj", width, width),
        mlp_norm=arrays.norm(f"{name}.ln_2", width, bias=True),
        up=linear("mlp.c_fc", width, architecture.d_mlp),
        down=linear("mlp.c_proj", architecture.d_mlp, width),
    )
