"""A pretrained language model from a file, for factories that read trained models."""

import jax
import numpy as np

from superpos.arguments import factory
from superpos.engine.assets import asset
from superpos.models.language_model import predicting
from superpos.models.transformer import read
from superpos.types import Asset, Members


@factory
def checkpoint(*, path: str) -> Asset:
    """The language model of a checkpoint, as the only one of its kind.

    Args:
        path: what `superpos.models.transformer.read` takes: a folder with config.json and
            safetensors, or a file that ends in .gguf.

    Returns:
        An Asset that is read as Members of one model.

    Raises:
        ArgumentError: a file is missing or damaged, or of another kind; one line.
    """
    forward, params = read(path)
    model = predicting(forward, context=forward.architecture.n_positions)
    stacked = jax.tree.map(lambda leaf: np.asarray(leaf)[None], (params, ()))
    return asset(stacked, lambda arrays: Members(model, *arrays), about=str(forward.architecture))
