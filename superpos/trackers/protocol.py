"""What a tracker is, and how the reports of `fit` and `sweep` reach it.

`fit(..., on_block=tracker.log)` logs one run, and `sweep(..., on_progress=on_progress(tracker))`
how far a sweep is. The curves of its members are logged when it is done, by `log_members`.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
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


def check_installed(name: str) -> None:
    """Refuse a tracker whose package is not there; nothing is imported.

    A folder without code is no package, such as `wandb`, in which W&B keeps its files.

    Args:
        name: of the package, of its extra and of the tracker: "mlflow", "tensorboard" or "wandb".

    Raises:
        ArgumentError: it is not there; one line.
    """
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ArgumentError(f"{name}: not installed; pip install 'superpos[{name}]'")
