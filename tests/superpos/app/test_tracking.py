"""The tracker of a config: what is refused, and what is logged, once each."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from superpos import trackers
from superpos.app import tracking
from superpos.app.boundary import compose
from superpos.arguments import ArgumentError
from superpos.store import StoreError

NODE = {"kind": "wandb", "project": "toys"}


def dataset(*status: str) -> xarray.Dataset:
    """A member for each status, with a loss of its seed at two steps."""
    seeds = np.arange(len(status))
    loss = np.broadcast_to(seeds[:, None], (len(status), 2)).astype(float)
    arrays = {"status": ("seed", np.array(status)), "loss": (("seed", "step"), loss)}
    return xarray.Dataset(arrays, {"seed": seeds, "step": [10, 20]})


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], int]]:
    """Labels and rows of the runs of a tracker that refuses the seed 3."""
    found: list[tuple[dict[str, Any], int]] = []

    def fake(*, project: str, labels: Any, folder: str) -> trackers.Tracker:
        assert project == "toys" and Path(folder).is_dir()
        if labels["seed"] == 3:
            raise RuntimeError("no\nnetwork")
        rows: list[int] = []
        return trackers.Tracker(
            lambda step, metrics: rows.append(step),
            lambda: found.append((dict(labels), len(rows))),
        )

    monkeypatch.setattr(tracking, "TRACKERS", {"tracker": {"wandb": fake}})
    return found


def track(folder: Path, **datasets: xarray.Dataset) -> int:
    return tracking.track({"experiment": "train", "tracker": NODE}, datasets, folder)


def test_each_finished_model_is_logged_once(tmp_path: Path, logged: list[Any]) -> None:
    assert track(tmp_path, sweep=dataset("ok", "missing", "diverged@3")) == 1
    assert logged == [({"experiment": "train", "seed": 0}, 2)]
    assert track(tmp_path, sweep=dataset("ok", "ok", "diverged@3")) == 1
    assert [labels["seed"] for labels, _ in logged] == [0, 1]
    assert track(tmp_path, sweep=dataset("ok", "ok", "diverged@3")) == 0


def test_variants_are_told_apart(tmp_path: Path, logged: list[Any]) -> None:
    assert track(tmp_path, a=dataset("ok"), b=dataset("ok")) == 2
    assert [labels["variant"] for labels, _ in logged] == ["a", "b"]


def test_what_was_logged_before_a_failure_is_not_logged_again(
    tmp_path: Path, logged: list[Any]
) -> None:
    for expected in (3, 3):
        with pytest.raises(ArgumentError, match=r"^tracker=wandb: no network; what was trained is"):
            track(tmp_path, sweep=dataset("ok", "ok", "ok", "ok"))
        assert len(logged) == expected


def test_a_damaged_list_is_refused(tmp_path: Path, logged: list[Any]) -> None:
    (tmp_path / "tracked.json").write_text(json.dumps([1]))
    with pytest.raises(StoreError, match="remove it to log all models again"):
        track(tmp_path, sweep=dataset("ok"))
    assert logged == []


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (3, ["tracker=3: expected a component with a kind"]),
        (
            {"kind": "wand"},
            ["tracker.kind='wand': expected one of mlflow, tensorboard, wandb"],
        ),
        ({"kind": "wandb"}, ["tracker.project: missing"]),
        ({"kind": "mlflow", "experiment": 3}, ["tracker.experiment=3: expected "]),
        ({**NODE, "mode": "off"}, ["tracker.mode='off': expected one of online, offline"]),
        ({**NODE, "projekt": "a"}, ["tracker.projekt: unknown, tracker wandb takes project, name"]),
        ({**NODE, "folder": 3}, ["tracker.folder=3: expected "]),
        (NODE, ["tracker=wandb: not installed; pip install 'superpos[wandb]'"]),
        (None, []),
    ],
)
def test_a_tracker_that_cannot_be_is_refused_in_one_line(
    node: Any, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    found = [*tracking.wrong_tracker(node)]
    assert len(found) == len(told)
    assert all(line.startswith(start) for line, start in zip(found, told, strict=True))


def test_a_folder_without_code_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W&B keeps its files in a folder of the name of its package."""
    (tmp_path / "no_such_package").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ArgumentError, match="^no_such_package: not installed"):
        trackers.check_installed("no_such_package")


def test_each_can_be_chosen_and_changes_nothing_of_the_models() -> None:
    plain = compose([])
    assert plain.get("tracker") is None
    for kind in tracking.TRACKERS["tracker"]:
        config = compose([f"tracker={kind}"])
        assert config["tracker"]["kind"] == kind
        assert config["output_dir"] == plain["output_dir"]
        told = [*tracking.wrong_tracker(config["tracker"])]
        assert all("not installed" in line for line in told)
    assert compose(["tracker=wandb"])["tracker"]["mode"] == "offline"
    words = ["tracker=mlflow", "tracker.experiment=toys", "tracker.uri=sqlite:///a.db"]
    assert compose(words)["output_dir"] == plain["output_dir"]
