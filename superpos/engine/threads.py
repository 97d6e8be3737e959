"""Work that JAX does outside the interpreter's lock, in threads of its own."""

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import jax

A = TypeVar("A")
B = TypeVar("B")
P = ParamSpec("P")


def side_by_side(function: Callable[[A], B], arguments: Sequence[A]) -> list[B]:
    """Call a function on each argument at once; Ctrl-C is served at once, as nothing is waited for.

    Args:
        function: what is called, in a thread for each argument.
        arguments: one or more.

    Returns:
        The results, in the order of the arguments.
    """
    pool = ThreadPoolExecutor(len(arguments))
    try:
        return list(pool.map(as_here(function), arguments))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def as_here(function: Callable[P, B]) -> Callable[P, B]:
    """The function for another thread, where numbers are to be as wide as in this one.

    `jax.enable_x64` is of the thread that enters it.
    """
    config: Any = jax.config  # its options are not typed
    wide = bool(config.jax_enable_x64)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> B:
        with jax.enable_x64(wide):
            return function(*args, **kwargs)

    return called
