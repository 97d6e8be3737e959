"""What the variants of an experiment have to share, to be compared."""

from collections.abc import Mapping

import xarray

from experiments.optimisation.descent import N_DESCENT
from experiments.optimisation.families import FamilyName
from experiments.optimisation.solvers import SOLVERS
from superpos.arguments import ArgumentError
from superpos.train import store


def check_steps(family: FamilyName, datasets: Mapping[str, xarray.Dataset], n_steps: int) -> None:
    """Refuse budgets without the steps that solvers are compared at, those of a program's search.

    Raises:
        ArgumentError: one line.
    """
    least = max(n_steps, N_DESCENT) if family == "multimodal" else n_steps
    networks = "refined", "refined_values", max(least, 4)
    read = {
        "direct": ("direct", f"{SOLVERS[family][0]}_values", least),
        **dict.fromkeys(("solution", "objective"), networks),
        "update": ("unrolled", "unrolled_values", 2 * n_steps),
    }
    for variant, dataset in datasets.items():
        evaluation, result, least = read[variant]
        doublings = dataset[result].sizes["budget"] - 1
        if 2 ** (doublings - 1) < least:
            raise ArgumentError(
                f"evaluations.{evaluation}.doublings={doublings}: expected more, for a budget of"
                f" {least} steps"
            )
    if "update" in datasets:
        through = int(store.config_of(datasets["update"])["model.n_steps"])
        if through != n_steps:
            raise ArgumentError(
                f"model.n_steps={through}: expected evaluations.program_search.n_steps={n_steps}"
            )
