"""Checkpoints of transformers beside what transformers computes with them, and bad ones."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from superpos import safetensors
from superpos.arguments import ArgumentError
from superpos.models.transformer import read
from tests.superpos.models.transformer.golden import GOLDEN, NAMES, compare, copied


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_activations_are_those_of_transformers(name: str) -> None:
    compare(GOLDEN / name, name)


def test_every_type_has_a_golden_checkpoint() -> None:
    kinds = [
        json.loads((GOLDEN / name / "config.json").read_text())["model_type"] for name in NAMES
    ]
    assert sorted(kinds) == ["gpt2", "gpt2", "gpt_neox", "gpt_neox", "llama", "llama"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("llama_biases", {"rope_parameters": ..., "rope_theta": 50, "rope_scaling": None}),
        ("llama", {"rope_parameters": ..., "head_dim": ..., "attention_bias": ...}),
        ("gpt_neox_serial", {"rope_parameters": ..., "rotary_emb_base": 100, "rotary_pct": 1.0}),
        ("gpt_neox", {"rope_parameters": ..., "use_parallel_residual": ..., "attention_bias": ...}),
        ("gpt2", {"n_inner": ..., "scale_attn_weights": ..., "tie_word_embeddings": ...}),
    ],
)
def test_configs_of_older_versions_mean_the_same(
    tmp_path: Path, name: str, changes: dict[str, Any]
) -> None:
    older, newer = read(copied(name, tmp_path, changes)), read(GOLDEN / name)
    assert older[0].architecture == newer[0].architecture


def test_what_older_versions_wrote_beside_the_parameters_is_left(tmp_path: Path) -> None:
    folder = copied("gpt2", tmp_path, {})
    arrays = safetensors.read(folder / "model.safetensors")
    extra = {
        "h.0.attn.bias": np.tri(4)[None, None],
        "h.0.attn.masked_bias": np.array(-1e4),
        "lm_head.weight": arrays["transformer.wte.weight"],
    }
    bare = {name.removeprefix("transformer."): array for name, array in arrays.items()}
    (folder / "model.safetensors").write_bytes(safetensors.written({**bare, **extra}))
    assert jax.tree.all(jax.tree.map(np.array_equal, read(folder)[1], read(GOLDEN / "gpt2")[1]))


def rewrite(change: Callable[[dict[str, np.ndarray]], None]) -> Callable[[Path], None]:
    """Change the arrays of a file."""

    def changed(folder: Path) -> None:
        arrays = safetensors.read(folder / "model.safetensors")
        change(arrays)
        (folder / "model.safetensors").write_bytes(safetensors.written(arrays))

    return changed


def index(value: Any) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        (folder / "model.safetensors.index.json").write_text(json.dumps(value))

    return changed


NORM = "gpt_neox.layers.1.input_layernorm.weight"
SHARD = "model-00002-of-00005.safetensors"
BAD: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "no_folder": (
        "llama",
        lambda f: shutil.rmtree(f),
        "/config.json: expected a file to read (No such file or directory)",
    ),
    "no_weights": (
        "llama",
        lambda f: (f / "model.safetensors").unlink(),
        "/model.safetensors: expected a file to read (No such file or directory)",
    ),
    "no_json": (
        "llama",
        lambda f: (f / "config.json").write_text("[1"),
        "/config.json: damaged, expected a mapping in JSON",
    ),
    "no_mapping": (
        "llama",
        lambda f: (f / "config.json").write_text("[1]"),
        "/config.json: damaged, expected a mapping in JSON",
    ),
    "no_safetensors": (
        "llama",
        lambda f: (f / "model.safetensors").write_bytes(b"abc"),
        "/model.safetensors: damaged, expected arrays of floats in safetensors",
    ),
    "no_shard": (
        "llama_biases",
        lambda f: (f / SHARD).unlink(),
        f"/{SHARD}: expected a file to read (No such file or directory)",
    ),
    "shard_left_out": (
        "llama_biases",
        index({"weight_map": {"a": SHARD}}),
        ": expected an array layers.0.input_layernorm.weight",
    ),
    "shard_elsewhere": (
        "llama",
        index({"weight_map": {"a": "../secret.safetensors"}}),
        "/model.safetensors.index.json: weight_map, expected names of files in this folder",
    ),
    "empty_map": (
        "llama",
        index({"weight_map": {}}),
        "/model.safetensors.index.json: weight_map, expected names of files in this folder",
    ),
    "no_map": (
        "llama",
        index({"weight_map": [SHARD]}),
        "/model.safetensors.index.json: weight_map, expected names of files in this folder",
    ),
    "no_array": (
        "gpt_neox",
        rewrite(lambda arrays: arrays.__delitem__(NORM)),
        ": expected an array layers.1.input_layernorm.weight",
    ),
    "another_shape": (
        "gpt_neox",
        rewrite(lambda arrays: arrays.update({NORM: np.ones((16, 1))})),
        ": layers.1.input_layernorm.weight is [16, 1], expected [16]",
    ),
    "not_finite": (
        "gpt_neox",
        rewrite(lambda arrays: arrays.update({NORM: np.full(16, np.inf)})),
        ": layers.1.input_layernorm.weight: expected finite numbers",
    ),
    "one_too_many": (
        "gpt_neox",
        rewrite(lambda arrays: arrays.update({"model.q_norm": np.ones(3)})),
        ": q_norm: in none of the architectures here",
    ),
    "more_too_many": (
        "gpt2",
        rewrite(lambda arrays: arrays.update({"h.2.x": np.ones(3), "h.3.x": np.ones(3)})),
        ": h.2.x and 1 more: in none of the architectures here",
    ),
}


@pytest.mark.parametrize(("name", "spoil", "message"), BAD.values(), ids=BAD)
def test_a_bad_checkpoint_is_one_line(
    tmp_path: Path, name: str, spoil: Callable[[Path], Any], message: str
) -> None:
    folder = copied(name, tmp_path, {})
    spoil(folder)
    with pytest.raises(ArgumentError) as caught:
        read(folder)
    assert str(caught.value) == f"{folder}{message}"


DEFAULT = {"rope_type": "default", "rope_theta": 10.0}


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("llama", {"model_type": "mamba"}, "model_type='mamba', expected one of llama, gpt2, "),
        ("llama", {"model_type": ["llama"]}, "model_type=['llama'], expected one of"),
        ("llama", {"model_type": ...}, "expected a key model_type"),
        ("llama", {"hidden_size": ...}, "expected a key hidden_size"),
        ("llama", {"hidden_size": None}, "expected a key hidden_size"),
        ("llama", {"hidden_size": 32.0}, "hidden_size=32.0, expected an integer in [1, "),
        ("llama", {"num_hidden_layers": 0}, "num_hidden_layers=0, expected an integer in [1, "),
        ("llama", {"vocab_size": True}, "vocab_size=True, expected an integer in [1, "),
        ("llama", {"rms_norm_eps": "1e-5"}, "rms_norm_eps='1e-5', expected a number in (0, inf)"),
        ("llama", {"rms_norm_eps": -1e-5}, "rms_norm_eps=-1e-05, expected a number in (0, inf)"),
        ("llama", {"hidden_act": "swish"}, "hidden_act='swish', expected one of silu, gelu, "),
        ("llama", {"mlp_bias": 1}, "mlp_bias=1, expected true or false"),
        ("llama", {"head_dim": 7}, "d_rotary=7: expected an even number up to d_head=7"),
        ("llama", {"rope_parameters": 3}, "rope_parameters=3, expected a mapping"),
        ("llama", {"rope_scaling": {"type": "linear"}}, "rope_scaling={'type': 'linear'}, expec"),
        (
            "llama",
            {"rope_parameters": {**DEFAULT, "rope_type": "llama3"}},
            "rope_type='llama3', expected default, the only one that is here",
        ),
        (
            "gpt_neox",
            {"rope_parameters": {**DEFAULT, "partial_rotary_factor": 1.5}},
            "rotary_pct=1.5, expected a number in (0, 1]",
        ),
        ("gpt_neox", {"num_attention_heads": 3}, "=3, expected a divisor of hidden_size=16"),
        ("gpt2", {"n_head": 3}, "n_head=3, expected a divisor of n_embd=16"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "=True, expected False, the only one"),
        ("gpt2", {"add_cross_attention": True}, "=True, expected False, the only one"),
        ("gpt2", {"scale_attn_weights": False}, "=False, expected True, the only one"),
    ],
)
def test_a_bad_config_is_one_line(
    tmp_path: Path, name: str, changes: dict[str, Any], message: str
) -> None:
    folder = copied(name, tmp_path, changes)
    if "head_dim" in changes:  # arrays that go with it
        arrays = safetensors.read(folder / "model.safetensors")
        for each in arrays:
            if "self_attn" in each:
                shape = [28 if "q_proj" in each else 14, 32]
                arrays[each] = np.ones([32, 28] if "o_proj" in each else shape)
        (folder / "model.safetensors").write_bytes(safetensors.written(arrays))
    with pytest.raises(ArgumentError) as caught:
        read(folder)
    text = str(caught.value)
    assert text.startswith(f"{folder}/config.json: ") and message in text and "\n" not in text


def test_heads_that_do_not_share_evenly_are_refused(tmp_path: Path) -> None:
    folder = copied("llama", tmp_path, {"num_key_value_heads": 3, "head_dim": 8})
    arrays = safetensors.read(folder / "model.safetensors")
    for each in arrays:
        if "k_proj" in each or "v_proj" in each:
            arrays[each] = np.ones((24, 32))
    (folder / "model.safetensors").write_bytes(safetensors.written(arrays))
    with pytest.raises(ArgumentError, match="n_kv_heads=3: expected a divisor of n_heads=4$"):
        read(folder)
