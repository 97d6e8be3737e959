"""Symmetry groups of models, acting on parameters as pytrees.

A configuration of parameters says more than the network computes: many configurations give the
same outputs. A group moves parameters along such a family. Nearly all of them are a change of basis
of an inner space: what writes to the space goes with a matrix, what reads from it with the inverse
transpose. The others scale an array, or add to it what is not read.

A parameter is named by its path in the pytree, such as "W" or "weights.0". Axes are counted from
the end, so that parameters may have leading axes of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError
from superpos.gauge.matrices import SPREAD, Pair, Sampler, product
from superpos.types import Array, Key, Params

Observable = Literal["outputs", "probabilities", "argmax"]
"""What a symmetry leaves as it is, each implying the next: the outputs of the model; their softmax,
and with it the cross entropy; the largest output."""


class Group(NamedTuple):
    """A group that acts on parameters.

    Attributes:
        name: of the group.
        preserves: what stays as it is, in the models that the factory of the group names.
        sample: (key, params) -> an element.
        act: (element, params) -> params.
        compose: (a, b) -> the element that acts as b and then a.
        inverse: element -> the element that undoes it.
    """

    name: str
    preserves: Observable
    sample: Callable[[Key, Params], Any]
    act: Callable[[Any, Params], Params]
    compose: Callable[[Any, Any], Any]
    inverse: Callable[[Any], Any]


def basis_change(
    name: str,
    matrices: Sampler,
    *,
    writes: Mapping[str, int],
    reads: Mapping[str, int] | None = None,
    preserves: Observable = "outputs",
) -> Group:
    """A change of basis of an inner space.

    Args:
        name: of the group.
        matrices: which matrices M.
        writes: path -> axis of the parameters that go with M.
        reads: path -> axis of those that go with the inverse transpose of M.
        preserves: what stays as it is.

    Returns:
        A Group whose elements are a `Pair`.

    Raises:
        ArgumentError: from the group, parameters have no such path or axis, or axes of other
            lengths.
    """
    reads = reads or {}
    path, axis = next(iter(writes.items()))

    def sample(key: Key, params: Params) -> Pair:
        _check_axes(name, params, [*writes.items(), *reads.items()], alike=True)
        leaf = leaf_at(params, path)
        return Pair(*(matrix.astype(leaf.dtype) for matrix in matrices(key, leaf.shape[axis])))

    def act(element: Pair, params: Params) -> Params:
        _check_axes(name, params, [*writes.items(), *reads.items()], alike=True)

        def moved(at: str, leaf: Array) -> Array:
            if at in writes:
                return _along(element.direct, leaf, writes[at])
            return _along(element.dual, leaf, reads[at]) if at in reads else leaf

        return map_paths(moved, params)

    return Group(
        name=name,
        preserves=preserves,
        sample=sample,
        act=act,
        compose=lambda a, b: Pair(product(a.direct, b.direct), product(a.dual, b.dual)),
        inverse=lambda a: Pair(a.dual.T, a.direct.T),
    )


def scaling(name: str, powers: Mapping[str, int], *, preserves: Observable = "argmax") -> Group:
    """Whole arrays times powers of one positive number.

    Args:
        name: of the group.
        powers: path -> power of the number; others stay.
        preserves: what stays as it is.

    Returns:
        A Group whose elements are a positive number, ().

    Raises:
        ArgumentError: from the group, parameters have no such path.
    """
    path, paths = next(iter(powers)), [(at, None) for at in powers]

    def sample(key: Key, params: Params) -> Array:
        _check_axes(name, params, paths)
        return jnp.exp(SPREAD * jax.random.normal(key, dtype=leaf_at(params, path).dtype))

    def act(element: Array, params: Params) -> Params:
        _check_axes(name, params, paths)
        return map_paths(lambda at, leaf: leaf * element ** powers.get(at, 0), params)

    return Group(name, preserves, sample, act, lambda a, b: a * b, lambda a: 1 / a)


def shift(name: str, axes: Mapping[str, int], *, preserves: Observable) -> Group:
    """Add to arrays what is the same all along an axis.

    Args:
        name: of the group.
        axes: path -> axis, as many elements of which get the same.
        preserves: what stays as it is.

    Returns:
        A Group whose elements are path -> array, of length 1 along the axis.

    Raises:
        ArgumentError: from the group, parameters have no such path or axis.
    """

    def sample(key: Key, params: Params) -> dict[str, Array]:
        _check_axes(name, params, list(axes.items()))
        keys = jax.random.split(key, len(axes))
        return {
            path: _noise(one, leaf_at(params, path), axis)
            for one, (path, axis) in zip(keys, axes.items(), strict=True)
        }

    def act(element: dict[str, Array], params: Params) -> Params:
        _check_axes(name, params, list(axes.items()))
        return map_paths(lambda at, leaf: leaf + element[at] if at in element else leaf, params)

    return Group(
        name,
        preserves,
        sample,
        act,
        lambda a, b: jax.tree.map(jnp.add, a, b),
        lambda a: jax.tree.map(jnp.negative, a),
    )


def paths_of(params: Params) -> dict[str, Array]:
    """Path -> array, of all parameters."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(params)
    return {_text(path): leaf for path, leaf in leaves}


def leaf_at(params: Params, path: str) -> Array:
    """The parameter at a path.

    Raises:
        ArgumentError: there is none; the line says which there are.
    """
    leaves = paths_of(params)
    if path not in leaves:
        raise ArgumentError(f"{path}: no such parameter, expected one of {told(params)}")
    return leaves[path]


def shapes_of(params: Params) -> dict[str, tuple[int, ...]]:
    """Path -> shape, of all parameters."""
    return {path: np.shape(leaf) for path, leaf in paths_of(params).items()}


def told(params: Params) -> str:
    """Paths and shapes of all parameters, for messages."""
    listed = [f"{path} {shape}" for path, shape in shapes_of(params).items()]
    more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
    return (", ".join(listed[:12]) or "nothing") + more


def map_paths(function: Callable[[str, Array], Array], params: Params) -> Params:
    """The parameters, each the function of its path and of what it was."""
    return jax.tree_util.tree_map_with_path(lambda path, leaf: function(_text(path), leaf), params)


def unit_rows(params: Params, axes: Mapping[str, int]) -> Array:
    """What of arrays belongs to each unit, a row a unit; axes are path -> axis of the units."""
    units = [jnp.moveaxis(leaf_at(params, path), axis, 0) for path, axis in axes.items()]
    return jnp.concatenate([unit.reshape(unit.shape[0], -1) for unit in units], axis=1)


def _check_axes(
    name: str, params: Params, axes: Sequence[tuple[str, int | None]], *, alike: bool = False
) -> None:
    """Refuse parameters that lack a path or an axis; with `alike`, axes of several lengths."""
    lengths = []
    for path, axis in axes:
        shape = leaf_at(params, path).shape
        if axis is not None and not -len(shape) <= axis < len(shape):
            raise ArgumentError(f"{name}: {path} {shape} has no axis {axis}")
        lengths += [] if axis is None else [shape[axis]]
    if alike and len(set(lengths)) > 1:
        listed = ", ".join(
            f"{length} along axis {axis} of {path}"
            for length, (path, axis) in zip(lengths, axes, strict=True)
        )
        raise ArgumentError(f"{name}: {listed}, expected as many along each")


def _text(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _along(matrix: Array, leaf: Array, axis: int) -> Array:
    """The matrix times every vector along an axis."""
    moved = jnp.moveaxis(leaf, axis, -1)
    return jnp.moveaxis(product(moved, matrix.T), -1, axis)


def _noise(key: Key, leaf: Array, axis: int) -> Array:
    shape = list(leaf.shape)
    shape[axis] = 1
    return jax.random.normal(key, tuple(shape), leaf.dtype)
