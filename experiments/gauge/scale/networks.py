"""The trained classifiers of a sweep, in float64, with examples that they have not seen."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.gauge import digits
from experiments.gauge.scale.stored import stacked
from experiments.registry import REGISTRY
from superpos import data, models
from superpos.train import store
from superpos.types import Array, Model

N_EXAMPLES = 355
"""As many as there are digits to test on."""
QUICK: Any = {"xla_backend_optimization_level": 0}
"""Options for programs that take seconds to compile and milliseconds to run."""


class Networks(NamedTuple):
    """Networks of one architecture, and what they are tested on.

    Attributes:
        model: of all.
        params: of all, each leaf with a leading axis of networks, float64.
        inputs: examples, (batch, n_features), float64.
        targets: their classes, one-hot, (batch, n_classes), float64.
    """

    model: Model
    params: models.MlpParams
    inputs: Array
    targets: Array

    @property
    def each(self) -> list[models.MlpParams]:
        """The parameters of the networks one by one."""
        n = len(self.params.weights[0])
        return [jax.tree.map(lambda leaf, at=at: leaf[at], self.params) for at in range(n)]


def networks(dataset: xarray.Dataset) -> Networks:
    """The finished members of a sweep of classifiers over seeds; to be called under x64.

    Args:
        dataset: of models that are `mlp`, with their final parameters.

    Raises:
        NoMemberError: no member is finished.
    """
    model, params = stacked(dataset, "classifier")
    inputs, targets = _examples(dataset)
    return Networks(model, params, jnp.float64(inputs), jnp.float64(targets))


def is_classifier(dataset: xarray.Dataset) -> bool:
    """Whether the sweep is one of classifiers."""
    return "weights.0" in dataset


def _examples(dataset: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets that the networks were not trained on."""
    if store.config_of(dataset)["data.kind"] == "examples":
        images, labels = digits.load("test")
        return images, np.eye(digits.N_CLASSES)[labels]
    source = store.component(dataset, REGISTRY, "data")
    batch = data.draw(source, jax.random.key(1), N_EXAMPLES)
    return np.asarray(batch.inputs), np.asarray(batch.targets)
