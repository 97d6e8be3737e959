"""Compose all jobs, have them trained together, and replay each through Hydra's own run_job."""

import dataclasses
import gc
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, configure_log, env_override, run_job, setup_globals
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_plugins.superpos_launcher._compose import Composer, refuse_hydra_keys
from hydra_plugins.superpos_launcher.grid import lengths

JOBS_PER_COLLECTION = 100
"""Each leaves half a megabyte of configs that refer to each other."""


@dataclasses.dataclass(frozen=True)
class Launch:
    """What an application is told of the multirun besides its jobs.

    Attributes:
        options: settings of the launcher.
        sweeper: settings of the sweeper.
        n_jobs: jobs that the sweeper is to send in all; None where it does not say.
        sweep_dir: hydra.sweep.dir.
        arguments: overrides of the command line, as typed.
        swept: keys that the sweeper varies, in the order given; empty where it does not say.
    """

    options: Mapping[str, Any]
    sweeper: Mapping[str, Any]
    n_jobs: int | None
    sweep_dir: str
    arguments: Sequence[str]
    swept: Sequence[str]


def launch(launcher: Any, job_overrides: Sequence[Sequence[str]], first: int) -> list[JobReturn]:
    """Train and replay one batch of jobs, `VmapLauncher.launch`."""
    setup_globals()
    config, context = launcher.config, launcher.context
    app: Any = getattr(launcher.task_function, "vmap", None)
    if app is None:
        raise HydraException(
            "hydra/launcher=vmap: this application trains one job at a time, expected a task"
            " function with an attribute `vmap`"
        )
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    composer = Composer(context.config_loader, config)
    read = [
        _under(_composed(composer, overrides, number), lambda c: (app.prepare(c), _environment(c)))
        for number, overrides in enumerate(job_overrides, first)
    ]
    about = Launch(
        options={name: _plain(value) for name, value in launcher.options.items()},
        sweeper=_plain(config.hydra.sweeper),
        n_jobs=_n_jobs(context.config_loader, config),
        sweep_dir=str(config.hydra.sweep.dir),
        arguments=_unresolved(config.hydra.overrides.task),
        swept=_swept(context.config_loader, config),
    )
    with env_override(_shared([environment for _, environment in read])):
        finishes = app.run([job for job, _ in read], about)
    returns = []
    with _few_collections():
        for number, (overrides, finish) in enumerate(zip(job_overrides, finishes, strict=True)):
            job = _composed(composer, overrides, first + number)
            returns.append(_replay(context, job, finish))
            if len(returns) % JOBS_PER_COLLECTION == 0:
                gc.collect()
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    return returns


@contextmanager
def _few_collections() -> Iterator[None]:
    """Have the collector run when told, and pass over what is there: it is all still needed."""
    before = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if before:
            gc.enable()


def _composed(composer: Composer, overrides: Sequence[str], number: int) -> DictConfig:
    """The config of a job: composed again when it is needed, as thousands would fill the memory."""
    refuse_hydra_keys(overrides)
    config = composer.compose(overrides)
    with open_dict(config):
        config.hydra.job.id = str(number)
        config.hydra.job.num = number
    return config


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
    """Run a job as Hydra does; of what it returns, sweepers read all but the configs."""
    done = run_job(
        hydra_context=context,
        task_function=lambda _: finish(),
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    done.cfg = done.hydra_cfg = None
    return done


def _environment(config: DictConfig) -> dict[str, str]:
    """hydra.job.env_set of a job."""
    found: Any = OmegaConf.to_container(config.hydra.job.env_set, resolve=True)
    return found


def _shared(environments: Sequence[dict[str, str]]) -> dict[str, str]:
    """The environment that all jobs must agree on."""
    first = environments[0] if environments else {}
    for other in environments:
        if other != first:
            name = min(key for key in {*first, *other} if first.get(key) != other.get(key))
            raise HydraException(
                f"hydra.job.env_set.{name}={other.get(name)}: a job of its own environment,"
                " expected the same for all jobs of hydra/launcher=vmap"
            )
    return first


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _unresolved(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=False)


def _typed(loader: Any, master: DictConfig) -> list[Override]:
    """The overrides of the command line."""
    parser = OverridesParser.create(config_loader=loader)
    return parser.parse_overrides([*master.hydra.overrides.task])


def _n_jobs(loader: Any, master: DictConfig) -> int | None:
    """Trials of a search, or the product of the values that are listed."""
    sweeper = master.hydra.sweeper
    if "n_trials" in sweeper:
        return sweeper.n_trials
    if "max_batch_size" not in sweeper or sweeper.get("params"):
        return None
    return math.prod(lengths(_typed(loader, master)).values())


def _swept(loader: Any, master: DictConfig) -> list[str]:
    """Keys with several values on the command line or in the sweeper's own settings."""
    typed = _typed(loader, master)
    keys = [override.key_or_group for override in typed if override.is_sweep_override()]
    for name in ("params", "search_space"):
        keys += (OmegaConf.select(master, f"hydra.sweeper.{name}") or {}).keys()
    return list(dict.fromkeys(str(key).lstrip("+~") for key in keys))
