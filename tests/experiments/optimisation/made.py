"""What variants of an experiment would store, of answers made by hand."""

import numpy as np
import xarray

from experiments.optimisation.exact import reference
from experiments.optimisation.families import FAMILIES
from experiments.optimisation.problems import held_out_problems
from experiments.optimisation.solvers import SOLVERS
from superpos.train import store

N_HELD_OUT, WIDTHS, STEPS, N_STEPS = 4, (2, 64), (100, 1000), 8
BUDGETS = np.array([0, 1, 2, 4, 8, 16, 32])
PROGRAM = [[2, 0, 3], [0, 0, 4]]
"""g * 1, and g + that; or x * 1 and x + that."""


def datasets(family, n_features):
    """Of regrets that fall as powers: 1/2 for each doubling of steps, a tenth with training.

    Returns:
        Name of a variant -> what it stores, and its config.
    """
    problems = np.asarray(held_out_problems(family, n_features, N_HELD_OUT))
    exact = reference(family, problems)
    falls = np.array([1, *(0.5 / BUDGETS[1:])])

    def values(regret):
        """Of relative regrets (..., n_budgets), one for all problems."""
        regret = np.expand_dims(np.asarray(regret), -2)
        return exact.best[:, None] + regret * (exact.baseline - exact.best)[:, None]

    def dataset(name, dims, regret, **more):
        coords = {"seed": [0], "width": [*WIDTHS, 64][: np.shape(regret)[1]], "step": [*STEPS]}
        there = {key: value for key, value in coords.items() if key in dims or key == "seed"}
        arrays = {name: ((*dims, "problem", "budget"), values(regret)), **more}
        return xarray.Dataset(arrays, there)

    networks = np.array([[0.4, 0.2], [0.1, 0.01]])[..., None] * falls  # width, step, budget
    untaught = np.ones((1, 2, 7))
    taught = dataset(
        "refined_values", ("seed", "width", "step"), np.concatenate([networks, untaught])[None]
    )
    searched = np.array([1, 0.1])[:, None] * falls**2
    programs = {
        "program": (
            ("seed", "control", "generation", "node", "gene"),
            np.array([[[PROGRAM, PROGRAM]] * 2]),
        ),
        "program_steps": (("generation",), np.array([1e3, 1e5])),
        "most_steps": float(N_STEPS),
    }
    both = np.stack([searched, untaught[0]])
    direct = {f"{name}_values": (("problem", "budget"), values(falls)) for name in SOLVERS[family]}
    direct["step_size"] = 1.8
    learned = np.array([1, 0.1])[:, None] * falls**2
    return {
        "direct": dataset(
            "program_values", ("seed", "control", "generation"), both[None], **programs, **direct
        ),
        "solution": taught.assign_coords(shuffled=("width", [0.0, 0.0, 1.0])),
        "objective": dataset("refined_values", ("seed", "width", "step"), networks[None]),
        "update": dataset("unrolled_values", ("seed", "step"), learned[None]),
    }, {
        "data.data.n_features": n_features,
        "data.data.n_held_out": N_HELD_OUT,
        "model.n_hidden": WIDTHS[-1],
        "model.n_steps": N_STEPS,
        "fit.batch_size": 10,
    }


def found(module, family, n_features, monkeypatch):
    """What is measured of them."""
    return module.measure_family(family, stored(family, n_features, monkeypatch))


def stored(family, n_features, monkeypatch):
    """Datasets whose config is known."""
    found, config = datasets(family, n_features)
    if family == "max_cut":
        del found["update"]
    monkeypatch.setattr(store, "config_of", lambda _: config)
    assert FAMILIES[family].n_unknowns(n_features)
    return found
