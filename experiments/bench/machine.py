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

CPU_INFO, STATUS = Path("/proc/cpuinfo"), Path("/proc/self/status")


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


def resident_peak() -> int:
    """Most bytes resident so far; the ru_maxrss of getrusage would begin at the parent's."""
    line = next(row for row in STATUS.read_text().splitlines() if row.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def cpu_name(text: str) -> str:
    """Model name in the text of /proc/cpuinfo, or else what Python knows."""
    rows = (line.partition(":") for line in text.splitlines())
    names = [value.strip() for key, _, value in rows if key.strip() == "model name"]
    return names[0] if names else platform.processor() or platform.machine()
