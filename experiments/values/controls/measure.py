"""Regret of names and of labels, by what the network read and how many hidden units it has."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.values.curves import means_of, runs_of, values_of, with_number
from experiments.values.theory import expected_regret
from experiments.values.world import TRUE, UNNAMED_ABSENT
from superpos.train import store

LEARNERS = {
    "dense": {"pointed": 0, "l1_coefficient": 0.0},
    "sparse": {"pointed": 0, "l1_coefficient": 0.5},
}
POINTER = {"pointed": 2, "first_pointed": 0}
ELSEWHERE = {"pointed": 2, "first_pointed": 10}
ALL_NAMED, HALF_NAMED = {"named_share": 1.0}, {"named_share": 0.5}
NO_NOISE, BY_CHANCE = {"label_noise": 0.0}, {"label_noise": 0.5}
VIEWS = {"labelled": "concepts", "coded": "hidden units"}
"""Variant -> what rewards are learned of."""


class Controls(NamedTuple):
    """Mean regrets.

    Attributes:
        pointer: number of a text -> regret of the pointer.
        elsewhere: likewise of a pointer at names of what nobody values.
        learned: likewise of a sparse reward of concepts.
        by_chance: "dense" and "sparse" -> regret from labels that tell nothing.
        unknown: where half of the value has no name and the network never read of that half: regret
            of the "pointer", of a "sparse" reward of concepts, and of one from "scratch"; besides,
            of a sparse reward where the network did read of it, "known".
        exact: regret of a pointer that knows its concepts, of the same value.
        wide: of a network with more hidden units than concepts in use: regret of the "pointer", and
            of "dense" and "sparse" rewards of "concepts" and "hidden units", as "dense, concepts".
        narrow: likewise with half as many.
    """

    pointer: dict[float, float]
    elsewhere: dict[float, float]
    learned: dict[float, float]
    by_chance: dict[str, float]
    unknown: dict[str, float]
    exact: float
    wide: dict[str, float]
    narrow: dict[str, float]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Controls:
    """Average the runs over networks and seeds.

    Args:
        datasets: the sweeps of the variants.
    """
    numbers = {"text": "data.text", "width": "model.width"}
    networks = finished_members(datasets["pretrained"], numbers, ("loss",))

    def runs_at(variant: str, at: int = -1) -> xarray.Dataset:
        runs = runs_of(datasets[variant], at=at)
        for name in numbers:
            runs = with_number(runs, name, networks[name].to_numpy())
        return runs

    runs = {variant: runs_at(variant) for variant in (*VIEWS, "scratch")}
    pointed, labelled, sparse = runs_at("labelled", 0), runs["labelled"], LEARNERS["sparse"]
    wide, narrow = ({"width": float(end(networks["width"]))} for end in (np.max, np.min))
    true, unread = {"text": TRUE}, {"text": UNNAMED_ABSENT}
    plain = ALL_NAMED | NO_NOISE
    return Controls(
        pointer=_by_text(pointed, POINTER | plain | wide),
        elsewhere=_by_text(pointed, ELSEWHERE | plain | wide),
        learned=_by_text(labelled, sparse | plain | wide),
        by_chance={name: _mean(labelled, BY_CHANCE | each) for name, each in LEARNERS.items()},
        unknown={
            "pointer": _mean(pointed, POINTER | HALF_NAMED | unread),
            "sparse": _mean(labelled, sparse | HALF_NAMED | unread),
            "scratch": _mean(runs["scratch"], HALF_NAMED),
            "known": _mean(labelled, sparse | HALF_NAMED | true),
        },
        exact=expected_regret(store.config_of(datasets["labelled"]), HALF_NAMED["named_share"]),
        wide=_by_learner(runs, pointed, plain | true | wide),
        narrow=_by_learner(runs, pointed, plain | true | narrow),
    )


def _mean(runs: xarray.Dataset, where: Mapping[str, float]) -> float:
    return float(means_of(runs, where)[-1])


def _by_text(runs: xarray.Dataset, where: Mapping[str, float]) -> dict[float, float]:
    return {each: _mean(runs, {**where, "text": each}) for each in values_of(runs, "text", where)}


def _by_learner(
    runs: Mapping[str, xarray.Dataset], pointed: xarray.Dataset, where: Mapping[str, float]
) -> dict[str, float]:
    """Mean regrets of a pointer, and of rewards of both kinds from both views."""
    return {"pointer": _mean(pointed, {**where, **POINTER})} | {
        f"{name}, {read}": _mean(runs[variant], {**where, **each})
        for variant, read in VIEWS.items()
        for name, each in LEARNERS.items()
    }
