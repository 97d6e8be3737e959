"""Sparse autoencoders in from SAELens: cfg.json and sae_weights.safetensors.

Source: SAELens 6.54.12, the files of `save_inference_model` and `SAE.load_from_disk`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos import safetensors
from superpos.arguments import ArgumentError, shown
from superpos.saes.abs_topk import abs_topk
from superpos.saes.gated import gated
from superpos.saes.jumprelu import jumprelu
from superpos.saes.matching_pursuit import matching_pursuit
from superpos.saes.parts import SaeState
from superpos.saes.relu import relu
from superpos.saes.topk import topk
from superpos.types import Model, Params

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
FIXED = {"normalize_activations": "none", "reshape_activations": "none"}
"""What must stand in a config, where it says anything of it."""


def read(folder: str | Path) -> tuple[Model, Params, SaeState]:
    """An autoencoder that SAELens wrote, or `saes.write`.

    Args:
        folder: with its two files.

    Returns:
        The model, its parameters and the state of a start.

    Raises:
        ArgumentError: a file is missing or damaged, the layout is another, or it is one that this
            package does not have; one line.
    """
    folder = Path(folder)
    config = _config(folder / CONFIG)
    arrays = safetensors.read(folder / WEIGHTS)
    model = _model(folder, config)
    found = {name: array.shape for name, array in arrays.items()}
    sizes = {"W_dec": (config["d_sae"], config["d_in"])}
    if found.get("W_dec") != sizes["W_dec"]:  # before anything of these sizes is made
        raise ArgumentError(f"{folder}: has {listed(found)}, expected {listed(sizes)}")
    start, state = model.init(jax.random.key(0))
    expected = {name: leaf.shape for name, leaf in vars(start).items()}
    if found != expected:
        raise ArgumentError(f"{folder}: has {listed(found)}, expected {listed(expected)}")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ArgumentError(f"{folder}: expected finite numbers")
    norms = np.linalg.norm(arrays["W_dec"], axis=1)
    rescaled = config.get("rescale_acts_by_decoder_norm", False)
    if "topk" in config["architecture"] and not rescaled and np.any(np.abs(norms - 1) > 1e-4):
        raise ArgumentError(
            f"{folder}: rescale_acts_by_decoder_norm=False, expected decoder rows of norm 1"
        )
    return model, start.replace(**{n: jnp.asarray(a) for n, a in arrays.items()}), state


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text())
    except OSError as error:
        raise ArgumentError(f"{path}: expected a file to read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise ArgumentError(f"{path}: damaged, expected JSON") from None
    if not isinstance(config, dict):
        raise ArgumentError(f"{path}: expected the keys of a SAELens config")
    for key, value in FIXED.items():
        if config.get(key, value) != value:
            raise ArgumentError(f"{path}: {key}={shown(config[key])}, expected {value}")
    return config


def _model(folder: Path, config: Mapping[str, Any]) -> Model:
    """The model that a config is of."""
    pursuit = {
        "k": config.get("max_iterations") or config.get("d_in"),
        "max_iterations": config.get("max_iterations"),
        "residual_threshold": config.get("residual_threshold", 0.01),
        "stop_at_repeat": config.get("stop_on_duplicate_support", True),
    }
    known: dict[str, tuple[Callable[..., Model], dict[str, Any]]] = {
        "standard": (relu, {}),
        "topk": (topk, {"k": config.get("k")}),
        "abstopk": (abs_topk, {"k": config.get("k")}),
        "gated": (gated, {}),
        "jumprelu": (jumprelu, {}),
        "matching_pursuit": (matching_pursuit, pursuit),
    }
    name = config.get("architecture")
    if name not in known:
        raise ArgumentError(
            f"{folder}: architecture={shown(name)}, expected one of {', '.join(known)}"
        )
    build, own = known[name]
    try:
        return build(
            d_in=config.get("d_in"),
            d_code=config.get("d_sae"),
            pre_bias=config.get("apply_b_dec_to_input", True),
            **own,
        )
    except ArgumentError as error:
        raise ArgumentError(f"{folder}: {error}") from None


def listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Names and shapes of arrays, for messages."""
    return ", ".join(f"{name} {list(shape)}" for name, shape in sorted(shapes.items()))
