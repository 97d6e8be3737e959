"""Sparse autoencoders out to SAELens, and in again: cfg.json and sae_weights.safetensors.

Source: SAELens 6.54.12, the files of `save_inference_model` and `SAE.load_from_disk`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from superpos import safetensors
from superpos.arguments import ArgumentError, shown
from superpos.saes.abs_topk import abs_topk
from superpos.saes.aligned import aligned_params
from superpos.saes.gated import gated
from superpos.saes.inputs import Frame
from superpos.saes.jumprelu import jumprelu
from superpos.saes.matching_pursuit import matching_pursuit
from superpos.saes.parameters import folded
from superpos.saes.parts import SaeState
from superpos.saes.relu import TiedParams, relu
from superpos.saes.topk import topk
from superpos.types import Model, Params

Kind = Literal[
    "abs_topk",
    "aligned",
    "batch_topk",
    "gated",
    "jumprelu",
    "matching_pursuit",
    "matryoshka",
    "relu",
    "topk",
]
THEIRS = {
    **{"abs_topk": "abstopk", "aligned": "topk", "batch_topk": "jumprelu", "gated": "gated"},
    **{"jumprelu": "jumprelu", "matching_pursuit": "matching_pursuit", "matryoshka": "jumprelu"},
    **{"relu": "standard", "topk": "topk"},
}
"""Our architectures -> those that SAELens opens them as."""
CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
PER_LATENT = ("W_dec", "b_enc", "r_mag", "b_gate", "b_mag", "threshold")
FIXED = {"normalize_activations": "none", "reshape_activations": "none"}
"""What must stand in a config, where it says anything of it."""


def write(
    folder: str | Path,
    params: Params,
    state: SaeState,
    *,
    architecture: Kind,
    pre_bias: bool = True,
    width: int | None = None,
    **own: Any,
) -> None:
    """Write an autoencoder as SAELens opens it, for inference.

    The frame of its inputs is folded into the weights. That of TopK and of matching pursuit then
    has a code in the units of the inputs.

    Args:
        folder: a new one, or one without these files.
        params: its parameters.
        state: its state.
        architecture: of which factory it is.
        pre_bias: as the factory was given it.
        width: latents in use; None is all.
        own: what SAELens asks for besides, under its names: k of TopK, aligned and AbsTopK;
            residual_threshold, max_iterations and stop_on_duplicate_support of matching pursuit.

    Raises:
        ArgumentError: the files are there already or cannot be written; one line.
    """
    folder = Path(folder)
    arrays = _arrays(architecture, params, state)
    scale = 1.0
    if isinstance(state.frame, Frame):
        scale = float(state.frame.scale)
        centre = np.asarray(state.frame.centre, np.float64)
        arrays = _unframed(arrays, centre, scale, pre_bias)
    if width is not None:
        arrays = {name: _first(name, array, width) for name, array in arrays.items()}
    if architecture in ("topk", "aligned", "abs_topk"):
        own = {**own, "rescale_acts_by_decoder_norm": True}
    if "residual_threshold" in own:
        own = {**own, "residual_threshold": own["residual_threshold"] * scale}
    d_sae, d_in = arrays["W_dec"].shape
    config = {
        **{"architecture": THEIRS[architecture], "d_in": d_in, "d_sae": d_sae, **FIXED},
        **{"dtype": "float32", "device": "cpu", "apply_b_dec_to_input": pre_bias, **own},
        "metadata": {},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (
            (WEIGHTS, safetensors.written(arrays)),
            (CONFIG, json.dumps(config, indent=1).encode()),
        ):
            with (folder / name).open("xb") as file:
                file.write(content)
    except OSError as error:
        raise ArgumentError(
            f"{folder}: expected a new folder to write ({error.strerror})"
        ) from None


def read(folder: str | Path) -> tuple[Model, Params, SaeState]:
    """An autoencoder that SAELens wrote, or `write`.

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
    start, state = model.init(jax.random.key(0))
    expected = {name: leaf.shape for name, leaf in vars(start).items()}
    found = {name: array.shape for name, array in arrays.items()}
    if found != expected:
        raise ArgumentError(f"{folder}: has {_listed(found)}, expected {_listed(expected)}")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ArgumentError(f"{folder}: expected finite numbers")
    norms = np.linalg.norm(arrays["W_dec"], axis=1)
    rescaled = config.get("rescale_acts_by_decoder_norm", False)
    if "topk" in config["architecture"] and not rescaled and np.any(np.abs(norms - 1) > 1e-4):
        raise ArgumentError(
            f"{folder}: rescale_acts_by_decoder_norm=False, expected decoder rows of norm 1"
        )
    return model, start.replace(**{n: jnp.asarray(a) for n, a in arrays.items()}), state


def _arrays(architecture: Kind, params: Params, state: SaeState) -> dict[str, np.ndarray]:
    """Arrays by the names that SAELens has, in float64, in the frame of the model."""
    if architecture == "aligned":
        params = aligned_params(params)
    if architecture in ("topk", "aligned", "abs_topk", "batch_topk", "matryoshka"):
        params = folded(params)
    arrays = {name: np.asarray(leaf, np.float64) for name, leaf in vars(params).items()}
    if isinstance(params, TiedParams):
        arrays["W_enc"] = arrays["W_dec"].T
    if architecture in ("batch_topk", "matryoshka"):
        arrays["threshold"] = np.full_like(arrays["b_enc"], state.threshold)
    if "threshold" in arrays:
        arrays["threshold"] = np.maximum(arrays["threshold"], 0)
    return arrays


def _unframed(
    arrays: Mapping[str, np.ndarray], centre: np.ndarray, scale: float, pre_bias: bool
) -> dict[str, np.ndarray]:
    """The same for inputs x in place of (x - centre) / scale."""
    found = {**arrays, "b_dec": scale * arrays["b_dec"] + centre}
    if "W_enc" not in arrays:
        return found
    found |= {"W_enc": arrays["W_enc"] / scale, "W_dec": arrays["W_dec"] * scale}
    if not pre_bias:
        shift = centre @ found["W_enc"]
        scales = {"b_enc": 1.0, "b_gate": 1.0, "b_mag": np.exp(arrays.get("r_mag", 0.0))}
        found |= {n: found[n] - shift * by for n, by in scales.items() if n in found}
    return found


def _first(name: str, array: np.ndarray, width: int) -> np.ndarray:
    if name == "W_enc":
        return array[:, :width]
    return array[:width] if name in PER_LATENT else array


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


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in sorted(shapes.items()))
