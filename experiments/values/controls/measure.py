"""Regret of names and of labels, by what the network read and how many hidden units it has."""

from collections.abc import Mapping
from typing import NamedTuple

import xarray

from experiments.flat import finished_members
from experiments.values.curves import means_of, runs_of, values_of, with_number
from experiments.values.theory import expected_regret
from experiments.values.world import TRUE, UNNAMED_ABSENT
from superpos.train import store

LEARNERS = {"dense": {"l1_coefficient": 0.0}, "sparse": {"l1_coefficient": 0.5}}
ALL_NAMED, HALF_NAMED = {"named_share": 1.0}, {"named_share": 0.5}
NO_NOISE, BY_CHANCE = {"label_noise": 0.0}, {"label_noise": 0.5}
AT_VALUES, ELSEWHERE = {"first_pointed": 0}, {"first_pointed": 10}
NETWORKS = ("pretrained", "narrow")
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
    pretrained = datasets["pretrained"]
    texts = finished_members(pretrained, {"text": "data.text"}, ("loss",))["text"].to_numpy()
    runs = {
        name: with_number(runs_of(dataset, at=0 if "pointed" in name else -1), "text", texts)
        for name, dataset in datasets.items()
        if name not in NETWORKS
    }
    pointed, labelled, sparse = runs["pointed"], runs["labelled"], LEARNERS["sparse"]
    true, unread = {"text": TRUE}, {"text": UNNAMED_ABSENT}
    return Controls(
        pointer=_by_text(pointed, AT_VALUES | ALL_NAMED),
        elsewhere=_by_text(pointed, ELSEWHERE | ALL_NAMED),
        learned=_by_text(labelled, sparse | ALL_NAMED | NO_NOISE),
        by_chance={name: _mean(labelled, BY_CHANCE | each) for name, each in LEARNERS.items()},
        unknown={
            "pointer": _mean(pointed, AT_VALUES | HALF_NAMED | unread),
            "sparse": _mean(labelled, sparse | HALF_NAMED | unread),
            "scratch": _mean(runs["scratch"], HALF_NAMED),
            "known": _mean(labelled, sparse | HALF_NAMED | true),
        },
        exact=expected_regret(store.config_of(datasets["pointed"]), HALF_NAMED["named_share"]),
        wide=_by_learner(runs, "", ALL_NAMED | NO_NOISE | true),
        narrow=_by_learner(runs, "narrow_", {}),
    )


def _mean(runs: xarray.Dataset, where: Mapping[str, float]) -> float:
    return float(means_of(runs, where)[-1])


def _by_text(runs: xarray.Dataset, where: Mapping[str, float]) -> dict[float, float]:
    return {each: _mean(runs, {**where, "text": each}) for each in values_of(runs, "text", where)}


def _by_learner(
    runs: Mapping[str, xarray.Dataset], which: str, where: Mapping[str, float]
) -> dict[str, float]:
    """Mean regrets of a pointer and of rewards, of the variants whose names begin with `which`."""
    return {"pointer": _mean(runs[f"{which}pointed"], {**where, **AT_VALUES})} | {
        f"{name}, {read}": _mean(runs[f"{which}{variant}"], {**where, **each})
        for variant, read in VIEWS.items()
        for name, each in LEARNERS.items()
    }
