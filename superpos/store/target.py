"""A trained model for others, such as a target of parameter decomposition: safetensors and JSON."""

import hashlib
import inspect
import json
import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superpos import safetensors
from superpos.arguments import ArgumentError
from superpos.components import Registry, factory_of
from superpos.store import opening
from superpos.store.derived import replace
from superpos.store.files import StoreError
from superpos.store.member import members, nodes
from superpos.store.results import final_leaves
from superpos.types import Carry, Member

if TYPE_CHECKING:
    import xarray

SUFFIX = ".safetensors"
GROUPS = ("model", "data", "optim", "fit")
"""Of the config, that are described."""


def write_target(
    source: "str | Path | xarray.Dataset",
    registry: Registry,
    path: str | Path,
    command: str | None = None,
    **selection: Any,
) -> dict[str, Any]:
    """Write one finished member: its arrays, float32, and beside them what they are.

    The description, of the same name with .json, says the model's kind, arguments and equation, the
    data, the optimiser and the length it was trained with, the shape and the dimensions of each
    array, and the SHA-256 of the other file. With model.width or n_used, only that part is in use.

    Args:
        source: a folder, or what `sweep` or `store.open` returned.
        registry: the factories that a stored config may name.
        path: where to, a new name that ends in .safetensors; the description must be new as well.
        command: that trained it, for the description.
        **selection: coordinate -> label, such as density=0.05, seed=3.

    Returns:
        The description.

    Raises:
        ArgumentError: the selection leaves no finished member or several, or a path is taken or
            cannot be written; one line.
        StoreError: the store cannot be read, or does not hold what the model is made of; one line.
    """
    path = Path(path)
    if path.suffix != SUFFIX:
        raise ArgumentError(f"{path}: expected a name that ends in {SUFFIX}")
    beside = path.with_suffix(".json")
    for taken in (path, beside):
        if os.path.lexists(taken):
            raise ArgumentError(f"{taken}: is there already, expected a new name")
    dataset = opening.open(source) if isinstance(source, (str, Path)) else source
    found = list(members(dataset, registry, **selection))
    if len(found) != 1:
        axes = ", ".join(map(str, dataset["status"].dims)) or "none"
        raise ArgumentError(f"{len(found)} finished members: expected one, by labels of {axes}")
    [(labels, member)] = found
    arrays = _arrays(member)
    weights = safetensors.written(arrays)
    config = {group: next(nodes(dataset, registry, group, **selection)) for group in GROUPS}
    description = {
        "weights": path.name,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "equation": _equation(registry, config["model"]["kind"]),
        "arrays": _described(arrays, member.model.dims),
        **config,
        "member": labels,
        "command": command,
        "superpos": metadata.version("superpos"),
    }
    text = json.dumps(
        description, indent=1, ensure_ascii=False, allow_nan=False, default=np.ndarray.tolist
    )
    try:
        replace(beside, text.encode())
        replace(path, weights)
    except StoreError as error:
        raise ArgumentError(str(error)) from None
    return description


def _arrays(member: Member) -> dict[str, np.ndarray]:
    """Parameters and state by the names of a Dataset."""
    none: Any = ()
    carry = Carry(
        step=none,
        key=none,
        params=member.params,
        state=member.state,
        opt_state=none,
        diverged_step=none,
    )
    leaves = final_leaves(carry)
    return {name: np.asarray(leaf) for name, leaf in leaves.items() if name != "diverged_step"}


def _described(arrays: dict[str, np.ndarray], dims: Any) -> dict[str, dict[str, Any]]:
    """Shape and names of the dimensions of each array; null where a model names none."""
    named = dims or {}
    return {
        name: {"shape": list(array.shape), "dims": list(named[name]) if name in named else None}
        for name, array in sorted(arrays.items())
    }


def _equation(registry: Registry, kind: str) -> str:
    """The first line of what documents the model."""
    return (inspect.getdoc(factory_of(registry, "model", kind, "model")) or "").split("\n")[0]
