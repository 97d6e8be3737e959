"""A language model in a GGUF file, of Llama type, dequantised to float32.

Source: github.com/ggml-org/ggml, docs/gguf.md; and llama.cpp, `LlamaModel.permute`, which puts the
rows of queries and keys in another order: pairs that the rotary embedding turns stand side by side.
Here they are brought back to halves of a head.
"""

import re
from pathlib import Path

import numpy as np

from superpos.arguments import ArgumentError
from superpos.models.transformer.architecture import TransformerParams
from superpos.models.transformer.checkpoints import gguf_format
from superpos.models.transformer.checkpoints.arrays import Arrays
from superpos.models.transformer.checkpoints.config import Config
from superpos.models.transformer.checkpoints.hugging_face import loaded
from superpos.models.transformer.checkpoints.llama import llama
from superpos.models.transformer.transformer import Transformer

KEYS = {
    "llama.block_count": "num_hidden_layers",
    "llama.context_length": "max_position_embeddings",
    "llama.embedding_length": "hidden_size",
    "llama.feed_forward_length": "intermediate_size",
    "llama.attention.head_count": "num_attention_heads",
    "llama.attention.head_count_kv": "num_key_value_heads",
    "llama.attention.key_length": "head_dim",
    "llama.rope.freq_base": "rope_theta",
    "llama.rope.scaling.type": "rope_scaling",
    "llama.attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "llama.vocab_size": "vocab_size",
}
"""Keys of GGUF -> those of transformers."""
NAMES = {
    **{"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"},
    **{f"attn_{x}": f"self_attn.{x}_proj" for x in "qkv"},
    **{"attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj"},
    **{"ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"},
}
OUTER = {
    "token_embd.weight": "embed_tokens.weight",
    "output_norm.weight": "norm.weight",
    "output.weight": "lm_head.weight",
}
LAYER = re.compile(r"blk\.(\d+)\.(\w+)\.weight")


def read(path: Path) -> tuple[Transformer, TransformerParams]:
    """A model; see `checkpoints.read`."""
    given, tensors = gguf_format.read(path)
    Config(path, given).choice("general.architecture", {"llama": llama})
    config = Config(
        path,
        {
            **{ours: given.get(theirs) for theirs, ours in KEYS.items()},
            **{"hidden_act": "silu", "tie_word_embeddings": "output.weight" not in tensors},
        },
    )
    heads = {"attn_q": config.count("num_attention_heads")}
    heads["attn_k"] = config.count("num_key_value_heads", heads["attn_q"])
    arrays = {}
    for name, tensor in tensors.items():
        layer = LAYER.fullmatch(name)
        array = _dequantised(path, name, tensor)
        if layer is None or layer[2] not in NAMES:
            arrays[OUTER.get(name, name)] = array
            continue
        if layer[2] in heads:
            array = _halves(path, name, array, heads[layer[2]])
        arrays[f"layers.{layer[1]}.{NAMES[layer[2]]}.weight"] = array
    return loaded(llama, config, Arrays(path, arrays))


def _dequantised(path: Path, name: str, tensor: gguf_format.Tensor) -> np.ndarray:
    """The numbers of a tensor, float32.

    Raises:
        ArgumentError: they are quantised in a way that gguf cannot undo; one line.
    """
    try:
        return tensor.dequantised()
    except NotImplementedError:
        raise ArgumentError(
            f"{path}: {name}: of kind {tensor.kind}, which gguf does not dequantise"
        ) from None


def _halves(path: Path, name: str, array: np.ndarray, n_heads: int) -> np.ndarray:
    """Rows of each head from pairs side by side to halves.

    Raises:
        ArgumentError: the rows are no whole pairs of each head; one line.
    """
    if array.ndim != 2 or array.shape[0] % (2 * n_heads):
        raise ArgumentError(
            f"{path}: {name} is {list(array.shape)}, expected pairs of rows of {n_heads} heads"
        )
    pairs = array.reshape(n_heads, -1, 2, array.shape[1])
    return pairs.swapaxes(1, 2).reshape(array.shape)
