"""The command line in this process, as if the process were its own."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import absl.logging
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig


@pytest.fixture
def as_new_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Hydra as it starts, an empty folder to be in, and signals that are handled as before."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", os.environ.get("HYDRA_FULL_ERROR", "0"))
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
    # Hydra closes all logging handlers, and absl's its stream: pytest's stderr, if imported then.
    absl_handler = absl.logging.get_absl_handler().python_handler
    monkeypatch.setattr(absl_handler, "stream", sys.__stderr__)
    monkeypatch.chdir(tmp_path)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    GlobalHydra.instance().clear()
