"""`python -m experiments -m hydra/launcher=vmap` in this process, in an empty folder."""

import shutil
import sys
from typing import NamedTuple

import pytest

from superpos.app.command import main
from tests.superpos.app.conftest import new_process

TINY = (
    *("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8"),
    *("engine.chunk=4", "hydra.launcher.folder=all"),
)
GRID = ("data.density=0.25,0.5", "model.n_hidden=2,3", "seed=range(3)")
"""Twelve jobs, in two groups."""


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def launch(as_new_process, monkeypatch, capsys):
    """Run a multirun of tiny jobs with these words."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words, experiment="train"):
        chosen = ("-m", "hydra/launcher=vmap", f"experiment={experiment}", *TINY)
        monkeypatch.setattr(sys, "argv", ["experiments", *chosen, *words])
        code = main()
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder in which the multirun of GRID was run once; not to be changed."""
    folder = tmp_path_factory.mktemp("trained")
    with new_process(folder) as patch:
        patch.setattr(sys, "argv", ["experiments", "-m", "hydra/launcher=vmap", *TINY, *GRID])
        assert main() == 0
    return folder


@pytest.fixture
def copied(trained, tmp_path):
    """A copy of that folder to be in, with its times."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path / "all"
