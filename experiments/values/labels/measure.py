"""Regret against labels for every learner, and what the pointer alone is worth."""

from collections.abc import Mapping
from typing import NamedTuple

import xarray

from experiments.values.curves import Curve, curve_of, means_of, runs_of, values_of
from experiments.values.theory import expected_regret
from superpos.train import store

DENSE = {"pointed": 0, "l1_coefficient": 0.0}
SPARSE = {"pointed": 0, "l1_coefficient": 0.5}
CORRECTED = {"pointed": 2, "l1_coefficient": 0.5}
ALL_NAMED, NO_NOISE, TWO_VALUED = {"named_share": 1.0}, {"label_noise": 0.0}, {"n_valued": 2}


class Labels(NamedTuple):
    """What all learners reach.

    Attributes:
        by_concepts: learner -> number of concepts -> its curve: "dense" and "sparse" read
            concepts, "scratch" the item itself; "ambiguous" is the pointer to any two names.
        pointer: number of concepts -> regret of the pointer without labels.
        by_share: "sparse" and "corrected", which is sparse beside the pointer -> part of the value
            that is named -> the curve.
        pointer_by_share: part of the value that is named -> regret of the pointer.
        distilled: likewise, of what is learned from labels of the pointer.
        by_noise: probability that a label is turned -> curve of the sparse learner.
        by_valued: number of concepts that are valued -> curve of the sparse learner.
        expected: part of the value that is named -> regret of a pointer that knows its concepts.
        n_text: truth values of concepts that a network was pretrained on.
    """

    by_concepts: dict[str, dict[float, Curve]]
    pointer: dict[float, float]
    by_share: dict[str, dict[float, Curve]]
    pointer_by_share: dict[float, float]
    distilled: dict[float, float]
    by_noise: dict[float, Curve]
    by_valued: dict[float, Curve]
    expected: dict[float, float]
    n_text: int


def measure(datasets: Mapping[str, xarray.Dataset]) -> Labels:
    """Collect the curves.

    Args:
        datasets: the sweeps of the variants.
    """
    runs = {name: runs_of(datasets[name]) for name in ("feedback", "scratch", "levels")}
    pointers, beside = (runs_of(datasets[name], at=0) for name in ("pointers", "levels"))
    levels, share_alone = runs["levels"], NO_NOISE | TWO_VALUED
    of_32 = {"n_used": values_of(levels, "n_used")[0]}
    by_share = _regrets(pointers, "named_share", of_32) | _regrets(beside, "named_share", CORRECTED)
    return Labels(
        by_concepts={
            "dense": _curves(runs["feedback"], "n_used", DENSE),
            "sparse": _curves(runs["feedback"], "n_used", SPARSE),
            "scratch": _curves(runs["scratch"], "n_used", {}),
            "ambiguous": _curves(runs_of(datasets["pointers"], "set_regret"), "n_used", {}),
        },
        pointer=_regrets(pointers, "n_used", {}),
        by_share={
            "sparse": _curves(levels, "named_share", SPARSE | share_alone),
            "corrected": _curves(levels, "named_share", CORRECTED | share_alone),
        },
        pointer_by_share=by_share,
        distilled=_regrets(runs_of(datasets["distilled"]), "named_share", {}),
        by_noise=_curves(levels, "label_noise", SPARSE | ALL_NAMED | TWO_VALUED),
        by_valued=_curves(levels, "n_valued", SPARSE | ALL_NAMED | NO_NOISE),
        expected={
            each: expected_regret(store.config_of(datasets["pointers"]), each)
            for each in sorted(by_share)
        },
        n_text=_n_text(datasets["pretrained"]),
    )


def _curves(runs: xarray.Dataset, name: str, where: Mapping[str, float]) -> dict[float, Curve]:
    found = values_of(runs, name, where)
    return {value: curve_of(runs, {**where, name: value}) for value in found}


def _regrets(runs: xarray.Dataset, name: str, where: Mapping[str, float]) -> dict[float, float]:
    found = values_of(runs, name, where)
    return {value: float(means_of(runs, {**where, name: value})[-1]) for value in found}


def _n_text(dataset: xarray.Dataset) -> int:
    config = store.config_of(dataset)
    sizes = ("fit.n_steps", "fit.batch_size", "model.n_outputs")
    n_steps, batch_size, n_concepts = (int(config[key]) for key in sizes)
    return n_steps * batch_size * n_concepts
