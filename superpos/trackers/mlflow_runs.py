"""Runs of MLflow. Source: `mlflow.tracking.MlflowClient`, MLflow 3."""

import time
from collections.abc import Mapping
from typing import Any

from superpos.arguments import factory
from superpos.trackers.protocol import Tracker, check_installed, numbers_of


@factory
def mlflow(
    *,
    experiment: str,
    uri: str | None = None,
    name: str | None = None,
    labels: Mapping[str, Any] | None = None,
) -> Tracker:
    """A run of MLflow.

    Args:
        experiment: that it belongs to, made where it is not there.
        uri: of the server or the database; None is what MLflow takes, such as
            MLFLOW_TRACKING_URI.
        name: of the run; None leaves that to MLflow.
        labels: what tells this run from others, its parameters there.

    Returns:
        A Tracker.

    Raises:
        ArgumentError: a value is out of range, or the package is not installed; one line.
    """
    check_installed("mlflow")
    from mlflow.entities import Metric, Param  # pyright: ignore[reportMissingImports]
    from mlflow.tracking import MlflowClient  # pyright: ignore[reportMissingImports]

    client: Any = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    place = found.experiment_id if found else client.create_experiment(experiment)
    run = client.create_run(place, run_name=name).info.run_id
    client.log_batch(run, params=[Param(key, str(value)) for key, value in (labels or {}).items()])

    def log(step: int, metrics: Mapping[str, Any]) -> None:
        now = int(1000 * time.time())
        numbers = numbers_of(metrics).items()
        client.log_batch(run, metrics=[Metric(key, value, now, step) for key, value in numbers])

    return Tracker(log, lambda: client.set_terminated(run))
