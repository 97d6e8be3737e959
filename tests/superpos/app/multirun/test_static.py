"""A run with static axes: trained as its programs alone, kept, resumed and opened as one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from superpos.app import runner
from superpos.app import search_metric as objective
from superpos.app.boundary import compose
from superpos.app.findings import Findings
from superpos.store.files import chunk_files
from superpos.train import StoreError, TrainError, store, sweep

TINY = (
    *("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8"),
    *("engine.chunk=2", "engine.check_fragile=false"),
)
SEEDS, SIZES = "sweep.seed=[0,1]", "+sweep.model.n_hidden=[3,2]"


def tiny(folder: Path, *words: str) -> dict[str, Any]:
    return {**compose(["experiment=train", *TINY, *words]), "output_dir": str(folder)}


def chunks(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in chunk_files_below(folder)}


def chunk_files_below(folder: Path) -> list[Path]:
    return [path for group in (folder / "groups").iterdir() for path in chunk_files(group)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run over two sizes and two seeds; grown by some tests, never changed."""
    folder = tmp_path_factory.mktemp("static")
    assert runner.run(tiny(folder, SIZES, SEEDS)).code == 0
    return folder


@pytest.mark.slow
def test_one_dataset_with_a_dimension_for_each_axis(trained: Path) -> None:
    dataset = store.open(trained / "sweep").sel(n_hidden=[2, 3])
    assert dict(dataset["loss"].sizes) == {"n_hidden": 2, "seed": 2, "step": 2}
    assert dataset["n_hidden"].attrs == {"key": "model.n_hidden"}
    assert (dataset["status"] == "ok").all()
    assert np.isnan(dataset["W"].sel(n_hidden=2)[..., 2:]).all()


@pytest.mark.slow
def test_every_member_is_bit_for_bit_that_of_a_run_with_this_size(
    trained: Path, tmp_path: Path
) -> None:
    whole = store.open(trained / "sweep")
    for size in (2, 3):
        runner.run(tiny(tmp_path / str(size), f"model.n_hidden={size}", SEEDS))
        alone = store.open(tmp_path / str(size) / "sweep")
        one = whole.sel(n_hidden=size)
        np.testing.assert_array_equal(one["W"][..., :size], alone["W"])
        np.testing.assert_array_equal(one["loss"], alone["loss"])
        ids = {name for path in chunk_files(tmp_path / str(size) / "sweep") for name in [path.name]}
        assert ids <= {path.name for path in chunk_files_below(trained / "sweep")}


@pytest.mark.slow
def test_again_nothing_is_trained_and_more_values_only_what_is_new(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = chunks(trained / "sweep")
    runner.run(tiny(trained, SIZES, SEEDS))
    assert chunks(trained / "sweep") == first
    assert capsys.readouterr().out.count("all found on disk") == 2
    more = tiny(trained, "+sweep.model.n_hidden=[2,3,4]", "sweep.seed=[0,1]")
    seen: list[Any] = []
    monkeypatch.setattr(
        runner, "_analyse", lambda _, found, *rest: seen.append(found) or (Findings(), {})
    )
    runner.run(more)
    assert seen[-1]["sweep"].n_new == 2
    assert first.items() < chunks(trained / "sweep").items()
    assert store.open(trained / "sweep")["n_hidden"].values.tolist() == [2, 3, 4]
    runner.run(tiny(trained, SIZES, SEEDS))  # asks for less than the folder holds
    assert seen[-1]["sweep"].dataset["n_hidden"].values.tolist() == [2, 3]


@pytest.mark.slow
def test_a_contradicting_run_is_refused_with_the_key(trained: Path) -> None:
    for words, complaint in (
        (("optim.weight_decay=0.5",), "optim.weight_decay=0.01, asked for 0.5"),
        (("+sweep.model.bias=[true]",), "over model.n_hidden, seed, asked for"),
    ):
        with pytest.raises(StoreError) as caught:
            runner.run(tiny(trained, SIZES, SEEDS, *words))
        assert complaint in str(caught.value)
    with pytest.raises(StoreError, match="holds a sweep with static axes; choose another"):
        runner.run(tiny(trained, SEEDS))


@pytest.mark.slow
def test_a_program_that_fails_is_told_after_the_others_were_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*args: Any, **keywords: Any) -> Any:
        if keywords["spec"]["model.n_hidden"] == 3:
            raise TrainError("no room")
        return sweep(*args, **keywords)

    monkeypatch.setattr("superpos.app.sweeping.sweep", failing)
    with pytest.raises(TrainError, match="^no room$"):
        runner.run(tiny(tmp_path, SIZES, SEEDS))
    status = store.open(tmp_path / "sweep")["status"]
    assert (status.sel(n_hidden=2) == "ok").all()
    assert (status.sel(n_hidden=3) == "missing").all()


@pytest.mark.slow
def test_runs_of_two_lengths_in_two_kinds_have_the_loss_at_their_own_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = "points=[{fit.n_steps:2,optim.kind:adam},{fit.n_steps:4,optim.kind:sgd}]"
    outcome = runner.run(tiny(tmp_path, table, SEEDS))
    assert "train sweep: 4 models x 2 or 4 steps" in capsys.readouterr().out
    dataset = store.open(tmp_path / "sweep")
    assert dict(dataset["status"].sizes) == {"seed": 2, "n_steps": 2}
    assert dataset["kind"].dims == ("n_steps",)
    assert dataset["kind"].values.tolist() == ["adam", "sgd"]
    loss = dataset["loss"].sel(step=dataset["n_steps"]).to_numpy()
    assert outcome.value == pytest.approx(loss.mean(), rel=1e-6)
    ends = objective.at_the_end(dataset)["loss"].transpose("seed", "n_steps")
    np.testing.assert_array_equal(ends, dataset["loss"].sel(step=dataset["n_steps"]))


@pytest.mark.slow
def test_a_diverged_member_is_named_by_text_and_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("optim=sgd", "sweep.optim.learning_rate=[0.01,1e30]", "fit.n_steps=8")
    code = runner.run(tiny(tmp_path, *words, "+sweep.model.activation=[relu,linear]")).code
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("failed")]
    assert code == 3
    assert ["activation=relu" in line for line in failed] == [True, False]
    assert all("learning_rate=1e+30" in line and "diverged@" in line for line in failed)


@pytest.mark.slow
def test_in_a_multirun_they_are_members_as_any_other(launch: Any, tmp_path: Path) -> None:
    grid = ("+sweep.model.n_hidden=[2,3]", "seed=0,1", "data.density=0.25,0.5")
    done = launch(*grid)
    assert done.code == 0, done.err
    assert "program 2 of 2: 4 jobs, 4 models x 4 steps" in done.out
    dataset = store.open(tmp_path / "all")
    assert dict(dataset["status"].sizes) == {"seed": 2, "density": 2, "n_hidden": 2}
    ids = {path.name for path in chunk_files_below(tmp_path / "all")}
    assert launch("model.n_hidden=2,3", *grid[1:], "hydra.launcher.folder=other").code == 0
    assert {path.name for path in chunk_files_below(tmp_path / "other")} == ids


@pytest.mark.slow
def test_a_job_of_a_multirun_has_the_dataset_of_its_own_members(
    launch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(
        runner, "_analyse", lambda _, found, *rest: seen.append(found) or (Findings(), {})
    )
    words = ("sweep.seed=[0,1]", "+sweep.model.n_hidden=[2,3]", "optim.learning_rate=0.01,0.02")
    assert launch(*words, experiment="elhage/intro").code == 0
    for found in seen:
        sizes = found["sweep"].dataset["status"].sizes
        assert (sizes["n_hidden"], sizes["seed"]) == (2, 2)
        assert "learning_rate" not in sizes
    assert len(seen) == 2
