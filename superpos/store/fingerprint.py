"""What the bits of a result depend on besides its configuration."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import jax


def fingerprint() -> dict[str, str]:
    """Versions, device and settings under which a member is the same bit for bit.

    Returns:
        Name -> text. The width of a chunk and its program are added by the sweep.
    """
    device = jax.local_devices()[0]
    config: Any = jax.config  # its options are not typed
    return {
        "superpos": metadata.version("superpos"),
        "jax": metadata.version("jax"),
        "jaxlib": metadata.version("jaxlib"),
        "device": f"{device.platform}: {device.device_kind}",
        "isa": instructions() if device.platform == "cpu" else "",
        "threads": str(_threads(device.platform)),
        "x64": str(config.jax_enable_x64),
        "matmul_precision": str(config.jax_default_matmul_precision),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }


def instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The class of this CPU's instruction set, as far as it changes the bits of a result.

    Code for x86 multiplies and adds in one rounding where the CPU can, in AVX2 and AVX-512 alike,
    and in two roundings where it cannot.

    Args:
        cpuinfo: where Linux lists what the CPU can do.
    """
    machine = platform.machine()
    if machine != "x86_64" or not cpuinfo.exists():
        return machine
    flags = next((line for line in cpuinfo.read_text().splitlines() if "flags" in line), "")
    return f"{machine}, {'' if 'fma' in flags.split() else 'no '}fma"


def _threads(kind: str) -> int:
    """Threads that XLA splits a product over: those of NPROC or the machine, one a CPU device."""
    n_threads = int(os.environ.get("NPROC", os.cpu_count() or 1))
    return max(n_threads, jax.local_device_count()) if kind == "cpu" else n_threads
