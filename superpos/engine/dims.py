"""Names of the dimensions of results: as declared, else as those of the parameters they follow."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import jax

from superpos.store.results import final_leaves
from superpos.store.table import numbered_dims
from superpos.types import EMPTY, Carry, Dims, Training

CONVENTION = {"W": ("feature", "hidden"), "b": ("feature",)}
"""Dimensions of parameters of these names, where the model does not say them."""
OTHER = "other_"
"""Before the name of a dimension that a result has twice, as a Gram matrix has."""


def with_dims(run: Training, carry: Carry, axes: Collection[str], dims: Dims = EMPTY) -> Training:
    """A training that says the names of all dimensions of its results that can be told.

    Declared names come first. A dimension of what is measured is called after that dimension of
    the parameters or the state whose length it follows, for which each evaluation is traced with
    other lengths. One that fits its own lengths alone tells nothing, and neither does a dimension
    of fixed length: these get names from `superpos.store.results`.

    Args:
        run: as it was built.
        carry: what it begins with, of one member.
        axes: names of the sweep's axes in the dataset, which no dimension is given.
        dims: names that take precedence over those that the training declares.
    """
    declared = {**run.dims, **dims}
    asked = declared | {
        name: names
        for name, names in CONVENTION.items()
        if name not in declared and not {*names} & {*axes}
    }
    leaves = final_leaves(carry)
    lengths: dict[str, int] = {}
    known: dict[str, tuple[str, ...]] = {}
    for name in [name for name in asked if name in leaves]:
        names, shape = tuple(asked[name]), leaves[name].shape
        pairs = dict(zip(names, shape, strict=False))
        alike = all(lengths.get(dim, length) == length for dim, length in pairs.items())
        if len(names) == len(shape) and alike:
            lengths |= pairs
            known[name] = names
    derived = {
        result: names
        for measure in (run.logged, {k: m.measure for k, m in run.measures.items()}, run.after)
        for each in measure.values()
        for result, names in _followed(each, carry, known, lengths, {*declared})
    }
    return run._replace(dims={**derived, **known, **declared})


def _followed(
    measure: Any, carry: Carry, known: Dims, lengths: Mapping[str, int], declared: set[str]
) -> Iterator[tuple[str, list[str]]]:
    """The names of the dimensions of each result of an evaluation that declares none."""
    if not lengths:
        return
    beyond = 1 + max(lengths.values())
    longer = [
        dict(zip(lengths, range(least, least + len(lengths)), strict=True))
        for least in (beyond, beyond + len(lengths))
    ]
    try:
        first = jax.eval_shape(measure, _resized(carry, known, lengths))
        wanted = [name for name, leaf in first.items() if leaf.ndim and name not in declared]
        others = [
            jax.eval_shape(measure, _resized(carry, known, each)) for each in longer if wanted
        ]
    except Exception:  # whatever a function raises that was written for one size
        return
    followed = {tuple(each[dim] for each in (lengths, *longer)): dim for dim in lengths}
    for result in wanted:
        names = numbered_dims(result, first[result].ndim)
        shapes = [each[result].shape for each in (first, *others)]
        for number, found in enumerate(zip(*shapes, strict=True)):
            dim = followed.get(found, "")
            free = [name for name in (dim, f"{OTHER}{dim}") if dim and name not in names]
            names[number] = free[0] if free else names[number]
        yield result, names


def _resized(carry: Carry, dims: Dims, lengths: Mapping[str, int]) -> Carry:
    """Shapes of a carry whose parameters and state have other lengths."""
    leaves = final_leaves(carry)
    del leaves["diverged_step"]
    shapes = [
        jax.ShapeDtypeStruct(
            tuple(lengths[dim] for dim in dims[name]) if name in dims else leaf.shape, leaf.dtype
        )
        for name, leaf in leaves.items()
    ]
    trees = (carry.params, carry.state)
    params, state = jax.tree.unflatten(jax.tree.structure(trees), shapes)
    return dataclasses.replace(
        jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), carry),
        params=params,
        state=state,
    )
