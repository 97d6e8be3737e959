"""Memory: what is free, what arrays take, and one line where it does not do."""

import itertools
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import psutil
from jax.extend import core


def free_bytes() -> int:
    """Memory of this machine, or of the container that this process runs in, that is free."""
    free = psutil.virtual_memory().available
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        free = min(free, limit - psutil.Process().memory_info().rss)
    except (OSError, ValueError):
        pass
    return free


def available_bytes() -> int:
    """Memory free for each device: its own, or its part of this process's container."""
    devices = jax.local_devices()
    stats = devices[0].memory_stats()
    if stats and "bytes_limit" in stats:
        return stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    return free_bytes() // len(devices)


def nbytes(arrays: Any) -> int:
    """Bytes of all arrays of a tree, or of what has their shapes."""
    leaves = jax.tree.leaves(arrays)
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves)


def largest(variables: Iterable[Any]) -> int:
    """Bytes of the largest array of a program; 0 where there is none."""
    return max((var.aval.size * var.aval.dtype.itemsize for var in variables), default=0)


def packed(program: Iterable[core.JaxprEqn]) -> int:
    """Bytes that the library for products on a CPU lays out anew, without telling XLA.

    Of an operand it takes 128 of the numbers that are summed over at a time, in rows of 8
    (measured: 10 shapes of a batch times a matrix).
    """
    products = (each for each in program if each.primitive.name == "dot_general")
    return max(map(_packed, products), default=0)


def _packed(product: core.JaxprEqn) -> int:
    summed, _ = product.params["dimension_numbers"]
    return max(
        _packed_operand(var.aval, axes) for var, axes in zip(product.invars, summed, strict=True)
    )


def _packed_operand(aval: Any, axes: tuple[int, ...]) -> int:
    length = math.prod(aval.shape[axis] for axis in axes)
    at_once = min(-(-length // 8) * 8, 128)
    return aval.size // max(length, 1) * at_once * aval.dtype.itemsize


def equations(jaxpr: core.Jaxpr, *, looped: bool = False) -> Iterator[core.JaxprEqn]:
    """What a program computes anew in every turn of a loop.

    Args:
        jaxpr: the program.
        looped: it stands in a loop itself, so that this is all that it computes.
    """
    for equation in jaxpr.eqns:
        if looped:
            yield equation
        within = looped or equation.primitive.name in ("scan", "while")
        for inner in programs_in(equation):
            yield from equations(inner, looped=within)


def programs_in(equation: core.JaxprEqn) -> Iterable[core.Jaxpr]:
    """The programs that an equation calls; of those for several platforms, that of this device."""
    programs = list(core.jaxprs_in_params(equation.params))
    by_platform = equation.params.get("branches_platforms")
    if by_platform is None:
        return programs
    here = jax.local_devices()[0].platform
    found = (names is None or here in names for names in by_platform)
    return [next(itertools.compress(programs, found))]


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether XLA gave up for want of memory."""
    return isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)


@contextmanager
def out_of_memory_as(text: str) -> Iterator[None]:
    """Raise a want of memory as a MemoryError of one line."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(text) from None
