"""What is kept of a member: final parameters and state, metrics over blocks, divergence."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from superpos.train.table import Schema
from superpos.types import Carry

LEADING = 2  # seeds, points


def final_leaves(carry: Carry) -> dict[str, Any]:
    """Final leaves by name: parameters as they are called, the state's after `state.`."""
    named = {"diverged_step": carry.diverged_step}
    for prefix, tree in (("params", carry.params), ("state", carry.state)):
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            within = prefix == "params" and name
            named[name if within else f"{prefix}.{name}".rstrip(".")] = leaf
    return named


def gather(
    carry: Carry, blocks: Sequence[Mapping[str, np.ndarray]], metrics: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Arrays of a finished chunk, (n_seeds, n_points, ...), metrics stacked over blocks.

    Args:
        carry: the carry after the last block, on the host.
        blocks: metrics of each block, on the host.
        metrics: shapes of a block's metrics.

    Returns:
        Name -> array; a metric has its block dimension third.
    """
    stacked = {
        name: np.stack([block[name] for block in blocks], axis=LEADING)
        if blocks
        else np.zeros((*shape.shape[:LEADING], 0, *shape.shape[LEADING:]), shape.dtype)
        for name, shape in metrics.items()
    }
    return {**final_leaves(carry), **stacked}


def schema(
    carry: Carry,
    metrics: Mapping[str, Any],
    n_blocks: int,
    dims: Mapping[str, Sequence[str]],
    axes: Sequence[str],
) -> Schema:
    """Shape, dtype and names of the dimensions of each result of one member.

    Args:
        carry: shapes of a chunk's carry.
        metrics: shapes of a block's metrics.
        n_blocks: blocks in a run.
        dims: names of the own dimensions of some results; others are called <result>_<number>.
        axes: names of the sweep's axes in the dataset.

    Raises:
        ValueError: two of metrics, parameters and axes have the same name, or `dims` does not
            match a shape.
    """
    final = final_leaves(carry)
    shared = final.keys() & metrics.keys()
    if shared:
        raise ValueError(f"{min(shared)}: both a parameter and a metric, expected distinct names")
    taken = {*final, *metrics, "status", "step", "sensitivity", "fragile"} & set(axes)
    if taken:
        raise ValueError(f"{min(taken)}: both an axis and a result, expected distinct names")
    return {
        **{name: _entry(name, leaf, (), (), dims) for name, leaf in final.items()},
        **{
            name: _entry(name, leaf, (n_blocks,), ("step",), dims) for name, leaf in metrics.items()
        },
    }


def _entry(
    name: str,
    leaf: Any,
    lead: tuple[int, ...],
    lead_dims: tuple[str, ...],
    dims: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    own = leaf.shape[LEADING:]
    names = tuple(dims.get(name, [f"{name}_{number}" for number in range(len(own))]))
    if len(names) != len(own):
        raise ValueError(f"dims of {name}: expected {len(own)} names, got {list(names)}")
    return {
        "shape": [*lead, *own],
        "dtype": np.dtype(leaf.dtype).name,
        "dims": [*lead_dims, *names],
    }
