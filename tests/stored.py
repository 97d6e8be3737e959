"""Configs and results as a sweep stores them, for datasets that are made by hand."""

import functools
import json
from typing import Any

import numpy as np
import xarray

from superpos.app import boundary
from superpos.app.config.sweep_plan import flat_spec
from superpos.store.results import final_leaves
from superpos.types import Carry, Params, State


def config_text(*groups: str, **values: Any) -> str:
    """The whole config of `experiment=train` with changes, as the attribute `config` holds it.

    Args:
        groups: such as "model=computation".
        **values: dotted key -> value.
    """
    words = [f"{key}={json.dumps(value)}" for key, value in values.items()]
    return _composed(*groups, *words)


@functools.cache
def _composed(*overrides: str) -> str:
    return json.dumps(flat_spec(boundary.compose(["experiment=train", *overrides])))


def stored(params: Params, state: State, config: str) -> xarray.Dataset:
    """A dataset of one finished member."""
    none: Any = ()
    carry = Carry(
        step=none, key=none, params=params, state=state, opt_state=none, diverged_step=none
    )
    results = {
        name: ([f"{name}_{at}" for at in range(np.ndim(leaf))], np.asarray(leaf))
        for name, leaf in final_leaves(carry).items()
        if name != "diverged_step"
    }
    return xarray.Dataset({**results, "status": ((), "ok")}, attrs={"config": config})
