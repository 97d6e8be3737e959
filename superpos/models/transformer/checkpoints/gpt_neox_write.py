"""A transformer written as a checkpoint of GPT-NeoX type, which transformers reads too."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpos import safetensors
from superpos.arguments import ArgumentError
from superpos.models.transformer.architecture import (
    Architecture,
    LayerParams,
    Linear,
    Norm,
    TransformerParams,
)
from superpos.models.transformer.checkpoints.config import GELU_ACTIVATIONS
from superpos.models.transformer.checkpoints.hugging_face import CONFIG, WEIGHTS
from superpos.models.transformer.tokeniser import FILE, Tokeniser
from superpos.models.transformer.transformer import Transformer, select

PREFIX = "gpt_neox."
NAMES = {ours: theirs for theirs, ours in reversed(GELU_ACTIVATIONS.items())}
"""Activation -> a name that transformers has for it."""


def write(
    folder: str | Path,
    model: Transformer,
    params: TransformerParams,
    tokeniser: Tokeniser | None = None,
) -> None:
    """Write config.json and model.safetensors, and tokenizer.json where there is a tokeniser.

    Args:
        folder: made where it is missing; files of these names in it are replaced.
        model: whose blocks are those of GPT-NeoX: LayerNorm with biases, rotary embeddings, an MLP
            without a gate and with biases, as many heads of keys as of queries.
        params: its parameters, of one transformer; written in float32.
        tokeniser: of its tokens.

    Raises:
        ArgumentError: the blocks are others, the tokeniser has another size, or a file cannot be
            written; one line.
    """
    architecture, folder = model.architecture, Path(folder)
    _check(architecture, params)
    if tokeniser is not None and tokeniser.n_tokens != architecture.n_tokens:
        raise ArgumentError(
            f"tokeniser: has {tokeniser.n_tokens} tokens, expected n_tokens={architecture.n_tokens}"
        )
    config = json.dumps(_config(architecture, params), indent=2, sort_keys=True)
    weights = safetensors.written(_arrays(architecture, params))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / CONFIG, f"{config}\n".encode())
        _replace(folder / WEIGHTS, weights)
        if tokeniser is not None:
            _replace(folder / FILE, tokeniser.to_json().encode())
    except OSError as error:
        line = f"folder={folder}: expected a folder to write in ({error.strerror})"
        raise ArgumentError(line) from None


def _replace(path: Path, content: bytes) -> None:
    """Write a file in the place of one, or of a link, which is not followed."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)


def _check(architecture: Architecture, params: TransformerParams) -> None:
    """Refuse what the layout cannot say.

    Raises:
        ArgumentError: one line.
    """
    layers = params.layers
    attention = (layers.query, layers.key, layers.value, layers.output)
    reasons = {
        "norm": architecture.norm != "layer" or params.norm.bias is None,
        "gate": layers.gate is not None,
        "n_kv_heads": architecture.n_kv_heads != architecture.n_heads,
        "d_head": architecture.d_head * architecture.n_heads != architecture.d_model,
        "d_rotary": not architecture.d_rotary or params.positions is not None,
        "biases": layers.up.b is None
        or layers.down.b is None
        or len({each.b is None for each in attention}) > 1,
    }
    wrong = [name for name, is_wrong in reasons.items() if is_wrong]
    if wrong:
        raise ArgumentError(f"model: {', '.join(wrong)} not of GPT-NeoX, expected its blocks")


def _config(architecture: Architecture, params: TransformerParams) -> dict[str, Any]:
    share = architecture.d_rotary / architecture.d_head
    return {
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        "vocab_size": architecture.n_tokens,
        "hidden_size": architecture.d_model,
        "num_hidden_layers": architecture.n_layers,
        "num_attention_heads": architecture.n_heads,
        "intermediate_size": architecture.d_mlp,
        "hidden_act": NAMES[architecture.activation],
        "max_position_embeddings": architecture.n_positions,
        "layer_norm_eps": architecture.epsilon,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": architecture.rotary_base,
            "partial_rotary_factor": share,
        },
        "rotary_pct": share,  # as before version 5
        "rotary_emb_base": architecture.rotary_base,
        "use_parallel_residual": architecture.parallel,
        "attention_bias": params.layers.query.b is not None,
        "tie_word_embeddings": params.unembedding is None,
        "bos_token_id": None,
        "eos_token_id": None,
        "torch_dtype": "float32",
    }


def _arrays(architecture: Architecture, params: TransformerParams) -> dict[str, np.ndarray]:
    arrays = {f"{PREFIX}embed_in.weight": np.asarray(params.embedding)}
    arrays |= _norm(f"{PREFIX}final_layer_norm", params.norm)
    if params.unembedding is not None:
        arrays["embed_out.weight"] = np.asarray(params.unembedding).T
    for number in range(architecture.n_layers):
        layer = select(params.layers, number)
        arrays |= _layer(architecture, layer, f"{PREFIX}layers.{number}")
    return arrays


def _layer(architecture: Architecture, layer: LayerParams, name: str) -> dict[str, np.ndarray]:
    read = (layer.query, layer.key, layer.value)
    biases = [each.b for each in read if each.b is not None]
    attention = Linear(
        W=_head_by_head(architecture, [each.W for each in read]),
        b=_head_by_head(architecture, biases) if biases else None,
    )
    return {
        **_norm(f"{name}.input_layernorm", layer.attention_norm),
        **_linear(f"{name}.attention.query_key_value", attention),
        **_linear(f"{name}.attention.dense", layer.output),
        **_norm(f"{name}.post_attention_layernorm", layer.mlp_norm),
        **_linear(f"{name}.mlp.dense_h_to_4h", layer.up),
        **_linear(f"{name}.mlp.dense_4h_to_h", layer.down),
    }


def _head_by_head(architecture: Architecture, parts: Sequence[Any]) -> Any:
    """Queries, keys and values, each (..., n_heads * d_head), as they follow each other there."""
    shape = (*parts[0].shape[:-1], architecture.n_heads, architecture.d_head)
    return np.stack([np.reshape(each, shape) for each in parts], -2).reshape(*shape[:-2], -1)


def _norm(name: str, norm: Norm) -> dict[str, np.ndarray]:
    return {f"{name}.weight": np.asarray(norm.scale), f"{name}.bias": np.asarray(norm.bias)}


def _linear(name: str, linear: Linear) -> dict[str, np.ndarray]:
    weight = {f"{name}.weight": np.asarray(linear.W).T}
    return weight if linear.b is None else weight | {f"{name}.bias": np.asarray(linear.b)}
