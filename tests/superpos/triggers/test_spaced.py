"""Steps that lie apart by a factor."""

import pytest

from superpos.arguments import ArgumentError
from superpos.triggers import spaced


def due(first, factor, last):
    trigger = spaced(first=first, factor=factor)
    steps = range(trigger.block, last + 1, trigger.block)
    found = [step for step in steps if trigger.due(step, {})]
    assert trigger.most(last) == len(found)
    return found


def test_steps_are_powers_rounded_up_to_the_first() -> None:
    assert due(10, 2.0, 200) == [10, 20, 40, 80, 160]
    assert due(5, 1.5, 60) == [5, 10, 15, 20, 30, 40, 60]  # 5, 7.5, 11.25, 16.9, 25.3, 38, 57
    assert due(3, 100.0, 250) == [3]
    assert due(7, 2.0, 6) == []


@pytest.mark.parametrize("factor", [1.0, 0.5, float("inf"), "2"])
def test_a_factor_that_does_not_grow_is_refused(factor: object) -> None:
    with pytest.raises(ArgumentError, match="^factor=.*: expected a number in"):
        spaced(first=1, factor=factor)  # type: ignore[arg-type]
