"""A golden checkpoint as a GGUF file, by the package's own writer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from superpos import safetensors
from superpos.models.transformer.checkpoints.gguf_file import NAMES, OUTER
from tests.superpos.models.transformer.golden import GOLDEN

THEIRS = {ours: theirs for theirs, ours in NAMES.items()}
OUTSIDE = {ours: theirs for theirs, ours in OUTER.items()}
HEADS = {"attn_q": 4, "attn_k": 2}
BYTES = ["Ġ", "!", "1", "2", "a", "b", "c"]
TOKENS = ["<|end|>", *BYTES, "ab", "Ġa", "Ġab", "12"]
"""Of a byte-pair encoding, in GPT-2's spelling: Ġ is a space."""
MERGES = ["Ġ a", "Ġa b", "a b", "1 2"]


def interleaved(array: np.ndarray, n_heads: int) -> np.ndarray:
    """llama.cpp's LlamaModel.permute: halves of each head to pairs side by side."""
    halves = array.reshape(n_heads, 2, array.shape[0] // n_heads // 2, *array.shape[1:])
    return halves.swapaxes(1, 2).reshape(array.shape)


def tensors() -> dict[str, np.ndarray]:
    """The arrays of the golden checkpoint under the names and in the order of GGUF."""
    found = {}
    for name, array in safetensors.read(GOLDEN / "llama" / "model.safetensors").items():
        name = name.removeprefix("model.")
        if not name.startswith("layers."):
            found[OUTSIDE[name]] = array
            continue
        _, number, middle = name.removesuffix(".weight").split(".", 2)
        theirs = THEIRS[middle]
        array = interleaved(array, HEADS[theirs]) if theirs in HEADS else array
        found[f"blk.{number}.{theirs}.weight"] = array
    return found


def written(
    path: Path,
    *,
    arrays: Mapping[str, np.ndarray],
    types: Mapping[str, Any] | None = None,
    architecture: str = "llama",
    pre: str = "smollm",
    merges: Any = MERGES,
    heads: int = 4,
) -> Path:
    """A file by the package's own writer."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(16)
    writer.add_embedding_length(32)
    writer.add_block_count(2)
    writer.add_feed_forward_length(64)
    writer.add_head_count(heads)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(48)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] + [1] * (len(TOKENS) - 1))
    writer.add_token_merges(merges)
    for name, array in arrays.items():
        kind = (types or {}).get(name)
        data = array if kind is None else gguf.quants.quantize(array, kind)
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
