"""The command line in this process, as if the process were its own."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import absl.logging
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig


@contextmanager
def new_process(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """Hydra as it starts, a folder to be in, and signals that are handled as before."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # Hydra closes all logging handlers, and absl's its stream: pytest's stderr, if imported then.
    absl_handler = absl.logging.get_absl_handler().python_handler
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDRA_FULL_ERROR", os.environ.get("HYDRA_FULL_ERROR", "0"))
        patch.setattr(HydraConfig.instance(), "cfg", None)
        patch.setattr(absl_handler, "stream", sys.__stderr__)
        patch.chdir(folder)
        yield patch
        for number, handler in handlers.items():
            signal.signal(number, handler)
        GlobalHydra.instance().clear()


@pytest.fixture
def as_new_process(tmp_path: Path) -> Iterator[None]:
    """Hydra as it starts, an empty folder to be in, and signals that are handled as before."""
    with new_process(tmp_path):
        yield
