"""Stored sweeps of agents, made by hand from plans."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray

WORLD = {"n_steps": 12, "n_allowed": 6.0, "growth": 0.5, "penalty": 2.0}


def shares_of(plan: Sequence[int], n_actions: int, n_steps: int = 12) -> np.ndarray:
    """Probabilities (n_steps, n_actions) of agents that follow a plan, which its end repeats."""
    found = np.zeros((n_steps, n_actions))
    for step in range(n_steps):
        action = plan[min(step, len(plan) - 1)]
        found[step, action] = 1
        if action == 2:
            break
    return found


def swept(
    axes: Mapping[str, Sequence[float]],
    shares: Any,
    returns: Any,
    *,
    config: Mapping[str, Any],
    at: str = "data.environment",
    **more: tuple[tuple[str, ...], np.ndarray],
) -> xarray.Dataset:
    """A sweep over axes, with what `behaviour` measures of each point."""
    dims = (*axes,)
    shape = tuple(len(each) for each in axes.values())
    points = list(itertools.product(*axes.values()))
    made = np.array([shares(*point) for point in points])
    earned = np.array([returns(*point) for point in points], float)
    arrays = {
        "status": (dims, np.full(shape, "ok", object)),
        "action_probabilities": (
            (*dims, "step_behaviour", "time", "action"),
            made.reshape(*shape, 1, *made.shape[1:]),
        ),
        "evaluated_return": ((*dims, "step_behaviour"), earned.reshape(*shape, 1)),
        **more,
    }
    whole = {f"{at}.{name}": value for name, value in WORLD.items()} | {"data.discount": 1.0}
    stored = whole | dict(config)
    for name in axes:  # what is an axis is not in the config of a sweep
        stored.pop(f"{at}.{name}", None)
        stored.pop(f"data.{name}", None)
    attrs = {"config": json.dumps(stored)}
    return xarray.Dataset(arrays, {name: list(each) for name, each in axes.items()}, attrs=attrs)
