"""True value by budget of KL divergence, and regret where correlates come along and where not."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.values.curves import means_of, runs_of, values_of, with_number
from experiments.values.world import CORRELATED, TRUE
from superpos.train import store

CONCEPTS = {
    "dense": {"pointed": 0, "l1_coefficient": 0.0},
    "sparse": {"pointed": 0, "l1_coefficient": 0.5},
}
"""Learners that read concepts -> their numbers."""
POINTER = {"pointed": 2}
"""Before any update."""


class Optimised(NamedTuple):
    """A reward at each budget, mean over runs.

    Attributes:
        learner: "pointer", "dense", "sparse" or "scratch".
        n_labels: of a human; 0 for the pointer.
        named_share: part of the variance of the value that is named.
        value: true value above that of the uniform policy, in standard deviations, (n_budgets,).
        regret: (n_budgets,).
        kl: KL divergence that was spent in nats, (n_budgets,).
    """

    learner: str
    n_labels: float
    named_share: float
    value: np.ndarray
    regret: np.ndarray
    kl: np.ndarray


class Shifted(NamedTuple):
    """A reward that was learned where correlates come along, mean over runs.

    Attributes:
        learner: as of `Optimised`; "misled pointer" is that of a network whose text never told a
            value from its correlate.
        n_labels: likewise.
        correlation: probability that a correlate is a copy of its value, ascending, (k,).
        regret: on items of the same kind, (k,).
        shifted: regret on items whose correlates are drawn for themselves, (k,).
    """

    learner: str
    n_labels: float
    correlation: np.ndarray
    regret: np.ndarray
    shifted: np.ndarray


class Goodhart(NamedTuple):
    """Both.

    Attributes:
        budgets: in nats, (n_budgets,).
        best: named share -> value of the policy of the true value, (n_budgets,).
        optimised: rewards by budget.
        shifted: rewards by how often correlates come along.
    """

    budgets: np.ndarray
    best: dict[float, np.ndarray]
    optimised: list[Optimised]
    shifted: list[Shifted]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Goodhart:
    """Average the runs.

    Args:
        datasets: the sweeps of the variants.
    """
    budgets = store.config_of(datasets["optimised"])["evaluations.policy.budgets"]
    optimised = _optimised(datasets["optimised"], "pointer", POINTER, at=0)
    for learner, where in CONCEPTS.items():
        optimised += _optimised(datasets["optimised"], learner, where)
    optimised += _optimised(datasets["scratch"], "scratch", {})
    pretrained = finished_members(datasets["pretrained"], {"text": "data.text"}, ("loss",))
    texts = pretrained["text"].to_numpy()
    shifted = []
    for learner, text in (("pointer", TRUE), ("misled pointer", CORRELATED)):
        chosen = {**POINTER, "text": text}
        shifted += _shifted(datasets["shifted"], learner, chosen, texts, at=0)
    for learner, where in CONCEPTS.items():
        shifted += _shifted(datasets["shifted"], learner, where, texts)
    best = _best(datasets["optimised"])
    return Goodhart(np.array(budgets, float), best, optimised, shifted)


def _best(dataset: xarray.Dataset) -> dict[float, np.ndarray]:
    """What is gained in the mean where nothing is missing, from runs of a pointer."""
    value, regret = (runs_of(dataset, name, 0) for name in ("value", "regret"))
    whole = value.assign(result=value["result"] / (1 - regret["result"]))
    return {
        share: means_of(whole, {**POINTER, "named_share": share})
        for share in values_of(whole, "named_share")
    }


def _optimised(
    dataset: xarray.Dataset, learner: str, where: Mapping[str, float], at: int = -1
) -> list[Optimised]:
    runs = [runs_of(dataset, name, at) for name in ("value", "regret", "kl")]
    found = []
    for n, numbers in _by_labels(runs[0], learner, where):
        for share in values_of(runs[0], "named_share", where):
            means = [means_of(each, {**numbers, "named_share": share}) for each in runs]
            found.append(Optimised(learner, n, share, *means))
    return found


def _shifted(
    dataset: xarray.Dataset,
    learner: str,
    where: Mapping[str, float],
    texts: np.ndarray,
    at: int = -1,
) -> list[Shifted]:
    """Of runs with some numbers, and by what text their network read."""
    runs = [
        with_number(runs_of(dataset, name, at), "text", texts)
        for name in ("regret", "shifted_regret")
    ]
    correlations = values_of(runs[0], "correlation")
    found = []
    for n, numbers in _by_labels(runs[0], learner, where):
        rows = [{**numbers, "correlation": each} for each in correlations]
        means = [np.array([means_of(each, row)[-1] for row in rows]) for each in runs]
        found.append(Shifted(learner, n, np.array(correlations), *means))
    return found


def _by_labels(
    runs: xarray.Dataset, learner: str, where: Mapping[str, float]
) -> list[tuple[float, dict[str, float]]]:
    """Each number of labels with what chooses its runs; a pointer has none, in any run."""
    if "pointer" in learner:
        return [(0, {**where})]
    return [(n, {**where, "n_labels": n}) for n in values_of(runs, "n_labels", where)]
