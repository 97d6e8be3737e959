"""Models and data from stored sweeps, in float64, and their gradients.

To be called under `jax.enable_x64`. The data are drawn anew, as the models were trained on.
"""

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.registry import REGISTRY
from superpos import data
from superpos.gauge.commute import Gradient
from superpos.train import NoMemberError, store
from superpos.types import Array, Batch, Key, Model, Params


def first_of(dataset: xarray.Dataset) -> tuple[Model, Params]:
    """The model of the first member of a sweep over seeds, and its last parameters, float64.

    Raises:
        NoMemberError: it is not finished.
    """
    found = store.member(dataset.isel(seed=0), REGISTRY)
    return found.model, jax.tree.map(jnp.float64, found.params)


def stacked(dataset: xarray.Dataset, what: str) -> tuple[Model, Params]:
    """The model of a sweep over seeds, and the parameters of all finished members.

    Args:
        dataset: the sweep.
        what: what a member is called in the message.

    Returns:
        The model, and its parameters in float64 with a leading axis of members.

    Raises:
        NoMemberError: no member is finished.
    """
    found = [each for _, each in store.members(dataset, REGISTRY)]
    if not found:
        raise NoMemberError(f"no finished {what}")
    params = [each.params for each in found]
    stack = lambda *leaves: jnp.asarray(np.stack(leaves), jnp.float64)  # noqa: E731
    return found[0].model, jax.tree.map(stack, *params)


def stream(dataset: xarray.Dataset, n_batches: int, batch_size: int, seed: int = 0) -> Array:
    """Batches of the inputs that a sweep was trained on, (n_batches, batch_size, n), float64."""
    source = store.component(dataset, REGISTRY, "data")

    @jax.jit
    def draw(key: Key) -> Array:
        keys = jax.random.split(key, n_batches)
        batches = jax.vmap(lambda one: data.draw(source, one, batch_size).inputs)(keys)
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
