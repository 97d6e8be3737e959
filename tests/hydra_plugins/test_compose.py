"""Configs that were not composed from files are those that would have been."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from hydra_plugins.superpos_launcher import _compose
from hydra_plugins.superpos_launcher._compose import Composer

JOBS = [
    ["experiment=train", "data.density=0.1", "seed=0"],
    ["experiment=train", "data.density=1e-2", "seed=1"],
    ["experiment=train", "seed=4294967295", "data.density=0.25"],
    ["experiment=train", "model.n_hidden=3", "model.error.importance=[1,0.5,0.25,0.1,0.1]"],
    ["experiment=train", "optim=sgd", "optim.learning_rate=0.3"],
    ["experiment=train", "optim=sgd", "optim.learning_rate=0.4"],
    ["experiment=train", "+sweep.optim.eps=[1e-8,1e-6]"],
    ["experiment=elhage/intro", "fit.n_steps=20", "title='a: b, c=d'"],
    ["experiment=elhage/intro", "fit.n_steps=30", "output_dir=x/y"],
    ["experiment=elhage/phase_change", "schedule=cosine", "~variants"],
    ["experiment=train", "model.error.importance=null", "points=[{seed: 1}]"],
]


def text(config):
    return OmegaConf.to_yaml(config)


@pytest.mark.slow
def test_every_job_has_the_config_of_stock_composition(loader_and_master):
    composer = Composer(*loader_and_master)
    loader, master = loader_and_master
    for job in JOBS + JOBS[::-1]:
        assert text(composer.compose(job)) == text(loader.load_sweep_config(master, job))


def test_files_are_read_once_for_jobs_that_differ_in_values(loader_and_master, monkeypatch):
    loader, master = loader_and_master
    composer = Composer(loader, master)
    composer.compose(["experiment=train", "seed=0"])
    monkeypatch.setattr(loader, "load_sweep_config", lambda *_: pytest.fail("read files"))
    for seed in range(1, 4):
        config = composer.compose(["experiment=train", f"seed={seed}", "data.density=0.5"])
        assert (config.seed, config.data.density) == (seed, 0.5)


def test_configs_share_nothing(loader_and_master):
    composer = Composer(*loader_and_master)
    first, second = (composer.compose(["experiment=train", f"seed={n}"]) for n in (1, 2))
    third = composer.compose(["experiment=train", "seed=3"])
    second.data.density = 0.125
    assert (first.data.density, third.data.density) == (1.0, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["_apply", "_dirname"])
def test_without_the_steps_of_hydra_all_is_composed_from_files(
    loader_and_master, monkeypatch, missing
):
    monkeypatch.setattr(_compose, missing, None)
    loader, master = loader_and_master
    composer = Composer(loader, master)
    for job in JOBS[:3]:
        assert text(composer.compose(job)) == text(loader.load_sweep_config(master, job))


def test_where_the_ways_differ_files_win(loader_and_master, monkeypatch):
    loader, master = loader_and_master
    monkeypatch.setattr(_compose, "_apply", lambda overrides, config: None)  # loses every value
    composer = Composer(loader, master)
    for job in JOBS[:3]:
        assert text(composer.compose(job)) == text(loader.load_sweep_config(master, job))


def test_the_plugins_are_found_as_files_and_by_entry_points():
    import importlib.metadata

    points = importlib.metadata.entry_points(group="hydra.plugins")
    ours = {point.name: point.load().__name__ for point in points}
    assert ours["vmap"] == "VmapLauncher"
    assert ours["grid"] == "GridSweeper"
    assert not (Path(_compose.__file__).parents[1] / "__init__.py").exists()
