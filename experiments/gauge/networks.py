"""The trained classifiers of a sweep, in float64, with examples that they have not seen."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.gauge import digits
from superpos import data, models
from superpos.train import NoMemberError
from superpos.types import Array, Model

N_EXAMPLES = 355
"""As many as there are digits to test on."""


class Networks(NamedTuple):
    """Networks of one architecture, and what they are tested on.

    Attributes:
        model: of all.
        params: MlpParams with a leading axis of networks, float64.
        inputs: examples, (batch, n_features), float64.
        targets: their classes, one-hot, (batch, n_classes), float64.
    """

    model: Model
    params: models.MlpParams
    inputs: Array
    targets: Array


def networks(dataset: xarray.Dataset) -> Networks:
    """The finished members of a sweep of classifiers over seeds; to be called under x64.

    Args:
        dataset: with the results weights.0, weights.1, ..., and biases.0, ... where it has them.

    Raises:
        NoMemberError: no member is finished.
    """
    config = json.loads(dataset.attrs["config"])
    finished = dataset.isel(seed=(dataset["status"] == "ok").to_numpy())
    if not finished.sizes["seed"]:
        raise NoMemberError("no finished classifier")
    arguments = ("n_features", "n_hidden", "n_outputs", "n_layers", "bias")
    model = models.mlp(**given(config, "model", arguments))
    params = models.MlpParams(
        weights=_leaves(finished, "weights"), biases=_leaves(finished, "biases")
    )
    inputs, targets = _examples(config)
    return Networks(model, params, jnp.float64(inputs), jnp.float64(targets))


def is_classifier(dataset: xarray.Dataset) -> bool:
    """Whether the sweep is one of classifiers."""
    return "weights.0" in dataset


def given(config: Mapping[str, Any], group: str, names: Sequence[str]) -> dict[str, Any]:
    """Those of the arguments of a component that a flat config sets."""
    keys = {name: f"{group}.{name}" for name in names}
    return {name: config[key] for name, key in keys.items() if key in config}


def _leaves(dataset: xarray.Dataset, name: str) -> tuple[Array, ...]:
    found = sorted(str(key) for key in dataset if str(key).startswith(f"{name}."))
    return tuple(jnp.float64(dataset[key].transpose("seed", ...).to_numpy()) for key in found)


def _examples(config: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets that the networks were not trained on."""
    if config["data.kind"] == "digits":
        images, labels = digits.load("test")
        return images, np.eye(digits.N_CLASSES)[labels]
    n = config["data.n_features"]
    features = data.sparse_uniform(n_features=n, density=config["data.data.density"])
    teacher = given(config, "data", ("n_classes", "n_teacher", "teacher_seed"))
    source = data.labelled(n_features=n, data=features, **teacher)
    batch = data.draw(source, jax.random.key(1), N_EXAMPLES)
    return np.asarray(batch.inputs), np.asarray(batch.targets)
