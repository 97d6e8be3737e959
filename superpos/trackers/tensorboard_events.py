"""Event files of TensorBoard. Source: `tensorboard.summary.Writer`, TensorBoard 2.21."""

from collections.abc import Mapping
from typing import Any

from superpos.arguments import factory
from superpos.trackers.protocol import Tracker, missing, numbers_of


@factory
def tensorboard(*, folder: str) -> Tracker:
    """A run of TensorBoard, which `tensorboard --logdir` of the folder or of one above it shows.

    Args:
        folder: for the event file of this run.

    Returns:
        A Tracker.

    Raises:
        ArgumentError: the package is not installed; one line.
    """
    try:
        from tensorboard.summary import Writer  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise missing("tensorboard") from None
    writer: Any = Writer(folder)

    def log(step: int, metrics: Mapping[str, Any]) -> None:
        for name, number in numbers_of(metrics).items():
            writer.add_scalar(name, number, step)

    return Tracker(log, writer.close)
