"""Counted work: what a test asks of the compiler, whatever the machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax

from superpos.memory import programs_in

LOWERED = "/jax/core/compile/jaxpr_to_mlir_module_duration"
_open: list["Work"] = []


class Work:
    """What was asked for so far.

    Attributes:
        programs: programs that were lowered to be compiled, the small ones of single operations
            included; one that this process has compiled before is not counted again, so a limit is
            one for a new process.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.programs = 0


def _listen(event: str, duration: float, **about: Any) -> None:
    del duration, about
    if event == LOWERED:
        for work in _open:
            work.programs += 1


jax.monitoring.register_event_duration_secs_listener(_listen)


@contextmanager
def counted() -> Iterator[Work]:
    """Count what is compiled inside."""
    work = Work()
    _open.append(work)
    try:
        yield work
    finally:
        _open.remove(work)


def equations(function: Callable[..., Any], *arguments: Any) -> int:
    """Operations in the program of a function, those of its loops and branches included."""
    return _count(jax.make_jaxpr(function)(*arguments).jaxpr)


def _count(jaxpr: Any) -> int:
    return sum(map(_operations, jaxpr.eqns))


def _operations(equation: Any) -> int:
    """Those of an equation; what is settled before compiling is none.

    That is the choice of a platform, and the rule by which a function is differentiated.
    """
    settled = (
        equation.primitive.name in ("platform_index", "custom_vjp_call")
        or "branches_platforms" in equation.params
    )
    return (not settled) + sum(map(_count, programs_in(equation)))
