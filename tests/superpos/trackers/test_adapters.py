"""What trackers have of a run, read back by their own packages where these are installed."""

import re
import sys

import jax
import numpy as np
import pytest

from superpos import data, evaluations, models, optim, trackers
from superpos.arguments import ArgumentError
from superpos.train import FitSpec, fit


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "wandb"])
def test_a_package_that_is_missing_is_named_with_its_extra(name, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    given = {
        "mlflow": {"experiment": "e"},
        "tensorboard": {"folder": "f"},
        "wandb": {"project": "p"},
    }
    with pytest.raises(ArgumentError) as refused:
        getattr(trackers, name)(**given[name])
    assert str(refused.value) == f"{name}: not installed; pip install 'superpos[{name}]'"


def run(tracker: trackers.Tracker) -> dict[str, np.ndarray]:
    """A run that logs; what it measured."""
    model = models.autoencoder(n_features=3, n_hidden=2)
    source = data.sparse_uniform(n_features=3, density=0.5)
    done = fit(
        jax.random.key(0),
        model=model,
        source=source,
        tx=optim.adam(learning_rate=1e-2),
        evaluations={
            "loss": evaluations.loss(model=model, source=source, batch_size=8),
            "superposition": evaluations.superposition(),
        },
        spec=FitSpec(n_steps=6, batch_size=8, log_every=2),
        on_block=tracker.log,
    )
    tracker.close()
    return {name: np.asarray(values) for name, values in done.metrics.items()}


EXPECTED_STEPS = [2, 4, 6]


def test_tensorboard_reads_what_was_logged(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    measured = run(trackers.tensorboard(folder=str(tmp_path)))
    events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    assert "feature_norms" not in events.Tags()["tensors"]
    found = events.Tensors("loss")
    assert [each.step for each in found] == EXPECTED_STEPS
    np.testing.assert_allclose(
        [each.tensor_proto.float_val[0] for each in found], measured["loss"], rtol=1e-6
    )


def test_labels_are_the_folder_of_a_run_of_tensorboard(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    labels = {"density": 0.5, "text": "a/b"}
    trackers.tensorboard(folder=str(tmp_path), labels=labels).close()
    assert [path.name for path in tmp_path.iterdir()] == ["density=0.5,text=a_b"]


def test_mlflow_reads_what_was_logged(tmp_path, monkeypatch) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = tmp_path.as_uri()
    for name in ("first", "second"):  # the experiment is made once
        tracker = trackers.mlflow(experiment="toys", uri=uri, name=name, labels={"density": 0.5})
        measured = run(tracker)
    client = MlflowClient(tracking_uri=uri)
    place = client.get_experiment_by_name("toys").experiment_id
    found = {each.info.run_name: each for each in client.search_runs([place])}
    assert found.keys() == {"first", "second"}
    second = found["second"]
    assert second.data.params == {"density": "0.5"} and second.info.status == "FINISHED"
    assert "feature_norms" not in second.data.metrics
    logged = client.get_metric_history(second.info.run_id, "loss")
    assert [each.step for each in logged] == EXPECTED_STEPS
    np.testing.assert_allclose([each.value for each in logged], measured["loss"])


def test_wandb_counts_what_was_logged_offline(tmp_path, capsys) -> None:
    """What it prints at the end of a run, of its own history; it has no reader of its files."""
    pytest.importorskip("wandb")
    tracker = trackers.wandb(
        project="toys", labels={"density": 0.5}, folder=str(tmp_path), mode="offline"
    )
    measured = run(tracker)
    assert len([*tmp_path.glob("wandb/offline-run-*/run-*.wandb")]) == 1
    printed = capsys.readouterr().err
    [loss] = re.findall(r" loss ([0-9.]+)\n", printed)
    assert float(loss) == pytest.approx(measured["loss"][-1], abs=1e-5)
    assert "feature_norms" not in printed and "train_loss" in printed
