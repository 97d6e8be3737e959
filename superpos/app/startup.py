"""JAX as the command line wants it: all cores at work, and compiled programs kept."""

import os
from pathlib import Path

import jax

from superpos.app.jobs import UsageError


def start_jax() -> None:
    """Set JAX up for this process, before its first use; what the environment says has its way.

    On a CPU every core is a device, since one device does not keep two cores busy with models as
    small as these: JAX_NUM_CPU_DEVICES is another number. Compiled programs are kept in the user's
    cache folder: JAX_COMPILATION_CACHE_DIR is another folder, JAX_ENABLE_COMPILATION_CACHE=false
    keeps none.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        use_all_cores()
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        _keep_programs(cache_folder())


def check_devices() -> None:
    """Start the devices that JAX is to use.

    Raises:
        UsageError: they are not there; one line.
    """
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        name = os.environ.get("JAX_PLATFORMS", "")
        reason = " ".join(str(error).split("(set")[0].split()) or f"no {name} here"
        raise UsageError(
            f"JAX_PLATFORMS={name}: expected devices that are there ({reason})"
        ) from None


def use_all_cores() -> None:
    """Make every core a CPU device."""
    jax.config.update("jax_num_cpu_devices", n_cores())


def n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_folder() -> Path:
    """Where compiled programs are kept: native code, so for this user's eyes only."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "superpos" / "xla"


def _keep_programs(folder: Path) -> None:
    """Keep compiled programs in a folder; without one, as on a read-only home, none are kept."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
