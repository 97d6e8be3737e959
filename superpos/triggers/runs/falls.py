"""When a loss has fallen by a factor: each run at steps of its own."""

from collections.abc import Mapping
from typing import Annotated, Any

from superpos.arguments import Count, Interval, factory
from superpos.types import Trigger

Share = Annotated[float, Interval("(0, 1)")]


@factory
def falls(*, to: Share, every: Count, most: Count = 20) -> Trigger:
    """Due when the training loss is at most a share of what it was when it was due last.

    The first block sets the loss from which the fall is counted.

    Args:
        to: the share, in (0, 1).
        every: updates between two decisions, >= 1.
        most: how often a run is evaluated at the most, >= 1; what falls later is not evaluated.

    Returns:
        A Trigger that reads train_loss, the mean over each block.

    Raises:
        ArgumentError: a value is out of range.
    """

    def due(step: int, measured: Mapping[str, Any]) -> bool:
        del step
        last, times, fell = float("inf"), -1, False
        for loss in map(float, measured["train_loss"]):
            fell = loss <= to * last and times < most
            last, times = (loss, times + 1) if fell else (last, times)
        return fell and times > 0

    return Trigger(due, lambda n_steps: min(most, n_steps // every), every)
