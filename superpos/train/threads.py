"""Work that JAX does outside the interpreter's lock, in threads of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


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
        return list(pool.map(function, arguments))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
