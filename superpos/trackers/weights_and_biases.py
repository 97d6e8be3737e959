"""Runs of Weights & Biases. Source: `wandb.init` and `Run.log`, wandb 0.31."""

from collections.abc import Mapping
from typing import Any, Literal

from superpos.arguments import factory
from superpos.trackers.protocol import Tracker, check_installed, numbers_of


@factory
def wandb(
    *,
    project: str,
    name: str | None = None,
    labels: Mapping[str, Any] | None = None,
    folder: str | None = None,
    mode: Literal["online", "offline"] = "online",
) -> Tracker:
    """A run of Weights & Biases.

    Args:
        project: that it belongs to.
        name: of the run; None leaves that to Weights & Biases.
        labels: what tells this run from others, such as the values on the axes of a sweep.
        folder: where its files lie, in a subfolder `wandb`; None is the current one.
        mode: "online" asks for the key of an account; "offline" only writes, for `wandb sync`.

    Returns:
        A Tracker. Steps have to rise from one call of `log` to the next.

    Raises:
        ArgumentError: a value is out of range, or the package is not installed; one line.
    """
    check_installed("wandb")
    import wandb as library  # pyright: ignore[reportMissingImports]

    run: Any = library.init(
        project=project,
        name=name,
        config=dict(labels or {}),
        dir=folder,
        mode=mode,
        reinit="create_new",
    )

    def log(step: int, metrics: Mapping[str, Any]) -> None:
        run.log(numbers_of(metrics), step=step)

    return Tracker(log, run.finish)
