"""A checkpoint of Hugging Face's transformers: a folder with config.json and safetensors."""

import json
import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos import safetensors
from superpos.arguments import ArgumentError
from superpos.models.transformer.architecture import TransformerParams
from superpos.models.transformer.checkpoints.arrays import Arrays
from superpos.models.transformer.checkpoints.config import Config
from superpos.models.transformer.checkpoints.gpt2 import gpt2
from superpos.models.transformer.checkpoints.gpt_neox import gpt_neox
from superpos.models.transformer.checkpoints.llama import llama
from superpos.models.transformer.transformer import Transformer, transformer

READERS = {"llama": llama, "gpt2": gpt2, "gpt_neox": gpt_neox}
"""Their `model_type` -> what reads it."""
CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
PREFIX = re.compile(r"^(model|transformer|gpt_neox)\.")
"""Of the names of all arrays but the unembedding, in a model with one."""
BUFFERS = re.compile(r"\.(attn|attention)\.(masked_)?bias$|\.rotary_emb\.inv_freq$")
"""What older versions wrote beside the parameters."""


def read(folder: Path) -> tuple[Transformer, TransformerParams]:
    """A checkpoint; see `checkpoints.read`."""
    values = _json(folder / CONFIG)
    config = Config(folder / CONFIG, values)
    reader = config.choice("model_type", READERS)
    return loaded(reader, config, Arrays(folder, _arrays(folder)))


def loaded(reader: Any, config: Config, arrays: Arrays) -> tuple[Transformer, TransformerParams]:
    """The model and the parameters that a reader finds.

    Raises:
        ArgumentError: a key or an array is not as it must be; one line.
    """
    architecture, params = reader(config, arrays)
    arrays.check_all_taken()
    try:
        model = transformer(architecture)
    except ArgumentError as error:
        raise ArgumentError(f"{config.path}: {error}") from None
    return model, jax.tree.map(jnp.asarray, params)


def _arrays(folder: Path) -> dict[str, np.ndarray]:
    """All arrays of a checkpoint, by their names without the prefix.

    Raises:
        ArgumentError: a file is missing or damaged; one line.
    """
    arrays: dict[str, np.ndarray] = {}
    for file in _files(folder):
        found = safetensors.read(folder / file, lambda name: not BUFFERS.search(name))
        arrays |= {PREFIX.sub("", name): array for name, array in found.items()}
    return arrays


def _files(folder: Path) -> list[str]:
    """Names of the files that hold the arrays.

    Raises:
        ArgumentError: the index is damaged; one line.
    """
    index = folder / INDEX
    if not index.exists():
        return [WEIGHTS]
    files = _json(index).get("weight_map")
    names = list(files.values()) if isinstance(files, dict) else []
    if not names or not all(isinstance(each, str) and Path(each).name == each for each in names):
        raise ArgumentError(f"{index}: weight_map, expected names of files in this folder")
    return sorted(set(names))


def _json(path: Path) -> dict[str, Any]:
    """The mapping of a JSON file.

    Raises:
        ArgumentError: it cannot be read, or holds something else; one line.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise ArgumentError(f"{path}: expected a file to read ({error.strerror})") from None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ArgumentError(f"{path}: damaged, expected a mapping in JSON")
    return value
