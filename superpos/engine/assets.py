"""Assets of a sweep: arrays with a hash, that all members are given."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.types import Array, Asset, Training

ALIGNMENT = 64
"""Bytes: where the memory of an array begins at a multiple, XLA reads it on a CPU as it is."""
PREFIX = "assets."
"""Of the keys that say in a configuration what assets a member was given."""
_PART = 2**26
Build = Callable[..., Training]
"""point -> Training, or (point, assets) -> Training where the sweep has assets."""


def asset(arrays: Any, read: Callable[[Any], Any] | None = None, about: str = "") -> Asset:
    """Arrays as an asset.

    Args:
        arrays: a tree of NumPy or JAX arrays of numbers or bools, or of memory-mapped files.
        read: what a factory is given: a function of the same tree of JAX arrays; None is the tree.
        about: what else `read` depends on, as text; it is hashed with the arrays.

    Returns:
        The Asset. An array whose memory does not begin at a multiple of 64 bytes is copied, once.

    Raises:
        ArgumentError: there is no array, or something else than numbers; one line.
    """
    host = jax.tree.map(_on_host, arrays)
    if not jax.tree.leaves(host):
        raise ArgumentError("expected at least one array")
    digest = digest_of(host, about)
    return Asset(host, digest) if read is None else Asset(host, digest, read)


def digest_of(arrays: Any, about: str = "") -> str:
    """SHA-256 of a tree of arrays: names, shapes, dtypes and content."""
    found = hashlib.sha256(about.encode())
    for path, leaf in jax.tree_util.tree_leaves_with_path(arrays):
        head = f"{jax.tree_util.keystr(path)} {leaf.dtype.str} {leaf.shape}\n"
        found.update(head.encode())
        flat = np.ascontiguousarray(leaf).reshape(-1).view(np.uint8)
        for first in range(0, flat.size, _PART):
            found.update(flat[first : first + _PART].data)
    return found.hexdigest()


def check_finite(arrays: Any) -> None:
    """Refuse examples of which one would make all parameters nan.

    Args:
        arrays: a tree of NumPy arrays.

    Raises:
        ArgumentError: a number is nan or infinite; one line with its array and its row.
    """
    for path, leaf in jax.tree_util.tree_leaves_with_path(arrays):
        rows = np.atleast_1d(leaf)
        n_rows = max(1, _PART // max(1, rows[:1].nbytes))  # at a time
        for first in range(0, len(rows), n_rows):
            finite = np.isfinite(rows[first : first + n_rows])
            finite = finite.all(axis=tuple(range(1, finite.ndim)))
            if not finite.all():
                name = jax.tree_util.keystr(path, simple=True, separator=".") or "the array"
                row = first + int(finite.argmin())
                raise ArgumentError(f"row {row} of {name} is not finite, expected numbers that are")


def as_assets(values: Mapping[str, Any]) -> dict[str, Asset]:
    """Name -> an asset, or arrays as one.

    Raises:
        ArgumentError: one of them is neither, or has a number that is not finite; one line.
    """
    return {name: _as_asset(name, value) for name, value in values.items()}


def arrays_of(assets: Mapping[str, Asset]) -> dict[str, Any]:
    """What a program is given of assets."""
    return {name: each.arrays for name, each in assets.items()}


def read_all(assets: Mapping[str, Asset], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What a build is given of assets, from arrays in the place of theirs."""
    return {name: each.read(arrays[name]) for name, each in assets.items()}


def identified(spec: Mapping[str, Any], assets: Mapping[str, Asset]) -> dict[str, Any]:
    """A configuration with the hashes of the assets, as members are identified by."""
    own = {f"{PREFIX}{name}": each.digest for name, each in assets.items()}
    for key, digest in own.items():
        if spec.get(key, digest) != digest:
            raise ArgumentError(
                f"{key}={shown(spec[key])}: taken by an asset, expected another key"
            )
    return {**spec, **own}


def reading(build: Build, assets: Mapping[str, Asset]) -> Build:
    """A build that is given arrays of assets, and gives `build` what is read from them."""
    if not assets:
        return build

    def read(point: Mapping[str, Array], arrays: Mapping[str, Any]) -> Training:
        return build(point, read_all(assets, arrays))

    return read


def call_build(build: Build, point: Mapping[str, Any], given: Mapping[str, Any]) -> Training:
    """A build is given assets only where there are any.

    Raises:
        ArgumentError: it is no function, or gives no Training; one line.
    """
    if not callable(build):
        raise ArgumentError(f"build={shown(build)}: expected a function of a point")
    run = build(point, given) if given else build(point)
    if not isinstance(run, Training):
        raise ArgumentError(
            f"build={shown(run)}: expected a Training, as superpos.train.training returns"
        )
    return run


def aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An empty array whose memory begins at a multiple of ALIGNMENT."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + n_bytes].view(dtype).reshape(shape)


def _as_asset(name: str, value: Any) -> Asset:
    try:
        if isinstance(value, Asset):
            return value
        found = asset(value)
        check_finite(found.arrays)
    except ArgumentError as error:
        raise ArgumentError(f"assets.{name}: {error}") from None
    return found


def _on_host(leaf: Any) -> np.ndarray:
    """An array in the memory of the host that XLA can read as it is, and nobody write."""
    try:
        array = np.asarray(leaf if hasattr(leaf, "shape") else None)
    except (TypeError, ValueError):
        array = np.asarray(None)
    numbers = array.dtype.kind in "biuf" or array.dtype.name == "bfloat16"
    if not numbers or array.dtype.itemsize > 8 or np.ma.isMaskedArray(leaf):
        raise ArgumentError(f"expected arrays of numbers, not {type(leaf).__name__}")
    _check_range(array)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.c_contiguous or array.ctypes.data % ALIGNMENT:
        copy = aligned(array.shape, array.dtype)
        copy[...] = array
        array = copy
    array = array.view()
    array.flags.writeable = False
    return array


def _check_range(array: np.ndarray) -> None:
    """Refuse integers that the program would not see as they are."""
    if array.dtype.kind not in "iu" or not array.size:
        return
    seen = np.iinfo(jax.dtypes.canonicalize_dtype(array.dtype.newbyteorder("=")))
    for number in (array.min(), array.max()):
        if not seen.min <= number <= seen.max:
            raise ArgumentError(f"expected integers in [{seen.min}, {seen.max}], not {number}")
