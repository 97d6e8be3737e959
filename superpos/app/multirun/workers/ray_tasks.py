"""Workers of Ray: each part is a task."""

import inspect
import ipaddress
import os
import signal
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from superpos.app.config.sweep_plan import ConfigError
from superpos.app.multirun import worker
from superpos.app.multirun.workers.pool import LostError, Payload, Sent, WorkerPool, first_line
from superpos.arguments import did_you_mean

KEY = "hydra.launcher.ray"
QUIET = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}
TASK = {"max_calls": 1, "max_retries": 0, "scheduling_strategy": "SPREAD"}
"""A process serves one task: JAX can be set up once, and keeps the memory of a device."""
HIDDEN = (
    *("_memory", "_metrics_export_port", "_node_ip_address", "_node_name", "_plasma_directory"),
    *("_object_spilling_directory", "_redis_password", "_redis_username", "_system_config"),
    "_temp_dir",
)
"""Arguments that ray.init takes but does not show in its signature."""
SEVERAL_MACHINES = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Where it is 0, Ray's processes listen on the loopback interface only; read at its import."""


def wrong_settings(settings: Mapping[str, Any]) -> Iterator[str]:
    """What Ray does not take, a line each; no cluster is started for that.

    Args:
        settings: as of `ray_tasks`.
    """
    ray = _imported(settings)
    shown = inspect.signature(ray.init).parameters.values()
    known = [each.name for each in shown if each.kind is not inspect.Parameter.VAR_KEYWORD]
    known += [*HIDDEN, "remote"]
    for name, value in settings.items():
        if name not in known:
            yield f"{KEY}.{name}={value}: unknown key{did_you_mean(name, known)}"
    remote = settings.get("remote", {})
    if not isinstance(remote, Mapping):
        yield f"{KEY}.remote={remote}: expected what a task asks for, such as num_gpus"
        return
    try:
        ray.remote(**{**TASK, **remote})(worker.train_alone)
    except (TypeError, ValueError, AssertionError) as error:
        yield f"{KEY}.remote: {first_line(error)}"


def ray_tasks(settings: Mapping[str, Any], folder: Path) -> WorkerPool:
    """Connect to a Ray cluster, or start one on this machine, with the first part.

    Args:
        settings: `remote` is what a task asks for, such as num_gpus; the rest is for ray.init,
            where a cluster is started on this machine unless `address` or the environment variable
            RAY_ADDRESS names another; nothing is wrong with them.
        folder: not used.
    """
    del folder
    ray = _imported(settings)
    from ray.exceptions import RayError, RayTaskError

    wanted = {**TASK, **settings.get("remote", {})}

    def submit(part: Payload) -> Sent:
        try:
            if not ray.is_initialized():
                _start(ray, settings)
            reference = ray.remote(**wanted)(worker.train_alone).remote(part)
        except (ValueError, TypeError) as error:
            raise ConfigError([f"{KEY}: {first_line(error)}"]) from None
        except (OSError, RuntimeError) as error:
            raise LostError(f"{KEY}: {first_line(error)}") from None
        future = reference.future()  # ray.wait would take SIGTERM for Ctrl-C
        return Sent(
            done=future.done,
            result=lambda: result(future),
            cancel=lambda: ray.cancel(reference, force=True),
        )

    def result(future: Future[str | None]) -> str | None:
        try:
            return future.result()
        except RayTaskError as error:  # a traceback
            raise LostError(str(error).strip().splitlines()[-1]) from None
        except RayError as error:
            raise LostError(first_line(error)) from None

    return WorkerPool(submit, ray.shutdown)


def _address(settings: Mapping[str, Any]) -> str:
    """Of the cluster; "local" is one of its own on this machine."""
    return settings.get("address") or os.environ.get("RAY_ADDRESS") or "local"


def _is_open(settings: Mapping[str, Any]) -> bool:
    """Tell whether other machines are to reach Ray on this one."""
    return _address(settings) != "local" or "_node_ip_address" in settings


def _imported(settings: Mapping[str, Any]) -> Any:
    """Ray, with what it reads from the environment when it is imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not _is_open(settings):
        os.environ.setdefault(SEVERAL_MACHINES, "0")
    import ray

    return ray


def _start(ray: Any, settings: Mapping[str, Any]) -> None:
    """Call ray.init, which replaces the handler of SIGTERM, and forks, of which JAX warns.

    Raises:
        RuntimeError: the cluster on this machine can be reached from others.
    """
    arguments = {**QUIET, **settings, "address": _address(settings)}
    arguments.pop("remote", None)
    handler = signal.getsignal(signal.SIGTERM)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"os\.fork")
        ray.init(**arguments)
    signal.signal(signal.SIGTERM, handler)
    if not _is_open(settings) and os.environ[SEVERAL_MACHINES] == "0":
        _refuse_reachable(ray)


def _refuse_reachable(ray: Any) -> None:
    """A version of Ray that does not read the environment as expected must not go unnoticed."""
    address = ray.util.get_node_ip_address()
    if not ipaddress.ip_address(address).is_loopback:
        ray.shutdown()
        raise RuntimeError(f"Ray listens on {address}, expected the loopback interface")
