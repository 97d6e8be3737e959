"""When a loss has fallen."""

import numpy as np

from superpos.triggers import falls


def due(losses: list[float], **arguments: float) -> list[int]:
    """The numbers of the blocks after which it is due."""
    trigger = falls(**{"to": 0.5, "every": 10, **arguments})
    return [
        number
        for number in range(1, len(losses) + 1)
        if trigger.due(10 * number, {"train_loss": np.float32(losses[:number])})
    ]


def test_it_is_due_where_the_loss_is_half_of_what_it_was_last() -> None:
    assert due([8, 5, 4, 3, 2.1, 2, 0.9]) == [3, 6, 7]


def test_it_falls_from_the_first_block_however_high_it_goes_between() -> None:
    assert due([4, 100, 50, 3, 2]) == [5]


def test_a_loss_that_is_not_a_number_is_no_fall() -> None:
    assert due([4, np.nan, np.nan, 1]) == [4]


def test_no_more_than_most() -> None:
    assert due([16, 8, 4, 2, 1], most=2) == [2, 3]
    assert falls(to=0.5, every=10, most=2).most(1000) == 2
    assert falls(to=0.5, every=10, most=2).most(10) == 1
