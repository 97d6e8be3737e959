"""Optimiser by group: how far equivalent starts come apart, from stored starts, in float64."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

from experiments.gauge.setting import first_of, gradient_of, stream
from superpos import gauge, optim
from superpos.gauge import Group, matrices, symmetries
from superpos.types import Params, Scalar

N_STEPS, N_ELEMENTS, BATCH_SIZE = 200, 4, 128
AGREE, DISAGREE = 1e-10, 1e-3
"""Relative differences of labels that are rounding, and that are not."""
Factory = Callable[..., optax.GradientTransformation]


def decayed_sgd(*, learning_rate: Scalar, weight_decay: Scalar) -> optax.GradientTransformation:
    """Plain descent with decoupled weight decay."""
    return optax.chain(
        optax.add_decayed_weights(weight_decay), optax.scale_by_learning_rate(learning_rate)
    )


OPTIMISERS: Mapping[str, tuple[Factory, Mapping[str, float]]] = {
    "sgd": (optim.sgd, {"learning_rate": 0.1, "momentum": 0.0}),
    "momentum": (optim.sgd, {"learning_rate": 0.02, "momentum": 0.9}),
    "decay": (decayed_sgd, {"learning_rate": 0.1, "weight_decay": 0.01}),
    "adam": (optim.adamw, {"learning_rate": 0.01, "weight_decay": 0.0}),
    "adamw": (optim.adamw, {"learning_rate": 0.01, "weight_decay": 0.01}),
    "row_adam": (optim.row_adam, {"learning_rate": 0.01}),
    "shampoo": (optim.shampoo, {"learning_rate": 0.01}),
    "muon": (optim.muon, {"learning_rate": 0.01}),
    "balanced_sgd": (optim.balanced_sgd, {"learning_rate": 0.1}),
}
"""Name -> factory and its arguments; those of one factory run in one program."""
ALWAYS = frozenset({"signed permutation", "permutation", "permutation of units"})
TURNING = ALWAYS | {"O(m)", "O(m) of both"}
KEEPS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("sgd", "momentum", "decay", "row_adam", "shampoo", "muon"), TURNING),
    **dict.fromkeys(("adam", "adamw"), ALWAYS),
    "balanced_sgd": ALWAYS | {"O(m)", "scale of units"},
}
"""The groups to which an optimiser should keep. Balanced descent is plain where nothing is read."""


class Case(NamedTuple):
    """A model with groups that act on it.

    Attributes:
        dataset: which sweep holds its start.
        groups: name -> the group, and the part of the label that it leaves as it is.
        label: params -> name -> array, a complete invariant of each group.
    """

    dataset: str
    groups: Mapping[str, tuple[Group, str]]
    label: Callable[[Params], dict[str, Any]]


def cases() -> list[Case]:
    """The models and the groups, by columns of the table."""
    sides = {"W_in": -1}, {"W_out": -1}
    units = gauge.unit_classes(*sides)

    def atoms(params: Params) -> dict[str, Any]:
        label = units.label(params)
        return {"units": label, "direction": label / jnp.linalg.norm(label)}

    both = gauge.basis_change("O(m) of both", matrices.orthogonal, writes=sides[0], reads=sides[1])
    return [
        Case(
            "tied_start",
            {
                "O(m)": (symmetries.rotation(), "gram"),
                "signed permutation": (symmetries.signed_permutation(), "gram"),
                "permutation": (symmetries.unit_permutation({"W": -1}), "gram"),
            },
            lambda params: {"gram": params.W @ params.W.T},
        ),
        Case(
            "relu_start",
            {
                "permutation of units": (symmetries.unit_permutation(*sides), "units"),
                "scale of units": (symmetries.unit_rescaling(*sides), "units"),
                "scale of a layer": (symmetries.layer_scale(["W_in", "W_out"]), "direction"),
            },
            atoms,
        ),
        Case(
            "linear_start",
            {
                "O(m) of both": (both, "product"),
                "GL(m)": (symmetries.linear_bottleneck(), "product"),
            },
            lambda params: {"product": params.W_in @ params.W_out.T},
        ),
    ]


def measure(datasets: Mapping[str, xarray.Dataset]) -> dict[str, dict[str, np.ndarray]]:
    """Optimiser -> group -> largest relative difference of labels after each update.

    All optimisers see the same starts, the same elements and the same data.

    Args:
        datasets: sweeps with the starts that `cases` names.

    Returns:
        For each cell of the table (N_STEPS,).
    """
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in OPTIMISERS}
    for case in cases():
        dataset = datasets[case.dataset]
        model, params = first_of(dataset)
        gradient = gradient_of(model, stream(dataset, N_STEPS, BATCH_SIZE))
        starts = jax.jit(lambda p, case=case: _starts(case, p))(params)
        for names in families():
            apart = _departures(names, gradient, case, params, starts)
            for row, name in enumerate(names):
                for place, (group, (_, part)) in enumerate(case.groups.items()):
                    cell = apart[part][row, place * N_ELEMENTS : (place + 1) * N_ELEMENTS]
                    found[name][group] = cell.max(axis=0)
    return found


def _starts(case: Case, params: Params) -> Params:
    """Parameters moved by N_ELEMENTS of each group, one group after the other."""
    keys = jax.random.split(jax.random.key(1), len(case.groups))
    moved = [
        gauge.moved(group, params, key, N_ELEMENTS)
        for (group, _), key in zip(case.groups.values(), keys, strict=True)
    ]
    return jax.tree.map(lambda *each: jnp.concatenate(each), *moved)


def families() -> list[list[str]]:
    """Names of optimisers, those of one factory together."""
    factories = {factory: None for factory, _ in OPTIMISERS.values()}
    return [[name for name, (of, _) in OPTIMISERS.items() if of is f] for f in factories]


def _departures(
    names: list[str], gradient: Any, case: Case, params: Params, starts: Params
) -> dict[str, np.ndarray]:
    """Part of the label -> (optimisers, starts, N_STEPS)."""
    factory = OPTIMISERS[names[0]][0]
    numbers = [OPTIMISERS[name][1] for name in names]
    points = {key: jnp.asarray([each[key] for each in numbers]) for key in numbers[0]}

    @jax.jit
    def run(points: Any, one: Params, others: Params) -> Any:
        return jax.vmap(
            lambda point: gauge.departures(
                factory(**point), gradient, case.label, one, others, n_steps=N_STEPS
            )
        )(points)

    return jax.device_get(run(points, params, starts))
