"""The launcher with an application that is not ours: Hydra's contract, job by job."""

import gc
import json
import weakref
from types import SimpleNamespace

import pytest
import yaml
from hydra._internal.callbacks import Callbacks
from hydra.types import HydraContext

from hydra_plugins.superpos_launcher._launch import launch

VMAP = "hydra/launcher=vmap"


def told(process):
    """What the application was told, once for each batch."""
    return [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]


@pytest.mark.slow
@pytest.mark.parametrize("sweeper", ["basic", "grid"])
def test_all_jobs_arrive_at_once_and_each_gets_its_folder(multirun, tmp_path, sweeper):
    process = multirun(VMAP, f"hydra/sweeper={sweeper}", "a=1,2", "b=x,y", "b.c=0.5")
    assert process.returncode == 0, process.stderr
    [batch] = told(process)
    assert [(job["a"], job["kind"], job["c"], job["num"]) for job in batch["jobs"]] == [
        (1, "x", 0.5, 0),
        (1, "y", 0.5, 1),
        (2, "x", 0.5, 2),
        (2, "y", 0.5, 3),
    ]
    assert batch["swept"] == ["a", "b"]
    assert batch["options"]["engine"] == "local"
    for number in range(4):
        folder = tmp_path / "out" / str(number)
        assert (folder / "value").read_text() == str(1 + number // 2)
        assert (folder / "app.log").exists()
        overrides = yaml.safe_load((folder / ".hydra/overrides.yaml").read_text())
        assert overrides == [f"a={1 + number // 2}", f"b={'xy'[number % 2]}", "b.c=0.5"]
        hydra = yaml.safe_load((folder / ".hydra/hydra.yaml").read_text())["hydra"]
        assert hydra["job"]["num"] == number
    assert "task" not in process.stdout


@pytest.mark.slow
def test_the_files_of_a_job_are_those_of_the_basic_launcher(multirun, tmp_path):
    words = ["hydra/sweeper=grid", "a=1,2", "b=x,y", "+new=3"]
    assert multirun(VMAP, *words, "hydra.sweep.dir=vmap").returncode == 0
    assert multirun("hydra/launcher=basic", *words, "hydra.sweep.dir=basic").returncode == 0
    for number in range(4):
        for name in ("config", "overrides", "hydra"):
            texts = [
                (tmp_path / launcher / f"{number}/.hydra/{name}.yaml").read_text()
                for launcher in ("vmap", "basic")
            ]
            ours, stock = (yaml.safe_load(text) for text in texts)
            if name == "hydra":
                for each in (ours, stock):
                    each["hydra"]["launcher"] = each["hydra"]["sweep"] = None
                    each["hydra"]["runtime"]["choices"]["hydra/launcher"] = None
                    each["hydra"]["runtime"]["output_dir"] = None
                    each["hydra"]["overrides"]["hydra"] = None
            assert ours == stock


def test_a_failed_job_leaves_the_others_and_later_batches(multirun, tmp_path):
    process = multirun(VMAP, "hydra/sweeper=grid", "hydra.sweeper.max_batch_size=2", "a=1,13,2,3")
    assert process.returncode == 1
    assert "unlucky" in process.stderr
    assert [len(batch["jobs"]) for batch in told(process)] == [2, 2]
    values = [tmp_path / "out" / str(number) / "value" for number in range(4)]
    assert [path.exists() for path in values] == [True, False, True, True]


@pytest.mark.slow
def test_chdir_and_subdir_are_honoured(multirun, tmp_path):
    subdir = "hydra.sweep.subdir=${hydra.job.override_dirname}"
    process = multirun(VMAP, "hydra.job.chdir=true", subdir, "a=1,2")
    assert process.returncode == 0, process.stderr
    for value in (1, 2):
        folder = tmp_path / f"out/a={value}"
        assert (folder / "here").read_text() == str(folder)


@pytest.mark.slow
def test_callbacks_see_every_job(multirun, tmp_path):
    callback = "hydra.experimental.callbacks.LogJobReturnCallback"
    process = multirun(VMAP, f"+hydra.callbacks.log._target_={callback}", "a=1,13,2")
    logs = [(tmp_path / f"out/{n}/app.log").read_text() for n in range(3)]
    assert "unlucky" in logs[1], process.stderr


@pytest.mark.slow
def test_the_environment_of_all_jobs_is_there_while_they_are_trained(multirun):
    process = multirun(VMAP, "+hydra.job.env_set.X=everywhere", "a=1,2")
    assert told(process)[0]["x"] == "everywhere"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["+hydra.job.env_set.X=${a}", "a=1,2"], "hydra.job.env_set.X=2: a job of its own"),
        (["hydra.job.name=p,q", "a=1,2"], "hydra.job.name=p,q"),
        (["hydra/sweeper=grid", "a=range(0,0)"], "a=range(0,0): no values"),
        (["hydra/sweeper=grid", *(f"{k}=range(0,3000)" for k in ("a", "b.c"))], "9,000,000 jobs"),
        (["a=1,2", "nope=3"], "nope"),
    ],
)
def test_what_cannot_be_shared_is_refused_before_any_job(multirun, tmp_path, words, complaint):
    process = multirun(VMAP, *words)
    assert process.returncode != 0
    assert complaint in process.stderr
    assert not told(process)
    assert not list(tmp_path.glob("out/*/.hydra"))


def test_an_application_that_trains_one_job_at_a_time_is_told_so(multirun):
    process = multirun(VMAP, "a=1,2", WITHOUT_VMAP="1")
    assert process.returncode != 0
    assert "hydra/launcher=vmap: this application trains one job at a time" in process.stderr


def test_no_config_of_a_job_is_kept(loader_and_master, tmp_path, monkeypatch):
    """Ten thousand would fill the memory: a job is what the application makes of its config."""
    loader, master = loader_and_master
    configs = []

    class Vmap:
        def prepare(self, config):
            configs.append(weakref.ref(config))
            return config.seed

        def run(self, jobs, launch):
            assert jobs == [0, 1, 2]
            gc.collect()
            assert [each() for each in configs] == [None] * 3
            return [lambda job=job: float(job) for job in jobs]

    monkeypatch.chdir(tmp_path)
    launcher = SimpleNamespace(
        config=master,
        context=HydraContext(config_loader=loader, callbacks=Callbacks()),
        task_function=SimpleNamespace(vmap=Vmap()),
        options={},
    )
    returns = launch(launcher, [["experiment=train", f"seed={seed}"] for seed in range(3)], 0)
    assert [each.return_value for each in returns] == [0.0, 1.0, 2.0]
    assert {(each.cfg, each.hydra_cfg) for each in returns} == {(None, None)}
    assert len([*tmp_path.glob("outputs/train/*/.hydra/config.yaml")]) == 3
