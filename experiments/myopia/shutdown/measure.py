"""Who is on at each epoch, at epochs that no episode reaches, and under indices that are wrong."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

from experiments.myopia.behaviour import Behaviour, alive_under, behaviour_of, last
from experiments.myopia.theory import World, best_blind, best_plans, world_of
from superpos.arguments import ArgumentError
from superpos.environments.epochs import SHUT_DOWN
from superpos.train import store

SEEN, NO_ACTION = "seen", "no_action"
"""The variants."""
INDICES = ("one_hot", "scalar", "sinusoid")
"""Agents that see the epoch, by its encoding."""
BLIND = ("capital", "nothing", "noise", "permuted")
"""Agents that do not, by what they see instead."""
FREE, CHEAP, SHOWN = "free", "cheap", "shown"
"""Agents with a one-hot index and a penalty of 0 or 0.5, and agents that are shown N."""
NUMBERS = (
    *(f"data.environment.encoding.gains.{number}" for number in range(5)),
    *("capital_gain", "allowed_gain", "allowed_spread", "penalty"),
)
"""Coordinates of the agents of a variant, of which these are the values."""
ARMS: Mapping[str, tuple[float, ...]] = {
    "one_hot": (1, 0, 0, 0, 0, 1, 0, 0, 2),
    "scalar": (0, 1, 0, 0, 0, 1, 0, 0, 2),
    "sinusoid": (0, 0, 1, 0, 0, 1, 0, 0, 2),
    "capital": (0, 0, 0, 0, 0, 1, 0, 0, 2),
    "nothing": (0, 0, 0, 0, 0, 0, 0, 0, 2),
    "noise": (0, 0, 0, 1, 0, 0, 0, 0, 2),
    "permuted": (0, 0, 0, 0, 1, 0, 0, 0, 2),
    FREE: (1, 0, 0, 0, 0, 1, 0, 0, 0),
    CHEAP: (1, 0, 0, 0, 0, 1, 0, 0, 0.5),
    SHOWN: (0, 1, 0, 0, 0, 1, 1, 3, 2),
}
AHEAD = 2
"""Epochs by which an index is put forward."""


class Shutdowns(NamedTuple):
    """What is measured of the agents that there are.

    Attributes:
        world: that they act in, at the penalty of most.
        value: what the best plan is worth.
        blind: what the best policy that sees nothing is worth.
        arms: name of ARMS, or "no_action" -> what its agents did, (n_seeds, ...).
        unseen: encoding -> probability to shut down by what the clock shows, with the capital of
            the best plan, (n_seeds, n_clocks).
        wrong: how the one-hot index is wrong -> the share of episodes that is on at each epoch,
            (n_seeds, n_steps).
        shown: each N that agents are shown, (n_N,).
        trained: those that they were trained with.
        stays: epochs for which agents that are shown N stay on, (n_seeds, n_N); (0, n_N) without
            such agents.
    """

    world: World
    value: float
    blind: float
    arms: Mapping[str, Behaviour]
    unseen: Mapping[str, np.ndarray]
    wrong: Mapping[str, np.ndarray]
    shown: np.ndarray
    trained: np.ndarray
    stays: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Shutdowns:
    """Read what agents did and would do.

    Args:
        datasets: {"seen": over points with the coordinates NUMBERS, and seed; "no_action": over
            seed}, with the evaluations `behaviour` and `epoch_table`.

    Raises:
        ArgumentError: the table of policies leaves out what is read of it; one line.
    """
    arms = arms_of(datasets[SEEN])
    config = store.config_of(datasets[SEEN])
    world = world_of(config, dict(zip(NUMBERS, ARMS["one_hot"], strict=True)))
    plans = best_plans(world)
    shown = np.array(config["evaluations.epoch_table.allowed"], float)
    check_table(config, world, min(plans.investments))
    as_trained = int(np.flatnonzero(shown == world.n_allowed)[0])
    spread = ARMS[SHOWN][NUMBERS.index("allowed_spread")]
    one_hot = table_of(arms["one_hot"])[:, as_trained]
    allowed = np.array([world.n_allowed])
    return Shutdowns(
        world=world,
        value=plans.value,
        blind=best_blind(world),
        arms={
            name: behaviour_of(each, ("seed",), allowed)
            for name, each in {**arms, NO_ACTION: datasets[NO_ACTION]}.items()
        },
        unseen={
            name: table_of(arms[name])[:, as_trained, :, min(plans.investments), SHUT_DOWN]
            for name in INDICES
            if name in arms
        },
        wrong={
            name: np.array([alive_under(each, clocks) for each in one_hot])
            for name, clocks in indices(world.n_steps).items()
        },
        shown=shown,
        trained=world.n_allowed + spread * np.array([-1, 0, 1]),
        stays=stays_of(table_of(arms[SHOWN])) if SHOWN in arms else np.empty((0, len(shown))),
    )


def arms_of(dataset: xarray.Dataset) -> dict[str, xarray.Dataset]:
    """Name of ARMS -> its agents, of those that a sweep has."""
    [dim] = [name for name in dataset["status"].dims if name != "seed"]
    values = np.stack([dataset[name].to_numpy() for name in NUMBERS], axis=-1)
    rows = {tuple(row): at for at, row in enumerate(values.tolist())}
    return {name: dataset.isel({dim: rows[arm]}) for name, arm in ARMS.items() if arm in rows}


def check_table(config: Mapping[str, Any], world: World, capital: int) -> None:
    """Refuse a table of policies without N, an epoch or a capital that is read of it.

    Raises:
        ArgumentError: one line.
    """
    at = "evaluations.epoch_table"
    if world.n_allowed not in config[f"{at}.allowed"]:
        listed = config[f"{at}.allowed"]
        raise ArgumentError(f"{at}.allowed={listed}: expected N={world.n_allowed:g} among them")
    for name, least in (("n_clocks", world.n_steps + AHEAD), ("n_capitals", capital + 1)):
        if config[f"{at}.{name}"] < least:
            raise ArgumentError(f"{at}.{name}={config[f'{at}.{name}']}: expected {least} or more")


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


def stays_of(tables: np.ndarray) -> np.ndarray:
    """Epochs for which agents stay on by the N that they are shown, (n_seeds, n_N).

    Args:
        tables: (n_seeds, n_N, n_clocks, n_capitals, n_actions).
    """
    epochs = np.arange(tables.shape[2])
    # An episode that is on at epochs 0 to n has stayed on for n of them.
    return np.array([[alive_under(each, epochs)[1:].sum() for each in agent] for agent in tables])
