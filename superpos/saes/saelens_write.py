"""Sparse autoencoders out to SAELens: cfg.json and sae_weights.safetensors.

Source: SAELens 6.54.12, the files of `save_inference_model`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from superpos import safetensors
from superpos.arguments import (
    ArgumentError,
    AtLeastOne,
    MaybeAtLeastOne,
    MaybeCount,
    NonNegative,
    check_value,
    did_you_mean,
    factory,
    shown,
    within,
)
from superpos.saes.aligned import aligned_params
from superpos.saes.gated import GatedParams
from superpos.saes.inputs import Frame
from superpos.saes.jumprelu import JumpReluParams
from superpos.saes.matching_pursuit import PursuitParams
from superpos.saes.parameters import SaeParams, folded
from superpos.saes.parts import SaeState
from superpos.saes.recipes import TOPK_FAMILY, Ours
from superpos.saes.relu import TiedParams
from superpos.saes.saelens_file import CONFIG, FIXED, WEIGHTS, listed
from superpos.types import Params

Kind = Literal[Ours, "matryoshka_relu"]
THEIRS = {
    **{"abs_topk": "abstopk", "aligned": "topk", "batch_topk": "jumprelu", "gated": "gated"},
    **{"jumprelu": "jumprelu", "matching_pursuit": "matching_pursuit", "matryoshka": "jumprelu"},
    **{"matryoshka_relu": "standard", "relu": "standard", "topk": "topk"},
}
"""Our architectures -> those that SAELens opens them as."""
PARAMS = {
    "gated": (GatedParams,),
    "jumprelu": (JumpReluParams,),
    "matching_pursuit": (PursuitParams,),
    "relu": (SaeParams, TiedParams),
}
"""Architecture -> what its parameters are; SaeParams for all others."""
OWN: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("topk", "aligned", "abs_topk"), {"k": AtLeastOne}),
    "matching_pursuit": {
        "max_iterations": MaybeCount,
        "residual_threshold": NonNegative,
        "stop_on_duplicate_support": bool,
    },
}
"""Architecture -> what SAELens asks for besides, with its range."""
BY_THRESHOLD = ("batch_topk", "matryoshka")
PER_LATENT = ("W_dec", "b_enc", "r_mag", "b_gate", "b_mag", "threshold")


@factory
def write(
    folder: str | Path,
    params: Params,
    state: SaeState,
    *,
    architecture: Kind,
    pre_bias: bool = True,
    width: MaybeAtLeastOne = None,
    **own: Any,
) -> None:
    """Write an autoencoder as SAELens opens it, for inference.

    The frame of its inputs is folded into the weights. That of TopK and of matching pursuit then
    has a code in the units of the inputs. Matching pursuit is always written with a b_dec, which is
    the centre of the frame where the model has no b_dec of its own.

    Args:
        folder: a new one, or one without these files.
        params: its parameters, of one model.
        state: its state, of one model.
        architecture: of which factory it is.
        pre_bias: as the factory was given it.
        width: latents in use, in [1, d_code]; a fraction is dropped. None is all.
        own: what SAELens asks for besides, under its names, and no more: k of TopK, aligned and
            AbsTopK, in [1, width], where a fraction is dropped; max_iterations (>= 1, None is
            d_in), residual_threshold (>= 0, in the units of the model) and
            stop_on_duplicate_support (a bool) of matching pursuit.

    Raises:
        ArgumentError: an argument is out of range, missing or unknown, parameters or state are not
            those of one such autoencoder with finite numbers, or the files are there already or
            cannot be written; one line, and nothing is written.
    """
    d_code, d_in = _sizes(architecture, params, state)
    most = d_code if width is None else int(np.asarray(width))
    within(most, "width", d_code, f"d_code={d_code}")
    own = _own(architecture, own, most)
    arrays = _arrays(architecture, params, state)
    if architecture == "matching_pursuit" and not pre_bias:  # b_dec is not read
        arrays, pre_bias = {**arrays, "b_dec": np.zeros(d_in)}, True
    scale = 1.0
    if isinstance(state.frame, Frame):
        scale = float(state.frame.scale)
        centre = np.asarray(state.frame.centre, np.float64)
        arrays = _unframed(arrays, centre, scale, pre_bias)
    arrays = {name: _first(name, array, most) for name, array in arrays.items()}
    with np.errstate(over="ignore"):
        if not all(np.isfinite(array.astype(np.float32)).all() for array in arrays.values()):
            raise ArgumentError("params: expected finite numbers, in float32 and out of the frame")
    if "k" in own:
        own["rescale_acts_by_decoder_norm"] = True
    if "residual_threshold" in own:
        own["residual_threshold"] *= scale
    config = {
        **{"architecture": THEIRS[architecture], "d_in": d_in, "d_sae": most, **FIXED},
        **{"dtype": "float32", "device": "cpu", "apply_b_dec_to_input": pre_bias, **own},
        "metadata": {},
    }
    _create(Path(folder), config, arrays)


def _sizes(architecture: Kind, params: Params, state: SaeState) -> tuple[int, int]:
    """The sizes d_code and d_in of one autoencoder.

    Raises:
        ArgumentError: the parameters or the state are not of one of this architecture; one line.
    """
    wanted = PARAMS.get(architecture, (SaeParams,))
    if type(params) not in wanted:
        names = " or ".join(each.__name__ for each in wanted)
        raise ArgumentError(
            f"params of type {type(params).__name__}: expected the {names} of {architecture}"
        )
    shapes = {name: np.shape(leaf) for name, leaf in vars(params).items()}
    if len(shapes["W_dec"]) != 2:
        raise ArgumentError(
            f"params: W_dec {list(shapes['W_dec'])}, expected (d_code, d_in), of one model"
        )
    d_code, d_in = shapes["W_dec"]
    known = {"W_dec": (d_code, d_in), "W_enc": (d_in, d_code), "b_dec": (d_in,)}
    expected = {name: known.get(name, (d_code,)) for name in shapes}
    if shapes != expected:
        raise ArgumentError(f"params: {listed(shapes)}, expected {listed(expected)}")
    found, expected = {"silent": np.shape(state.silent)}, {"silent": (d_code,)}
    if isinstance(state.frame, Frame):
        found |= {name: np.shape(leaf) for name, leaf in vars(state.frame).items()}
        expected |= {"centre": (d_in,), "scale": ()}
    if found != expected:
        raise ArgumentError(f"state: {listed(found)}, expected {listed(expected)}")
    if architecture in BY_THRESHOLD and isinstance(state.threshold, tuple):
        raise ArgumentError(f"state: expected that of {architecture}, which has a threshold")
    return d_code, d_in


def _own(architecture: Kind, own: Mapping[str, Any], width: int) -> dict[str, Any]:
    """What SAELens asks for besides, as JSON has it.

    Raises:
        ArgumentError: some is missing, unknown or out of range; one line.
    """
    known = OWN.get(architecture, {})
    for name, value in own.items():
        if name not in known:
            close = did_you_mean(name, known)
            what = ", ".join(known) or "nothing"
            raise ArgumentError(
                f"{name}={shown(value)}: unknown, {architecture} takes {what} besides{close}"
            )
        check_value(name, value, known[name])
    missing = [name for name in known if name not in own]
    if missing:
        raise ArgumentError(f"{missing[0]}: missing, {architecture} takes {', '.join(known)}")
    found = {name: np.asarray(value).item() for name, value in own.items()}
    if "k" in found:
        found["k"] = int(found["k"])
        within(found["k"], "k", width, f"the {width} latents in use")
    return found


def _create(folder: Path, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write both files, or none where one of them is there.

    Raises:
        ArgumentError: one is there already or cannot be written; one line.
    """
    contents = {
        WEIGHTS: safetensors.written(arrays),
        CONFIG: json.dumps(config, indent=1).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in contents:
            if (folder / name).exists():
                raise FileExistsError(0, f"{name} is there")
        for name, content in contents.items():
            with (folder / name).open("xb") as file:
                file.write(content)
    except OSError as error:
        raise ArgumentError(
            f"{folder}: expected a new folder to write ({error.strerror})"
        ) from None


def _arrays(architecture: Kind, params: Params, state: SaeState) -> dict[str, np.ndarray]:
    """Arrays by the names that SAELens has, in float64, in the frame of the model."""
    if architecture == "aligned":
        params = aligned_params(params)
    if architecture in TOPK_FAMILY:
        params = folded(params)
    arrays = {name: np.asarray(leaf, np.float64) for name, leaf in vars(params).items()}
    if isinstance(params, TiedParams):
        arrays["W_enc"] = arrays["W_dec"].T
    if architecture in BY_THRESHOLD:
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
