"""Optimiser by group: how far equivalent starts come apart, from stored paths in float64."""

from collections.abc import Iterator, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.gauge.transformed import SIDES, SYMMETRIES
from superpos import gauge
from superpos.train import NoMemberError, store

NAMES = {
    "sgd": "SGD",
    "momentum": "SGD with momentum",
    "decay": "SGD with decoupled decay",
    "adam": "Adam",
    "adamw": "AdamW",
    "row_adam": "row Adam",
    "shampoo": "Shampoo",
    "muon": "Muon",
    "balanced_sgd": "balanced SGD",
}
"""Optimiser -> what a reader calls it."""
TIED = ("O(m)", "signed permutation", "permutation")
UNTIED = ("permutation of units", "scale of units", "scale of a layer", "O(m) of both", "GL(m)")
"""The groups of tied and of untied models, in the order of the table."""
ALWAYS = frozenset({"signed permutation", "permutation", "permutation of units"})
TURNING = ALWAYS | {"O(m)", "O(m) of both"}
KEEPS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("sgd", "momentum", "decay"), TURNING),
    **dict.fromkeys(("adam", "adamw"), ALWAYS),
    **dict.fromkeys(("row_adam", "shampoo", "muon"), TURNING),
    "balanced_sgd": ALWAYS | {"O(m)", "scale of units"},
}
"""The groups to which an optimiser should keep. Balanced descent is plain where nothing is read."""
FAMILIES = ("sgd", "adam", "matrix")
"""The variants of a model, "<model>_<family>", each with some of the optimisers."""
Gaps = Mapping[str, np.ndarray]
"""Group -> largest relative difference of labels after each update, (n_steps,)."""
Weights = Mapping[str, np.ndarray]
"""Name of a matrix -> (..., n_features, n_hidden)."""


def compare(datasets: Mapping[str, xarray.Dataset]) -> dict[str, Gaps]:
    """Optimiser -> group -> largest relative difference of labels after each update.

    All optimisers of a model see the same starts, the same elements and the same data.

    Args:
        datasets: "<model>_start", whose first member is the start, and "<model>_<family>", sweeps
            over the symmetry and the element, for each model of SYMMETRIES.

    Returns:
        For each cell of the table (n_steps,); infinite where a run diverged.

    Raises:
        NoMemberError: a start is not finished.
    """
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in KEEPS}
    for model, groups in SYMMETRIES.items():
        start = _start(datasets[f"{model}_start"])
        for family in FAMILIES:
            for name, dataset in optimisers(datasets[f"{model}_{family}"]):
                for number in dataset["symmetry"].to_numpy():
                    group = list(groups)[int(number)]
                    found[name][group] = apart(group, start, dataset.sel(symmetry=number))
    return {name: cells for name, cells in found.items() if cells}


def optimisers(dataset: xarray.Dataset) -> Iterator[tuple[str, xarray.Dataset]]:
    """The runs of each optimiser of a variant, over symmetry, element and step."""
    dataset = dataset.isel(seed=0)
    [dim] = {*dataset["status"].dims} - {"symmetry", "element"}
    config = store.config_of(dataset)
    for row in range(dataset.sizes[dim]):
        one = dataset.isel({dim: row})
        kind = str(one["kind"].item()) if "kind" in one.coords else config["optim.kind"]
        numbers = [
            float(one[key].item() if key in one.coords else config.get(f"optim.{key}", 0))
            for key in ("momentum", "weight_decay")
        ]
        yield name_of(kind, *numbers), one


def name_of(kind: str, momentum: float, weight_decay: float) -> str:
    """What an optimiser is called in the table."""
    if kind == "sgdw":
        return "momentum" if momentum else "decay" if weight_decay else "sgd"
    if kind == "adamw":
        return "adamw" if weight_decay else "adam"
    return kind


def apart(group: str, start: Weights, runs: xarray.Dataset) -> np.ndarray:
    """How far labels of moved starts come from that of the start itself, after each update.

    Args:
        group: which moved them.
        start: its weights.
        runs: over element, of which 0 moves nothing, and step.

    Returns:
        The largest difference over all elements and entries of the label, relative to the largest
        entry at the start, (n_steps,).
    """
    paths = {
        name: runs[f"{name}_path"].transpose("element", "step", ...).to_numpy() for name in start
    }
    own = runs["element"].to_numpy() == 0
    found = label(group, paths)
    gaps = np.abs(found[~own] - found[own]).max(axis=(-2, -1))
    gaps[(runs["status"] != "ok").to_numpy()[~own]] = np.inf
    return gaps.max(axis=0) / np.abs(label(group, start)).max()


def label(group: str, weights: Weights) -> np.ndarray:
    """A complete invariant of a group, in float64, of weights with any leading axes."""
    if "W" in weights:
        return weights["W"] @ np.swapaxes(weights["W"], -1, -2)
    if group in SYMMETRIES["linear"]:
        return weights["W_in"] @ np.swapaxes(weights["W_out"], -1, -2)
    lead = weights["W_in"].shape[:-2]
    with jax.enable_x64(True):
        flat = {name: jnp.asarray(w.reshape(-1, *w.shape[-2:])) for name, w in weights.items()}
        units = np.asarray(_units(flat))
    units = units.reshape(*lead, *units.shape[1:])
    whole = group == "scale of a layer"
    return units / np.linalg.norm(units, axis=(-2, -1), keepdims=True) if whole else units


@jax.jit
def _units(weights: dict[str, jax.Array]) -> jax.Array:
    """The balanced units, the largest first, of many models."""
    return jax.vmap(gauge.unit_classes(*SIDES).label)(weights)


def _start(dataset: xarray.Dataset) -> Weights:
    """The matrices of the first member, float64."""
    one = dataset.isel(seed=0)
    if one["status"].item() != "ok":
        raise NoMemberError("no finished start")
    names = [name for name in ("W", "W_in", "W_out") if name in one]
    return {name: one[name].to_numpy().astype(np.float64) for name in names}
