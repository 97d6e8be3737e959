"""Starts and data from stored sweeps, in float64, for what is measured update by update.

To be called under `jax.enable_x64`. The data are drawn anew, as the models were trained on.
"""

import json
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import xarray

from superpos import data, models
from superpos.gauge.commute import Gradient
from superpos.types import Array, Batch, Key, Model, Params

PARAMS: Mapping[str, type] = {
    "autoencoder": models.AutoencoderParams,
    "computation": models.ComputationParams,
}
"""Kind of a model -> its parameters."""


def arguments_of(dataset: xarray.Dataset, group: str) -> dict[str, Any]:
    """The plain arguments of a component as a sweep was stored with it."""
    spec, prefix = json.loads(dataset.attrs["config"]), f"{group}."
    named = {key.removeprefix(prefix): v for key, v in spec.items() if key.startswith(prefix)}
    return {name: value for name, value in named.items() if "." not in name}


def params_of(dataset: xarray.Dataset) -> Params:
    """The last parameters of the first member of a sweep over seeds, float64."""
    container = PARAMS[arguments_of(dataset, "model")["kind"]]
    member = dataset.isel(seed=0)
    names = container.__dataclass_fields__
    return container(**{name: jnp.asarray(member[name].to_numpy(), jnp.float64) for name in names})


def stream(dataset: xarray.Dataset, n_batches: int, batch_size: int, seed: int = 0) -> Array:
    """Batches of sparse features of a sweep's density, (n_batches, batch_size, n), float64."""
    given = arguments_of(dataset, "data")
    source = data.sparse_uniform(n_features=given["n_features"], density=given["density"])

    @jax.jit
    def draw(key: Key) -> Array:
        keys = jax.random.split(key, n_batches)
        batches = jax.vmap(lambda one: source.sample(one, batch_size).inputs)(keys)
        return batches.astype(jnp.float64)

    return draw(jax.random.key(seed))


def loss_on(model: Model, params: Params, x: Array) -> Array:
    """The loss of a model without state on inputs that are their own targets."""
    batch = Batch(inputs=x, targets=x, factors=x)
    return model.loss(params, (), batch, jax.random.key(0))[0]


def gradient_of(model: Model, batches: Array) -> Gradient:
    """(params, number of the update) -> gradient of the loss on the batch of that number."""

    def gradient(params: Params, number: Array) -> Params:
        return jax.grad(lambda p: loss_on(model, p, batches[number]))(params)

    return gradient
