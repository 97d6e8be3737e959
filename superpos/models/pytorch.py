"""Tied autoencoders of PyTorch, in and out.

Source: Anthropic's notebook of Elhage et al. 2022, `toy_models.ipynb`, class `Model`: `W` of shape
(n_instances, n_features, n_hidden), `b_final` (n_instances, n_features). Others, such as those of
ARENA 3.0, have `W` as (n_instances, n_hidden, n_features).
"""

from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, factory
from superpos.models.autoencoder import AutoencoderParams
from superpos.models.weights import Arrays, arrays_of, listed, place_of

WEIGHT, BIAS = "W", "b_final"
BIASES = (BIAS, "b", "bias")
"""What a bias may be called."""
Layout = Literal["features_first", "hidden_first"]
"""Of W: (..., n_features, n_hidden), or (..., n_hidden, n_features)."""
Asked = Literal["by_bias", "features_first", "hidden_first"]


@factory
def from_torch(source: str | Path | Arrays, *, layout: Asked = "by_bias") -> AutoencoderParams:
    """Parameters of the tied autoencoder from a state_dict, without PyTorch.

    Args:
        source: a state_dict or any arrays by name, or a file that
            `safetensors.torch.save_file(model.state_dict(), path)` wrote. It has W, and a bias that
            is called b_final, b or bias.
        layout: of W: "features_first", "hidden_first", or "by_bias", the one in which the bias has
            a number for each feature.

    Returns:
        W (..., n_features, n_hidden) and b (..., n_features), float32. All instances of the
        notebook are there: those of one are `jax.tree.map(lambda leaf: leaf[0], params)`.

    Raises:
        ArgumentError: the file is missing or damaged, names or shapes are others, or W is square
            and the layout is not given; one line.
    """
    arrays = arrays_of(source)
    biases = [name for name in BIASES if name in arrays]
    if len(biases) != 1 or {*arrays} != {WEIGHT, *biases}:
        raise ArgumentError(
            f"{place_of(source)}: has {listed(arrays) or 'nothing'}, expected {WEIGHT} and {BIAS}"
        )
    W, b = arrays[WEIGHT], arrays[biases[0]]
    axes = {"features_first": -2, "hidden_first": -1}
    found = [
        each
        for each, axis in axes.items()
        if layout in (each, "by_bias") and W.ndim > 1 and b.shape == (*W.shape[:-2], W.shape[axis])
    ]
    if not found:
        shapes = f"{place_of(source)}: has {listed(arrays)}"
        raise ArgumentError(f"{shapes}, expected a number of {biases[0]} for each feature")
    if len(found) > 1:
        raise ArgumentError(f"layout=by_bias: W {W.shape} is square, expected {' or '.join(found)}")
    W = np.moveaxis(W, axes[found[0]], -2)
    return AutoencoderParams(W=jnp.asarray(W), b=jnp.asarray(b))


@factory
def to_torch(
    params: AutoencoderParams, *, layout: Layout = "features_first"
) -> dict[str, np.ndarray]:
    """The state_dict of the notebook, as arrays of NumPy: `torch.from_numpy` makes tensors of them.

    Args:
        params: W (..., n_features, n_hidden) and b (..., n_features).
        layout: of W there.

    Returns:
        W and b_final, float32, which `write` writes as a file of safetensors.

    Raises:
        ArgumentError: the layout is another, or the parameters are of another model; one line.
    """
    if type(params) is not AutoencoderParams:
        raise ArgumentError(
            f"params of type {type(params).__name__}: expected AutoencoderParams, of autoencoder"
        )
    W, b = np.array(params.W, np.float32), np.array(params.b, np.float32)
    if layout == "hidden_first":
        W = np.ascontiguousarray(np.swapaxes(W, -1, -2))
    return {WEIGHT: W, BIAS: b}
