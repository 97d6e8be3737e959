"""Where and when it was measured, and how JAX is set up for it."""

import importlib.util
import os
import platform
import time
from importlib import metadata
from pathlib import Path

import jax

from superpos.app.startup import n_cores, use_all_cores
from superpos.store.fingerprint import fingerprint

CPU_INFO = Path("/proc/cpuinfo")


def set_up() -> None:
    """A CPU device for each core, no cache of compiled programs, products in float32.

    Before JAX is first used; JAX leaves memory of a GPU to PyTorch.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    use_all_cores()
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_enable_compilation_cache", False)


def machine() -> dict[str, str]:
    """Name -> text: processor, cores, date and versions."""
    torch = importlib.util.find_spec("torch") is not None
    return {
        "cpu": cpu_name(CPU_INFO.read_text() if CPU_INFO.exists() else ""),
        "cores": str(n_cores()),
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "torch": metadata.version("torch") if torch else "missing",
        **fingerprint(),
    }


def cpu_name(text: str) -> str:
    """Model name in the text of /proc/cpuinfo, or else what Python knows."""
    rows = (line.partition(":") for line in text.splitlines())
    names = [value.strip() for key, _, value in rows if key.strip() == "model name"]
    return names[0] if names else platform.processor() or platform.machine()
