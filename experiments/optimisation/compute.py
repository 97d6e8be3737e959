"""Floating-point operations, counted by hand and by XLA; random numbers are counted by neither."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.optimisation.amortised import amortised
from experiments.optimisation.families import FAMILIES, FamilyName, quadratic_parts
from experiments.optimisation.solvers import costs, gradient_step, value_flops

BACKWARD = 3
"""Operations of an update over those of the forward pass: it costs two of them to go back."""


def network_flops(n_features: int, width: np.ndarray | float, n: int) -> Any:
    """Of one answer of a perceptron with a hidden layer, biases and ReLU included."""
    return width * (2 * n_features + 2) + n * (2 * width + 1)


def label_flops(family: FamilyName, n: int) -> float:
    """Of one best answer: a linear system, or all cuts but for their mirror images."""
    if family == "quadratics":
        return 2 * n**3 / 3 + 2 * n**2
    return 2 ** (n - 1) * n * (n - 1)


def update_flops(
    family: FamilyName, criterion: str, n_features: int, width: np.ndarray | float, n: int
) -> Any:
    """Of one example in training, its best answer or its value and gradient included."""
    learned = label_flops(family, n) if criterion == "solution" else value_flops(n) + 2 * n**2
    return BACKWARD * network_flops(n_features, width, n) + learned


def rule_flops(family: FamilyName, program: float, n: int) -> float:
    """Of one step of a rule: its program, and what the step needs beside it.

    That is a gradient and an update; or a largest score, a move, and the value of the new cut.
    """
    return program + (2 * n**2 + n if family == "quadratics" else 2 * n + value_flops(n))


def counted(family: FamilyName, n_features: int, n_hidden: int) -> dict[str, tuple[float, float]]:
    """What by name: operations counted by hand, and by XLA.

    The value of an answer, an answer of a network, and of quadratics a step of gradient descent.
    """
    kind = FAMILIES[family]
    n = kind.n_unknowns(n_features)
    c, x = jnp.zeros(n_features), jnp.zeros(n)
    network = amortised(n_features=n_features, n_hidden=n_hidden, family=family)
    params, state = jax.eval_shape(network.init, jax.random.key(0))
    found = {
        "value": (value_flops(n), xla_flops(kind.value, c, x)),
        "network": (
            network_flops(n_features, n_hidden, n),
            xla_flops(lambda params, c: network.apply(params, state, c).recon, params, c),
        ),
    }
    if family == "quadratics":
        step = xla_flops(lambda c, x: gradient_step(*quadratic_parts(c), x, 0.5), c, x)
        found["gradient step"] = costs(n)["gradient"].flops, step
    return found


def xla_flops(function: Callable[..., Any], *arguments: Any) -> float:
    """What XLA counts in the program of a function."""
    analysis = jax.jit(function).lower(*arguments).compile().cost_analysis()
    assert analysis is not None
    return float(analysis["flops"])
