"""Hazards by epoch, at epochs that no episode reaches, and under indices that are wrong."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.myopia.behaviour import Behaviour, alive_under, behaviour_of, last
from experiments.myopia.theory import World, best_blind, best_plans, world_of
from superpos.environments.epochs import SHUT_DOWN
from superpos.train import store

SEEN = ("one_hot", "scalar", "sinusoid")
CONTROLS = ("capital", "nothing", "noise", "permuted")
NO_ACTION, HORIZONS = "no_action", "horizons"
"""The variants."""
AHEAD = 2
"""Epochs by which an index is put forward."""
N_LATER = 6
"""Epochs beyond the largest N that is shown, in episodes that are played with it."""


class Shutdowns(NamedTuple):
    """What is measured; agents are those of the penalty in `world` where nothing else is said.

    Attributes:
        world: that they act in.
        value: what the best plan is worth.
        blind: what the best policy that sees nothing is worth.
        arms: variant -> what its agents did, (n_seeds, ...).
        penalty: p of the agents with a one-hot index, (n_p,).
        by_penalty: what they did, (n_p, n_seeds, ...).
        unseen: encoding -> probability to shut down by what the clock shows, with the capital of
            the best plan, (n_seeds, n_clocks).
        wrong: how the one-hot index is wrong -> the share of episodes that is on at each epoch,
            (n_seeds, n_steps).
        shown: each N that agents are shown, (n_N,).
        trained: those that they were trained with.
        stays: epochs for which agents that are shown N stay on, (n_seeds, n_N).
    """

    world: World
    value: float
    blind: float
    arms: Mapping[str, Behaviour]
    penalty: np.ndarray
    by_penalty: Behaviour
    unseen: Mapping[str, np.ndarray]
    wrong: Mapping[str, np.ndarray]
    shown: np.ndarray
    trained: tuple[int, ...]
    stays: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Shutdowns:
    """Read what agents did and would do.

    Args:
        datasets: variant -> a sweep over seed, "one_hot" over penalty as well, with the evaluations
            `behaviour` and `epoch_table`.
    """
    one_hot = datasets["one_hot"].sortby("penalty")
    penalty = one_hot["penalty"].to_numpy().astype(float)
    world = world_of(store.config_of(datasets["scalar"]))
    plans = best_plans(world)
    fined = one_hot.sel(penalty=world.penalty)
    alone = {name: datasets[name] for name in (*SEEN[1:], *CONTROLS, NO_ACTION)}
    allowed = np.array([world.n_allowed])
    table = table_of(fined)[:, 0]
    horizons = datasets[HORIZONS]
    shown = np.array(store.config_of(horizons)["evaluations.epoch_table.allowed"], float)
    return Shutdowns(
        world=world,
        value=plans.value,
        blind=best_blind(world),
        arms={
            name: behaviour_of(each, ("seed",), allowed)
            for name, each in {"one_hot": fined, **alone}.items()
        },
        penalty=penalty,
        by_penalty=behaviour_of(one_hot, ("penalty", "seed"), allowed[:, None]),
        unseen={
            name: table_of(each)[:, 0, :, min(plans.investments), SHUT_DOWN]
            for name, each in (("one_hot", fined), *((n, alone[n]) for n in SEEN[1:]))
        },
        wrong={
            name: np.array([alive_under(each, clocks) for each in table])
            for name, clocks in indices(world.n_steps).items()
        },
        shown=shown,
        trained=tuple(store.config_of(horizons)["data.environment.allowed"]),
        stays=stays_of(table_of(horizons), shown),
    )


def table_of(dataset: xarray.Dataset) -> np.ndarray:
    """Probabilities by N that is shown, clock, capital and action, led by the seeds."""
    return last(dataset, "policy_table").transpose("seed", ...).to_numpy().astype(float)


def indices(n_steps: int) -> dict[str, np.ndarray]:
    """What a wrong clock shows at each epoch, by name, the right one first."""
    epochs = np.arange(n_steps)
    return {
        "right": epochs,
        f"{AHEAD} ahead": epochs + AHEAD,
        "stands at 0": np.zeros_like(epochs),
        "back to 0 at 3": np.where(epochs < 3, epochs, epochs - 3),
    }


def stays_of(tables: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Epochs for which agents stay on by the N that they are shown, (n_seeds, n_N).

    Args:
        tables: (n_seeds, n_N, n_clocks, n_capitals, n_actions).
        shown: each N, (n_N,).
    """
    epochs = np.arange(int(shown.max()) + N_LATER)
    # An episode that is on at epochs 0 to n has stayed on for n of them.
    return np.array([[alive_under(each, epochs)[1:].sum() for each in agent] for agent in tables])
