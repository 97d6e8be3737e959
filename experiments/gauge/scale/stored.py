"""Models from stored sweeps, in float64. To be called under `jax.enable_x64`."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.registry import REGISTRY
from superpos.train import NoMemberError, store
from superpos.types import Array, Model, Params


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

    def stack(*leaves: Array) -> Array:
        return jnp.asarray(np.stack(leaves), jnp.float64)

    return found[0].model, jax.tree.map(stack, *params)
