"""What the bits of a result depend on besides its configuration."""

import os
from importlib import metadata
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
        "threads": str(_threads(device.platform)),
        "x64": str(config.jax_enable_x64),
        "matmul_precision": str(config.jax_default_matmul_precision),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }


def _threads(platform: str) -> int:
    """Threads that XLA splits a product over: those of NPROC or the machine, one a CPU device."""
    n_threads = int(os.environ.get("NPROC", os.cpu_count() or 1))
    return max(n_threads, jax.local_device_count()) if platform == "cpu" else n_threads
