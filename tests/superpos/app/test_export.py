"""The command that exports results."""

import subprocess
import sys
from pathlib import Path

import jax
import pytest
import xarray

from superpos import data, models, optim
from superpos.app import command
from superpos.store import multirun
from superpos.store.folder import read_sweep
from superpos.store.multirun import Members
from superpos.train import FitSpec, StoreError, store, sweep, training

ROOT = Path(__file__).resolve().parents[3]


def main(words: list[str]) -> int:
    return command.main(["export", *words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A multirun of two members, one of which is not trained."""

    def build(point):
        source = data.sparse_uniform(n_features=3, density=point["data.density"])
        return training(
            model=models.autoencoder(n_features=3, n_hidden=2),
            source=source,
            tx=optim.sgd(learning_rate=0.1),
            probe=lambda params, state, key: {},
            spec=FitSpec(n_steps=2, batch_size=4, log_every=1),
        )

    folder = tmp_path_factory.mktemp("multirun")
    axes = {"data.density": [0.5]}
    sweep(build, key=jax.random.key(0), axes=axes, store=folder / "groups" / "g", spec={"a": 1})
    header, grid, _ = read_sweep(folder / "groups" / "g")
    ids = [member.decode() for member in grid.member_ids(header["spec"])]
    values = {"data.density": [0.5, 0.1]}
    multirun.write(folder, Members((*values,), values, [*ids, "f" * 16], ["g", "g"]), {"a": 1})
    return folder


@pytest.mark.slow
def test_one_line_says_what_was_written(folder, tmp_path, capsys):
    path = tmp_path / "results.nc"
    assert main([str(folder), str(path)]) == 0
    assert capsys.readouterr() == (f"{path}: 2 members, 1 of them missing\n", "")
    with xarray.open_dataset(path, engine="h5netcdf") as opened:
        xarray.testing.assert_identical(opened.load(), store.open(folder))


def test_what_is_refused_is_one_line_with_exit_code_2(folder, tmp_path, capsys):
    (tmp_path / "taken.csv").write_text("mine")
    for arguments, words in [
        ((tmp_path, tmp_path / "a.csv"), "multirun.json"),
        ((folder, tmp_path / "a.txt"), ".zarr, .nc, .parquet, .csv or .safetensors"),
        ((folder, tmp_path / "taken.csv"), "already"),
    ]:
        assert main([str(argument) for argument in arguments]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("superpos: ") and err.count("\n") == 1 and words in err
    assert (tmp_path / "taken.csv").read_text() == "mine"


@pytest.mark.parametrize("arguments", [[], ["a"], ["a", "b", "c"], ["--what", "a", "b"]])
def test_wrong_arguments_are_one_line_with_exit_code_2(arguments, capsys):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("superpos: ") and err.count("\n") == 1


@pytest.mark.slow
def test_it_runs_as_a_program(folder, tmp_path):
    command = [sys.executable, "-m", "superpos.app", "export"]
    for file, code in ((tmp_path / "a.csv", 0), (tmp_path / "a.csv", 2)):
        done = subprocess.run(
            [*command, folder, file], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert (done.stdout + done.stderr).count("\n") == 1
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "density,group,status,diverged_step,step,train_loss"
    assert len(lines) == 3


def test_a_damaged_multirun_is_refused(folder, tmp_path, capsys):
    (tmp_path / "multirun.json").write_text("{}")
    with pytest.raises(StoreError):
        store.open(tmp_path)
    assert main([str(tmp_path), str(tmp_path / "a.csv")]) == 2
    assert "damaged" in capsys.readouterr().err
