"""Floating-point operations, counted by hand and by XLA; random numbers are counted by neither."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.optimisation.amortised import amortised
from experiments.optimisation.descent import gradient_step
from experiments.optimisation.families import FAMILIES, FamilyName
from experiments.optimisation.solvers import SOLVERS, costs, gradient_flops, value_flops
from experiments.optimisation.update_rule import N_SIGNALS
from experiments.optimisation.wells import N_GRID

BACKWARD = 3
"""Operations of an update over those of the forward pass: it costs two of them to go back."""


def network_flops(n_features: int, width: np.ndarray | float, n: int) -> Any:
    """Of one answer of a perceptron with a hidden layer, biases and ReLU included."""
    return width * (2 * n_features + 2) + n * (2 * width + 1)


def label_flops(family: FamilyName, n_features: int) -> float:
    """Of one best answer: a linear system, all cuts but for their mirror images, or a grid."""
    n = FAMILIES[family].n_unknowns(n_features)
    if family == "quadratics":
        return 2 * n**3 / 3 + 2 * n**2
    if family == "multimodal":
        return n_features / 4 * (2 * N_GRID**2 + 10 * N_GRID)
    return 2 ** (n - 1) * n * (n - 1)


def update_flops(
    family: FamilyName, criterion: str, n_features: int, width: np.ndarray | float
) -> Any:
    """Of one example in training, its best answer or its value and gradient included."""
    n = FAMILIES[family].n_unknowns(n_features)
    if criterion == "solution":
        learned = label_flops(family, n_features)
    else:
        learned = value_flops(family, n_features) + gradient_flops(family, n_features)
    network = BACKWARD * network_flops(n_features, width, n)
    return network - 2 * n_features * width + learned  # nothing goes back to the problem


def rule_flops(family: FamilyName, program: float, n_features: int) -> float:
    """Of one step of a program: itself, and what the step needs beside it.

    That is derivatives and an update; or a largest score, a move, and the value of the new cut.
    """
    n, gradient = FAMILIES[family].n_unknowns(n_features), gradient_flops(family, n_features)
    if family == "max_cut":
        return program + 2 * n + value_flops(family, n_features)
    hessian = 12 * n_features / 4 if family == "multimodal" else 0
    return program + gradient + hessian + n


def learned_flops(family: FamilyName, n_features: int, n_hidden: int) -> float:
    """Of one step of a learned update rule: the gradient, their length, and a network for each."""
    n = FAMILIES[family].n_unknowns(n_features)
    return gradient_flops(family, n_features) + n * (network_flops(N_SIGNALS, n_hidden, 2) + 10)


def counted(family: FamilyName, n_features: int, n_hidden: int) -> dict[str, tuple[float, float]]:
    """What by name: operations counted by hand, and by XLA.

    The value of an answer, an answer of a network, and a step of gradient descent where there is
    one.
    """
    kind = FAMILIES[family]
    n = kind.n_unknowns(n_features)
    c, x = jnp.zeros(n_features), jnp.zeros(n)
    network = amortised(n_features=n_features, n_hidden=n_hidden, family=family)
    params, state = jax.eval_shape(network.init, jax.random.key(0))
    found = {
        "value": (value_flops(family, n_features), xla_flops(kind.value, c, x)),
        "network": (
            network_flops(n_features, n_hidden, n),
            xla_flops(lambda params, c: network.apply(params, state, c).recon, params, c),
        ),
    }
    if "gradient" in SOLVERS[family]:
        step = xla_flops(lambda c, x: gradient_step(kind, c, x, 0.5), c, x)
        found["gradient step"] = costs(family, n_features)["gradient"].flops, step
    return found


def xla_flops(function: Callable[..., Any], *arguments: Any) -> float:
    """What XLA counts in the program of a function."""
    analysis = jax.jit(function).lower(*arguments).compile().cost_analysis()
    assert analysis is not None
    return float(analysis["flops"])
