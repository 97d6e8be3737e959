"""The direct solvers of each family, and what a step of each costs.

Direct optimisation is steps that look at the problem at hand, from a start on.
"""

from collections.abc import Mapping
from typing import NamedTuple

from experiments.optimisation import candidates, descent
from experiments.optimisation.candidates import CANDIDATES, ELITE
from experiments.optimisation.families import FAMILIES
from experiments.optimisation.paths import Solver
from superpos.types import Scalar

SOLVERS: Mapping[str, tuple[str, ...]] = {
    "quadratics": ("gradient", "momentum", "conjugate", "newton", "random", "cem"),
    "max_cut": ("local", "beam", "random", "cem"),
    "multimodal": ("restarts", "gradient", "random", "cem"),
}
"""Family -> its solvers; the first one improves any start."""


def solver_of(name: str, family: str, n_steps: int, step_size: Scalar) -> Solver:
    """A solver of a family by its name; the step size is that of gradient descent."""
    kind = FAMILIES[family]
    if name in ("gradient", "restarts"):
        of = descent.gradient if name == "gradient" else descent.restarts
        return of(kind, n_steps, step_size)
    of_quadratics = {
        "momentum": descent.momentum,
        "conjugate": descent.conjugate_gradients,
        "newton": descent.newton,
    }
    if name in of_quadratics:
        return of_quadratics[name](n_steps)
    of_any = {
        "local": candidates.local,
        "beam": candidates.beam,
        "random": candidates.random_search,
        "cem": candidates.cross_entropy,
    }
    return of_any[name](kind, n_steps)


class Cost(NamedTuple):
    """Of one step, random numbers not counted; of beam search, of one partial cut in the beam.

    Attributes:
        flops: floating-point operations.
        evaluations: candidates whose value is computed.
    """

    flops: float
    evaluations: int


def value_flops(family: str, n_features: int) -> float:
    """Of the value of an answer: M x, xᵀ(M x), and a scalar product or a constant; or all wells."""
    if family == "multimodal":
        return 11 * n_features / 4
    n = FAMILIES[family].n_unknowns(n_features)
    return 2 * n**2 + 4 * n


def gradient_flops(family: str, n_features: int) -> float:
    """Of the gradient in its unit: M x, and less b in quadratics; or all wells."""
    if family == "multimodal":
        return 19 * n_features / 4
    n = FAMILIES[family].n_unknowns(n_features)
    return 2 * n**2 + (n if family == "quadratics" else 0)


def costs(family: str, n_features: int) -> dict[str, Cost]:
    """Cost of a step of each solver of a family."""
    n = FAMILIES[family].n_unknowns(n_features)
    value, gradient = value_flops(family, n_features), gradient_flops(family, n_features)
    sort = CANDIDATES * ELITE
    fit = CANDIDATES * 2 * n + ELITE * 5 * n
    known = {
        "gradient": Cost(gradient + 2 * n, 0),
        "restarts": Cost(gradient + 2 * n + value, 1),
        "momentum": Cost(gradient + 4 * n, 0),
        "conjugate": Cost(2 * n**2 + 10 * n, 0),
        "newton": Cost(2 * n**3 / 3 + 4 * n**2, 0),
        "local": Cost(gradient + 3 * n, n),
        "beam": Cost(n * (2 * n + 14), 2 * n),
        "random": Cost(CANDIDATES * (value + n), CANDIDATES),
        "cem": Cost(CANDIDATES * value + fit + sort, CANDIDATES),
    }
    return {name: known[name] for name in SOLVERS[family]}
