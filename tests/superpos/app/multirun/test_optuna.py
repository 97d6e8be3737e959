"""Optuna's sweeper over the launcher, in a process of its own: a batch of trials is a program."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from superpos.train import store

ROOT = Path(__file__).resolve().parents[4]
TINY = (
    *("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8"),
    *("engine.chunk=4", "hydra.launcher.folder=all", "experiment=train"),
)

pytestmark = pytest.mark.slow


def optuna(folder, *words):
    chosen = ("-m", "hydra/launcher=vmap", "hydra/sweeper=optuna", *TINY, *words)
    return subprocess.run(
        [sys.executable, "-m", "experiments", *chosen],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def test_optuna_searches_and_its_trials_are_one_dataset(tmp_path):
    done = optuna(
        tmp_path,
        *("hydra.sweeper.n_trials=6", "hydra.sweeper.n_jobs=4"),
        *("hydra.sweeper.storage=sqlite:///study.db", "hydra.sweeper.study_name=s"),
        *("hydra.sweeper.sampler.seed=1", "optim.learning_rate=interval(1e-3,1e-1)"),
        *("data.density=choice(0.25,0.5)", "model.n_hidden=2"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("program 1 of 1") == 2
    dataset = store.open(tmp_path / "all")
    assert dict(dataset["status"].sizes) == {"job": 6}
    assert not (tmp_path / "outputs/optimization_results.yaml").exists()
    best = yaml.safe_load((tmp_path / "all/optimization_results.yaml").read_text())
    assert best["best_value"] == pytest.approx(dataset["loss"].isel(step=-1).min().item())
    at = int(np.argmin(dataset["loss"].isel(step=-1).values))
    rate = dataset["learning_rate"][at].item()
    assert best["best_params"]["optim.learning_rate"] == pytest.approx(rate)
    params = " ".join(f"{key}={value}" for key, value in best["best_params"].items())
    line = f"loss {best['best_value']:.6g} at {params}"
    assert f"best    {line}\n" in done.stdout
    assert line in (tmp_path / "all/index.html").read_text()


DIVERGING = (
    *("hydra.sweeper.n_trials=8", "hydra.sweeper.n_jobs=2", "hydra.sweeper.sampler.seed=1"),
    *("fit.n_steps=8", "optim=sgd", "optim.learning_rate=choice(0.01,1e30)", "seed=range(0,3)"),
)


def test_a_search_goes_on_after_a_trial_that_diverged(tmp_path):
    done = optuna(tmp_path, *DIVERGING)
    assert done.returncode == 3, done.stderr
    status = store.open(tmp_path / "all")["status"]
    assert (status == "ok").any()
    assert (status != "ok").any()
    assert len([*tmp_path.glob("outputs/train/*/result.json")]) == len({*status["job"].values})
    best = yaml.safe_load((tmp_path / "all/optimization_results.yaml").read_text())
    assert best["best_params"]["optim.learning_rate"] == 0.01
    assert done.stdout.splitlines()[-1].startswith("best    loss ")


def test_a_search_that_is_to_end_says_why(tmp_path):
    done = optuna(tmp_path, *DIVERGING, "hydra.sweeper.max_failure_rate=0.25")
    assert done.returncode == 3, done.stderr
    n_jobs = len([*tmp_path.glob("outputs/train/*/result.json")])
    assert n_jobs < 8
    assert done.stdout.splitlines()[-1].startswith("search  ended after ")
    assert "of 8 jobs, as too many of the last ones failed" in done.stdout
    assert done.stdout.endswith("hydra.sweeper.max_failure_rate=1 goes on\n")


def test_a_search_without_any_value_fails_like_its_jobs(tmp_path):
    rates = "optim.learning_rate=choice(1e29,1e30)"
    done = optuna(tmp_path, *DIVERGING[:-2], rates, "hydra.sweeper.n_trials=2")
    assert done.returncode == 3, done.stderr
    assert "of 2 jobs failed" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("search  none of the 2 jobs has a value")
