"""`python -m experiments -m hydra/launcher=vmap` in this process, in an empty folder."""

import os
import signal
import sys
from typing import NamedTuple

import absl.logging
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

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
def launch(monkeypatch, tmp_path, capsys):
    """Run a multirun of tiny jobs with these words."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", os.environ.get("HYDRA_FULL_ERROR", "0"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)  # as in a new process
    # Hydra closes all logging handlers, and absl's its stream: pytest's stderr, if imported then.
    absl_handler = absl.logging.get_absl_handler().python_handler
    monkeypatch.setattr(absl_handler, "stream", sys.__stderr__)
    monkeypatch.chdir(tmp_path)

    def run(*words, experiment="train"):
        chosen = ("-m", "hydra/launcher=vmap", f"experiment={experiment}", *TINY)
        monkeypatch.setattr(sys, "argv", ["experiments", *chosen, *words])
        code = main()
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)
    GlobalHydra.instance().clear()
