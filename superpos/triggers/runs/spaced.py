"""Steps that lie apart by a factor, as on a logarithmic axis."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from superpos.arguments import Count, Interval, factory
from superpos.types import Trigger

Factor = Annotated[float, Interval("(1, inf)")]


@factory
def spaced(*, first: Count, factor: Factor) -> Trigger:
    """Due at the steps first · factor^k, each rounded up to a multiple of `first`.

    Args:
        first: the first step, and the updates between two decisions, >= 1.
        factor: of a step to the one before, in (1, inf).

    Returns:
        A Trigger that is the same for every run.

    Raises:
        ArgumentError: a value is out of range.
    """

    def due(step: int, measured: Mapping[str, Any]) -> bool:
        del measured
        return step in steps(step)

    def steps(last: int) -> set[int]:
        return _steps(first, factor, last)

    return Trigger(due, lambda n_steps: len(steps(n_steps)), first)


def _steps(first: int, factor: float, last: int) -> set[int]:
    """The steps up to the last one."""
    found, power = set(), 1.0
    while first * power <= last:
        step = first * math.ceil(power - 1e-9)
        found |= {step} if step <= last else set()
        power *= factor
    return found
