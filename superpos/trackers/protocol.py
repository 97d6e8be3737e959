"""What a tracker is, and how the reports of `fit` and `sweep` reach it.

`fit(..., on_block=tracker.log)` logs one run, and `sweep(..., on_progress=on_progress(tracker))`
how far a sweep is. The curves of its members are logged when it is done, by `log_members`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from superpos.arguments import ArgumentError
from superpos.train import Progress


class Log(Protocol):
    """Logs what was measured after some updates; what `fit` calls after each block."""

    def __call__(self, step: int, metrics: Mapping[str, Any], /) -> None:
        """Log the numbers among the metrics; arrays of several numbers are left out."""
        ...


class Tracker(NamedTuple):
    """One run of a tracker.

    Attributes:
        log: (updates done, metrics by name) -> nothing.
        close: ends the run; what was logged is written then, at the latest.
    """

    log: Log
    close: Callable[[], None]


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are one number each."""
    return {name: float(value) for name, value in metrics.items() if not np.shape(value)}


def on_progress(tracker: Tracker) -> Callable[[Progress], None]:
    """A callback for `sweep` that logs how many members and model-steps are done.

    Args:
        tracker: where to; its steps are the model-steps of the call.
    """

    def report(progress: Progress) -> None:
        tracker.log(progress.steps_done, progress._asdict())

    return report


def missing(name: str) -> ArgumentError:
    """The refusal of a tracker whose package is not installed."""
    return ArgumentError(f"{name}: not installed; pip install 'superpos[{name}]'")
