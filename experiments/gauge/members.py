"""Stored models as what `superpos.gauge` takes: the model, and the parameters of each member."""

import json
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import xarray

from superpos import models
from superpos.types import Model, Params


def model_of(dataset: xarray.Dataset) -> Model:
    """The model that a sweep trained, made anew from the config that is stored with it."""
    config = json.loads(dataset.attrs["config"])
    head = "model."
    given = {key.removeprefix(head): value for key, value in config.items() if key.startswith(head)}
    return getattr(models, given.pop("kind"))(**given)


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
