"""Regret of names and of labels, by what the network read and how many hidden units it has."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.values.curves import means_of, runs_of, values_of
from experiments.values.theory import pointer_regret
from experiments.values.world import TRUE, UNNAMED_ABSENT
from superpos.train import store

LEARNERS = {"dense": {"l1_coefficient": 0.0}, "sparse": {"l1_coefficient": 0.5}}
ALL_NAMED, HALF_NAMED = {"named_share": 1.0}, {"named_share": 0.5}
NO_NOISE, BY_CHANCE = {"label_noise": 0.0}, {"label_noise": 0.5}
AT_VALUES, ELSEWHERE = {"first_pointed": 0}, {"first_pointed": 10}
VIEWS = {"labelled": "concepts", "coded": "hidden units"}
"""Variant -> what rewards are learned of."""


class Controls(NamedTuple):
    """Mean regrets; of networks with all hidden units, unless said otherwise.

    Attributes:
        pointer: number of a text -> regret of the pointer.
        elsewhere: likewise of a pointer at names of what nobody values.
        learned: likewise of a sparse reward of concepts.
        by_chance: "dense" and "sparse" -> regret from labels that tell nothing.
        unknown: where half of the value has no name and the network never read of that half: regret
            of the "pointer", of a "sparse" reward of concepts, and of one from "scratch"; besides,
            of a sparse reward where the network did read of it, "known".
        exact: regret of a pointer that knows its concepts, of the same value.
        by_width: of the true text, the "pointer", and "dense" and "sparse" rewards of "concepts" or
            "hidden units", such as "dense, concepts" -> number of hidden units -> regret.
    """

    pointer: dict[float, float]
    elsewhere: dict[float, float]
    learned: dict[float, float]
    by_chance: dict[str, float]
    unknown: dict[str, float]
    exact: float
    by_width: dict[str, dict[float, float]]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Controls:
    """Average the runs over networks and seeds.

    Args:
        datasets: the sweeps of the variants.
    """
    networks = finished_members(
        datasets["pretrained"], {"text": "data.text", "width": "model.width"}, ("loss",)
    )
    runs = {
        name: _described(runs_of(datasets[name], at=0 if name == "pointed" else -1), networks)
        for name in ("pointed", "labelled", "coded", "scratch")
    }
    whole = {"width": float(networks["width"].max())}
    pointed, labelled, sparse = runs["pointed"], runs["labelled"], LEARNERS["sparse"]
    half, unread = HALF_NAMED | whole, {"text": UNNAMED_ABSENT}
    return Controls(
        pointer=_by(pointed, "text", AT_VALUES | ALL_NAMED | whole),
        elsewhere=_by(pointed, "text", ELSEWHERE | ALL_NAMED | whole),
        learned=_by(labelled, "text", sparse | ALL_NAMED | NO_NOISE | whole),
        by_chance={name: _mean(labelled, BY_CHANCE | each) for name, each in LEARNERS.items()},
        unknown={
            "pointer": _mean(pointed, AT_VALUES | half | unread),
            "sparse": _mean(labelled, sparse | half | unread),
            "scratch": _mean(runs["scratch"], HALF_NAMED),
            "known": _mean(labelled, sparse | half | {"text": TRUE}),
        },
        exact=_exact(datasets["pointed"]),
        by_width={
            "pointer": _by(pointed, "width", AT_VALUES | ALL_NAMED | {"text": TRUE}),
            **{
                f"{name}, {read}": _by(
                    runs[variant], "width", each | ALL_NAMED | NO_NOISE | {"text": TRUE}
                )
                for variant, read in VIEWS.items()
                for name, each in LEARNERS.items()
            },
        },
    )


def _described(runs: xarray.Dataset, networks: xarray.Dataset) -> xarray.Dataset:
    """Runs with the numbers of the network that they use."""
    member = np.minimum(runs["member"].to_numpy().astype(int), networks.sizes["model"] - 1)
    numbers = {name: ("model", networks[name].to_numpy()[member]) for name in ("text", "width")}
    return runs.assign(numbers)


def _mean(runs: xarray.Dataset, where: Mapping[str, float]) -> float:
    return float(means_of(runs, where)[-1])


def _by(runs: xarray.Dataset, name: str, where: Mapping[str, float]) -> dict[float, float]:
    """Mean regret by a number."""
    return {each: _mean(runs, {**where, name: each}) for each in values_of(runs, name, where)}


def _exact(dataset: xarray.Dataset) -> float:
    config = store.config_of(dataset)
    n_valued, density = int(config["data.n_valued"]), float(config["data.density"])
    budget = float(config["evaluations.policy.budgets"][-1])
    return pointer_regret(n_valued, density, HALF_NAMED["named_share"], budget)
