"""Event files of TensorBoard. Source: `tensorboard.summary.Writer`, TensorBoard 2.21."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from superpos.arguments import factory
from superpos.trackers.protocol import Tracker, check_installed, numbers_of


@factory
def tensorboard(*, folder: str, labels: Mapping[str, Any] | None = None) -> Tracker:
    """A run of TensorBoard, which `tensorboard --logdir` of the folder or of one above it shows.

    Args:
        folder: for the event file of this run.
        labels: what tells this run from others: its subfolder there, such as `density=0.1,seed=0`.

    Returns:
        A Tracker.

    Raises:
        ArgumentError: the package is not installed; one line.
    """
    check_installed("tensorboard")
    from tensorboard.summary import Writer  # pyright: ignore[reportMissingImports]

    name = ",".join(f"{key}={value}" for key, value in (labels or {}).items())
    writer: Any = Writer(str(Path(folder, name.replace("/", "_"))))

    def log(step: int, metrics: Mapping[str, Any]) -> None:
        for name, number in numbers_of(metrics).items():
            writer.add_scalar(name, number, step)

    return Tracker(log, writer.close)
