"""Multiruns from the command line to the Dataset."""

import json

import numpy as np
import pytest
import yaml

from superpos import trackers
from superpos.app import sweeping, tracking
from superpos.app.boundary import compose
from superpos.app.config.experiment import bind
from superpos.store import files
from superpos.store.files import chunk_files, locked
from superpos.train import StoreError, TrainError, store, sweep
from tests.superpos.app.multirun.conftest import GRID

TINY = ("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8")
JOBS = 12


def chunks(folder):
    """Name and time of every chunk file of a multirun."""
    found = [path for group in (folder / "groups").iterdir() for path in chunk_files(group)]
    return {path.name: path.stat().st_mtime_ns for path in found}


def alone(*words):
    """The same sweep without a launcher."""
    config = compose(["experiment=train", *words])
    [[job]] = [variant.plans for variant in bind(config)[0].values()]
    sweeping.set_precision(config)
    return sweep(**sweeping.sweep_arguments(job))


@pytest.mark.slow
def test_a_grid_takes_a_program_a_shape_and_is_one_dataset(launch, tmp_path):
    done = launch(*GRID)
    assert done.code == 0, done.err
    assert "program 2 of 2: 6 jobs, 6 models x 4 steps" in done.out
    assert len([*(tmp_path / "all/groups").iterdir()]) == 2
    dataset = store.open(tmp_path / "all")
    assert dict(dataset["loss"].sizes) == {"density": 2, "n_hidden": 2, "seed": 3, "step": 2}
    assert dataset["density"].values.tolist() == [0.25, 0.5]
    assert (dataset["status"] == "ok").all()
    assert dataset["W"].shape == (2, 2, 3, 5, 3)
    assert np.isnan(dataset["W"].sel(n_hidden=2)[..., 2]).all()
    assert (tmp_path / "all/index.html").stat().st_size > 1000


@pytest.mark.slow
def test_a_member_is_the_run_of_its_job_alone(trained):
    W = store.open(trained / "all")["W"].sel(n_hidden=3, density=0.5).values
    expected = alone(
        *TINY, "engine.chunk=4", "model.n_hidden=3", "data.density=0.5", "sweep.seed=[0,1,2]"
    )
    np.testing.assert_allclose(W, expected["W"].values, rtol=1e-5, atol=1e-7)
    assert (np.abs(W) > 1e-3).any()


@pytest.mark.slow
def test_every_job_has_its_folder_with_its_config_and_where_its_member_is(trained):
    folders = [path.parent for path in trained.glob("outputs/train/*/result.json")]
    assert len(folders) == JOBS
    dataset = store.open(trained / "all")
    for folder in folders:
        config = yaml.safe_load((folder / ".hydra/config.yaml").read_text())
        result = json.loads((folder / "result.json").read_text())
        where = {
            "density": config["data"]["density"],
            "n_hidden": config["model"]["n_hidden"],
            "seed": config["seed"],
        }
        loss = dataset["loss"].sel(where).isel(step=-1).item()
        assert result["objective"] == pytest.approx(loss, rel=1e-6)
        error = dataset["loss_standard_error"].sel(where).isel(step=-1).item()
        assert result["objective_standard_error"] == pytest.approx(error, rel=1e-6)
        assert result["store"] == str(trained / "all")
        [member] = result["members"]
        assert (trained / "all/groups" / member["group"] / "sweep.json").exists()


@pytest.mark.slow
def test_the_same_command_trains_nothing_and_a_superset_only_what_is_new(launch, copied):
    first, before = chunks(copied), store.open(copied).load()
    again = launch(*GRID)
    assert again.out.count("all found on disk") == 2
    assert chunks(copied) == first
    more = launch("data.density=0.125,0.25,0.5", "model.n_hidden=2,3", "seed=range(4)")
    assert more.code == 0, more.err
    after = chunks(copied)
    assert first.items() < after.items()
    dataset = store.open(copied)
    assert dict(dataset["status"].sizes) == {"density": 3, "n_hidden": 2, "seed": 4}
    same = dataset.sel(density=[0.25, 0.5], seed=[0, 1, 2])
    np.testing.assert_array_equal(same["W"], before["W"])


@pytest.mark.slow
def test_models_are_logged_by_a_tracker_that_is_the_same_for_all(launch, copied, monkeypatch):
    told = []

    def fake(*, project, name, mode, labels):
        told.append(labels)
        return trackers.Tracker(lambda step, metrics: None, lambda: None)

    monkeypatch.setattr(tracking, "TRACKERS", {"tracker": {"wandb": fake}})
    monkeypatch.setattr(trackers, "check_installed", lambda name: None)
    chosen = ("tracker=wandb",)
    refused = launch(*GRID, *chosen, "tracker.project=a,b")
    assert refused.code == 2 and "tracker: expected the same for all jobs" in refused.err
    before = chunks(copied)
    done = launch(*GRID, *chosen)
    assert done.code == 0 and f"tracked {JOBS} models by wandb" in done.out
    assert chunks(copied) == before and len(told) == JOBS
    assert {(each["density"], each["n_hidden"]) for each in told} == {
        (density, n_hidden) for density in (0.25, 0.5) for n_hidden in (2, 3)
    }
    assert "tracked 0 models by wandb" in launch(*GRID, *chosen).out


@pytest.mark.slow
def test_another_shape_joins_without_touching_the_rest(launch, copied):
    first = chunks(copied)
    assert launch("data.density=0.25,0.5", "model.n_hidden=2,3,4", "seed=range(3)").code == 0
    assert first.items() < chunks(copied).items()
    assert store.open(copied)["n_hidden"].values.tolist() == [2, 3, 4]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("fit.n_steps=6",), "fit.n_steps=4, asked for 6"),
        (("optim.weight_decay=0.5",), "optim.weight_decay=0.01, asked for 0.5"),
        (("model.activation=linear",), "model.activation=relu, asked for linear"),
        (("engine.rng=threefry",), "engine.rng=threefry13, asked for threefry"),
        (("optim.learning_rate=0.1,0.2",), "over data.density, model.n_hidden, seed, asked for"),
    ],
)
def test_a_contradicting_command_is_refused_with_the_key(launch, copied, words, complaint):
    first = chunks(copied)
    done = launch(*GRID, *words)
    assert done.code == 2
    [line] = done.err.splitlines()
    assert complaint in line
    assert chunks(copied) == first


@pytest.mark.slow
def test_all_that_is_wrong_is_told_before_anything_is_trained(launch, tmp_path):
    words = ("data.density=-1,0.5", "model.n_hidden=0,2", "objective=los", "seed=0,1")
    done = launch(*words)
    assert done.code == 2
    assert done.err.splitlines() == [
        "superpos: data.density=-1: expected a number in (0, 1]",
        "superpos: model.n_hidden=0: expected an integer in [1, 2147483647]",
    ]
    assert not (tmp_path / "all").exists()
    done = launch("objective=los", "seed=0,1")
    assert done.err.startswith("superpos: objective=los: expected one of")
    assert "did you mean loss?" in done.err


@pytest.mark.slow
def test_jobs_that_form_no_grid_lie_along_one_dimension(launch, tmp_path):
    pairs = ["data.density=0.25,0.5", "seed=1,2"]
    launch(pairs[0], "seed=1")
    (tmp_path / "all/multirun.json").unlink()
    assert launch(*pairs, "hydra.sweeper.max_batch_size=3").code == 0
    # Three of four: the fourth is in a batch of its own, and the four are a grid again.
    assert store.open(tmp_path / "all").sizes["seed"] == 2


@pytest.mark.slow
def test_axes_inside_the_jobs_are_dimensions_too(launch, tmp_path):
    done = launch("sweep.seed=[3,4]", "+sweep.optim.eps=[1e-8,1e-6]", "data.density=0.25,0.5")
    assert done.code == 0, done.err
    dataset = store.open(tmp_path / "all")
    assert dict(dataset["status"].sizes) == {"density": 2, "seed": 2, "eps": 2}


@pytest.mark.slow
def test_a_diverged_member_fails_its_job_alone(launch, tmp_path):
    done = launch("optim.learning_rate=0.01,1e30", "optim=sgd", "seed=0,1", "fit.n_steps=8")
    assert done.code == 3
    assert "2 of 4 jobs failed" in done.out
    assert done.out.count("diverged@") == 2
    status = store.open(tmp_path / "all")["status"]
    assert (status.sel(learning_rate=0.01) == "ok").all()
    values = [
        json.loads(path.read_text())["objective"]
        for path in sorted(tmp_path.glob("outputs/train/*/result.json"))
    ]
    assert [value is None for value in values].count(True) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [StoreError("no room"), MemoryError("no room"), TrainError("no room")]
)
def test_a_group_that_fails_leaves_the_others(launch, tmp_path, monkeypatch, error):
    def failing(*args, **keywords):
        if "n_hidden=3" in str(keywords["spec"]) or keywords["spec"]["model.n_hidden"] == 3:
            raise error
        return sweep(*args, **keywords)

    monkeypatch.setattr(sweeping, "sweep", failing)
    done = launch(*GRID[:2])
    assert done.code == 3
    assert "2 of 4 jobs failed" in done.out
    assert done.out.count("no room") == 2
    status = store.open(tmp_path / "all")["status"]
    assert (status.sel(n_hidden=2) == "ok").all()
    assert (status.sel(n_hidden=3) == "missing").all()


@pytest.mark.slow
def test_a_second_process_is_told_and_harms_nothing(launch, copied):
    first, more = chunks(copied), (*GRID[:2], "seed=range(4)")
    with locked(copied):
        done = launch(*more)
    assert done.code == 2
    assert "in use by process" in done.err
    assert chunks(copied) == first
    assert launch(*more).code == 0
    assert first.items() < chunks(copied).items()


@pytest.mark.slow
def test_claims_are_judged_in_the_folder_of_each_job(launch, tmp_path):
    done = launch(
        "sweep.seed={range: 2}", "optim.learning_rate=0.01,0.02", experiment="elhage/intro"
    )
    assert done.code in (0, 3), done.err
    pages = [*tmp_path.glob("outputs/elhage/intro/*/index.html")]
    assert len(pages) == 2
    for page in pages:
        records = json.loads((page.parent / "claims.json").read_text())
        assert records and all(record["reproduced"] in (True, False, None) for record in records)


# Assets and evaluations of stored models


def rows_at(path, seed):
    np.save(path, np.random.default_rng(seed).uniform(size=(30, 5)).astype(np.float32))
    given = ("data=examples", "data.n_features=5", "+asset@assets.examples=array")
    return (*given, f"assets.examples.path={path}")


@pytest.mark.slow
def test_other_content_of_an_asset_is_another_multirun(launch, tmp_path):
    words = rows_at(tmp_path / "rows.npy", 0)
    assert launch(*words, "seed=0,1").code == 0
    before = chunks(tmp_path / "all")
    rows_at(tmp_path / "rows.npy", 1)
    done = launch(*words, "seed=0,1,2", "engine.allow_numerics_change=true")
    assert done.code == 2
    assert "holds a multirun with assets.examples=" in done.err
    assert chunks(tmp_path / "all") == before


@pytest.mark.slow
def test_stored_models_are_measured_afterwards_and_nothing_is_trained_again(launch, tmp_path):
    assert launch("model.n_hidden=2,3", "seed=0,1").code == 0
    before = chunks(tmp_path / "all")
    later = "+evaluations.geometry={after: true}"
    axis = "+sweep.evaluations.geometry.threshold=[0,100]"
    assert launch("model.n_hidden=2,3", "seed=0,1", later, axis).code == 0
    assert before == chunks(tmp_path / "all")
    dataset = store.open(tmp_path / "all")
    assert dataset["component_sizes"].dims == ("n_hidden", "seed", "threshold", "feature")
    assert (dataset["component_sizes"].sel(threshold=100) == 1).all()
    assert (dataset["component_sizes"].sel(threshold=0) == 5).all()


def test_jobs_that_measure_the_same_models_in_two_ways_are_refused(launch, tmp_path):
    later = "+evaluations.geometry={after: true}"
    done = launch("seed=0,1", later, "+evaluations.geometry.threshold=0.1,0.9")
    assert done.code == 2
    assert "evaluations.geometry.threshold=0.9: other jobs measure the same models" in done.err
    assert not (tmp_path / "all" / "groups").exists()


@pytest.mark.slow
def test_a_multirun_of_an_older_format_is_read_and_left_alone(launch, copied):
    path = copied / "multirun.json"
    body = json.loads(path.read_text())
    body |= {"format": 1}
    del body["sha256"]
    path.write_text(json.dumps({**body, "sha256": files._digest(body)}))
    before = {p: p.read_bytes() for p in copied.rglob("*") if p.is_file() and p.name != ".lock"}
    assert store.open(copied).sizes["n_hidden"] == 2
    done = launch(*GRID)
    assert done.code == 2
    assert "multirun.json: format 1, which this version only reads" in done.err
    after = {p: p.read_bytes() for p in copied.rglob("*") if p.is_file() and p.name != ".lock"}
    assert after == before
