"""Stored models as what `superpos.gauge` takes: the model, and the parameters of each member."""

import json
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import xarray

from superpos.types import Model, Params


def model_of(dataset: xarray.Dataset) -> Model:
    """The model that a sweep trained, made anew from the config that is stored with it."""
    from experiments.components import construct  # which imports every analysis

    node: dict[str, Any] = {}
    for key, value in json.loads(dataset.attrs["config"]).items():
        *path, name = key.split(".")
        inner = node
        for part in path:
            inner = inner.setdefault(part, {})
        inner[name] = value
    return construct("model", node["model"])


def params_of(dataset: xarray.Dataset, model: Model) -> Iterator[Params]:
    """The final parameters of every finished member, in the precision that JAX has.

    Args:
        dataset: a sweep whose only axis is the seed.
        model: that it trained.

    Yields:
        Parameters as `model.init` makes them.
    """
    shapes = jax.eval_shape(lambda key: model.init(key)[0], jax.random.key(0))
    for seed in range(dataset.sizes["seed"]):
        member = dataset.isel(seed=seed)
        if member["status"] == "ok":
            yield jax.tree_util.tree_map_with_path(
                lambda path, _, member=member: jnp.asarray(
                    member[jax.tree_util.keystr(path, simple=True, separator=".")].to_numpy(),
                    jnp.result_type(float),
                ),
                shapes,
            )
