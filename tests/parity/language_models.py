"""Random small checkpoints of transformers, and all that it computes with them.

Every parameter is drawn, gains and biases included, so that none can be forgotten. A folder of one
checkpoint holds what transformers writes, and `expected.npz`: `tokens` (n,), `residual`
(n_layers + 1, n, d_model), `mlp` (n_layers, n, d_mlp) and `logits` (n, n_tokens), float32.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers

from tests.parity.inputs import Arrays

EXPECTED = "expected.npz"
N_TOKENS, N_POSITIONS, N = 48, 16, 12


class Case(NamedTuple):
    """A checkpoint.

    Attributes:
        config: class of its config.
        settings: its arguments.
        dtype: of the file; the model computes in float32 with what is in the file.
        shard: the largest size of a file.
    """

    config: type
    settings: dict[str, Any]
    dtype: torch.dtype = torch.float32
    shard: str = "1GB"


LLAMA = {
    **{"vocab_size": N_TOKENS, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": N_POSITIONS},
}
GPT2 = {
    **{"vocab_size": N_TOKENS, "n_embd": 16, "n_head": 2, "n_layer": 2, "n_positions": N_POSITIONS},
    **{"bos_token_id": 0, "eos_token_id": 0},
}
NEOX = {
    **{"vocab_size": N_TOKENS, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3},
    **{"num_attention_heads": 2, "max_position_embeddings": N_POSITIONS},
}
CASES = {
    "llama": Case(transformers.LlamaConfig, LLAMA),
    "llama_biases": Case(
        transformers.LlamaConfig,
        {
            **LLAMA,
            **{"head_dim": 6, "attention_bias": True, "mlp_bias": True, "hidden_act": "gelu"},
            **{"tie_word_embeddings": True, "rms_norm_eps": 1e-3},
            "rope_parameters": {"rope_type": "default", "rope_theta": 50.0},
        },
        shard="20KB",
    ),
    "gpt2": Case(transformers.GPT2Config, GPT2),
    "gpt2_relu": Case(
        transformers.GPT2Config,
        {**GPT2, "n_inner": 24, "activation_function": "relu", "tie_word_embeddings": False},
        dtype=torch.float16,
    ),
    "gpt_neox": Case(transformers.GPTNeoXConfig, NEOX),
    "gpt_neox_serial": Case(
        transformers.GPTNeoXConfig,
        {
            **NEOX,
            **{"use_parallel_residual": False, "attention_bias": False, "hidden_act": "gelu_new"},
            "rope_parameters": {
                **{"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 1.0}
            },
        },
        dtype=torch.bfloat16,
    ),
}
LAYERS = {
    "llama": ("model.layers", "mlp.down_proj"),
    "gpt2": ("transformer.h", "mlp.c_proj"),
    "gpt_neox": ("gpt_neox.layers", "mlp.dense_4h_to_h"),
}
"""Type -> where its blocks are, and what reads the hidden layer of their MLP."""


def write(folder: Path) -> None:
    """Draw every checkpoint anew, and write what transformers computes with it."""
    for number, (name, case) in enumerate(CASES.items()):
        torch.manual_seed(number)
        model = transformers.AutoModelForCausalLM.from_config(case.config(**case.settings))
        with torch.no_grad():
            for parameter in model.parameters():
                spread = 0.3 if parameter.ndim == 1 else parameter.shape[-1] ** -0.5
                start = parameter if parameter.ndim == 1 else torch.zeros(())
                parameter.copy_(start + spread * torch.randn_like(parameter))
        model.to(case.dtype).save_pretrained(folder / name, max_shard_size=case.shard)
        (folder / name / "generation_config.json").unlink()
        tokens = np.random.default_rng(number).integers(N_TOKENS, size=N)
        np.savez_compressed(folder / name / EXPECTED, **outputs(opened(folder / name), tokens))


def opened(path: Path, **more: Any) -> Any:
    """A checkpoint as transformers opens it, in float32, with its plainest attention."""
    how = {"dtype": torch.float32, "attn_implementation": "eager", "local_files_only": True}
    return transformers.AutoModelForCausalLM.from_pretrained(path, **how, **more).eval()


def outputs(model: Any, tokens: np.ndarray) -> Arrays:
    """What a model computes for a text."""
    place, reader = LAYERS[model.config.model_type]
    blocks = model.get_submodule(place)
    residual: list[torch.Tensor] = []
    mlp: list[torch.Tensor] = []
    with contextlib.ExitStack() as stack, torch.no_grad():
        first = blocks[0].register_forward_pre_hook(
            lambda module, given, named: residual.append((given or named["hidden_states"])[0]),
            with_kwargs=True,
        )
        stack.callback(first.remove)
        for block in blocks:
            after = block.register_forward_hook(
                lambda module, given, result: residual.append(
                    result[0] if isinstance(result, tuple) else result
                )
            )
            inside = block.get_submodule(reader).register_forward_pre_hook(
                lambda module, given: mlp.append(given[0])
            )
            stack.callback(after.remove)
            stack.callback(inside.remove)
        logits = model(torch.tensor(tokens)[None], use_cache=False).logits
    n = len(tokens)
    arrays = {"residual": residual, "mlp": mlp}
    found = {name: torch.stack([x.reshape(n, -1) for x in xs]) for name, xs in arrays.items()}
    found["logits"] = logits[0]
    return {"tokens": np.asarray(tokens), **{k: v.float().numpy() for k, v in found.items()}}


def records(folder: Path) -> Iterator[tuple[str, Arrays, Arrays]]:
    """Name, arrays computed now, and those that are frozen, of each checkpoint."""
    for name in CASES:
        frozen = dict(np.load(folder / name / EXPECTED))
        yield name, outputs(opened(folder / name), frozen["tokens"]), frozen
