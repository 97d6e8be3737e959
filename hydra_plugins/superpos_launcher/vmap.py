"""`hydra/launcher=vmap`: all jobs of a multirun in one call, for an app that can train them so.

Hydra imports this module at the start of every application on the machine, so it imports little.

The task function says that it can by an attribute `vmap`, an object with two methods:

    prepare(config) -> job             what is needed of a composed config; HydraConfig is that of
                                       the job, but for hydra.runtime.output_dir
    run(jobs, launch) -> [finish, ...]  train all; each finish, a function without arguments, is
                                       called as the task of its job, in its folder, and returns
                                       the job's value or raises its failure
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class VmapLauncherConf:
    """Settings of the launcher, `hydra.launcher.<name>`.

    Attributes:
        folder: the folder of the multirun; None is one in hydra.sweep.dir, named after the
            command line.
        engine: where members are trained: in this process ("local"), in jobs of a cluster
            ("submitit"), or on the workers of a Ray cluster ("ray").
        n_parts: parts that a group of members is split into, for submitit and ray.
        retries: how often a part is given to another worker when its worker is lost.
        submitit: parameters of submitit's executor, such as slurm_partition; `cluster` and
            `folder` are those of its constructor.
        ray: arguments of ray.init, such as address.
    """

    _target_: str = "hydra_plugins.superpos_launcher.vmap.VmapLauncher"
    folder: str | None = None
    engine: str = "local"
    n_parts: int = 2
    retries: int = 2
    submitit: dict[str, Any] = field(default_factory=dict)
    ray: dict[str, Any] = field(default_factory=dict)


ConfigStore.instance().store(
    group="hydra/launcher", name="vmap", node=VmapLauncherConf, provider="superpos"
)


class VmapLauncher(Launcher):
    """Composes the jobs, has the application train them together, and replays each as a job."""

    def __init__(self, **options: Any) -> None:
        """Keep the settings.

        Args:
            **options: the fields of VmapLauncherConf.
        """
        self.options = options

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take what Hydra gives to a launcher."""
        self.context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Train the jobs of one batch of the sweeper.

        Args:
            job_overrides: the overrides of each job.
            initial_job_idx: number of the first.

        Returns:
            One JobReturn per job, in their order.

        Raises:
            HydraException: the application or the jobs cannot be launched in this way.
        """
        from hydra_plugins.superpos_launcher._launch import launch

        return launch(self, job_overrides, initial_job_idx)
