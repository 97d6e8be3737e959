"""`python -m experiments -m hydra/launcher=vmap` in this process, in an empty folder."""

import sys
from typing import NamedTuple

import pytest

from experiments.__main__ import main

TINY = (
    *("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "probe.batch_size=8"),
    *("engine.chunk=4", "hydra.launcher.folder=all"),
)


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
