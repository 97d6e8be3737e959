"""Compose all jobs, have them trained together, and replay each through Hydra's own run_job."""

import dataclasses
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, configure_log, env_override, run_job, setup_globals
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_plugins.superpos_launcher._compose import Composer, refuse_hydra_keys

JOBS_PER_COLLECTION = 1000


@dataclasses.dataclass(frozen=True)
class Launch:
    """What an application is told of the multirun besides its jobs.

    Attributes:
        options: settings of the launcher.
        sweep_dir: hydra.sweep.dir.
        arguments: overrides of the command line, as typed.
        swept: keys that the sweeper varies, in the order given; empty where it does not say.
    """

    options: Mapping[str, Any]
    sweep_dir: str
    arguments: Sequence[str]
    swept: Sequence[str]


def launch(launcher: Any, job_overrides: Sequence[Sequence[str]], first: int) -> list[JobReturn]:
    """Train and replay one batch of jobs, `VmapLauncher.launch`."""
    setup_globals()
    config, context = launcher.config, launcher.context
    app = getattr(launcher.task_function, "vmap", None)
    if app is None:
        raise HydraException(
            "hydra/launcher=vmap: this application trains one job at a time, expected a task"
            " function with an attribute `vmap`"
        )
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    configs = list(_compose(context.config_loader, config, job_overrides, first))
    jobs = [_under(each, app.prepare) for each in configs]
    about = Launch(
        options={name: _plain(value) for name, value in launcher.options.items()},
        sweep_dir=str(config.hydra.sweep.dir),
        arguments=OmegaConf.to_container(config.hydra.overrides.task, resolve=False),
        swept=_swept(context.config_loader, config),
    )
    with env_override(_shared_environment(configs)):
        finishes = app.run(jobs, about)
    returns = []
    with _few_collections():
        for each, finish in zip(configs, finishes, strict=True):
            returns.append(_replay(context, each, finish))
            configure_log(config.hydra.hydra_logging, config.hydra.verbose)
            if len(returns) % JOBS_PER_COLLECTION == 0:
                gc.collect()
    return returns


@contextmanager
def _few_collections() -> Iterator[None]:
    """Leave the collector out: it would go through the configs of all jobs again and again."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _compose(
    loader: Any, master: DictConfig, job_overrides: Sequence[Sequence[str]], first: int
) -> Iterator[DictConfig]:
    composer = Composer(loader, master)
    for number, overrides in enumerate(job_overrides, first):
        refuse_hydra_keys(overrides)
        config = composer.compose(overrides)
        with open_dict(config):
            config.hydra.job.id = str(number)
            config.hydra.job.num = number
        yield config


def _under(config: DictConfig, function: Callable[[DictConfig], Any]) -> Any:
    """Call a function while ${hydra:...} means that of the job."""
    holder: Any = HydraConfig.instance()
    before = holder.cfg
    holder.cfg = config  # set_config would copy it
    try:
        return function(config)
    finally:
        holder.cfg = before


def _replay(context: Any, config: DictConfig, finish: Callable[[], Any]) -> JobReturn:
    return run_job(
        hydra_context=context,
        task_function=lambda _: finish(),
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def _shared_environment(configs: Sequence[DictConfig]) -> dict[str, str]:
    """hydra.job.env_set, which all jobs must agree on."""
    found = [
        _under(config, lambda c: OmegaConf.to_container(c.hydra.job.env_set, resolve=True))
        for config in configs
    ]
    for other in found[1:]:
        if other != found[0]:
            name = min(key for key in {*found[0], *other} if found[0].get(key) != other.get(key))
            raise HydraException(
                f"hydra.job.env_set.{name}={other.get(name)}: a job of its own environment,"
                " expected the same for all jobs of hydra/launcher=vmap"
            )
    return found[0] if found else {}


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _swept(loader: Any, master: DictConfig) -> list[str]:
    """Keys with several values on the command line or in the sweeper's own settings."""
    parser = OverridesParser.create(config_loader=loader)
    typed = parser.parse_overrides([*master.hydra.overrides.task])
    keys = [override.key_or_group for override in typed if override.is_sweep_override()]
    for name in ("params", "search_space"):
        keys += (OmegaConf.select(master, f"hydra.sweeper.{name}") or {}).keys()
    return list(dict.fromkeys(str(key).lstrip("+~") for key in keys))
