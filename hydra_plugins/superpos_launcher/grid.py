"""`hydra/sweeper=grid`: the basic sweeper, with every batch launched and each job composed once."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper, BasicSweeperConf
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString
from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import HydraException
from omegaconf import OmegaConf

MOST_JOBS = 100_000


@dataclass
class GridSweeperConf(BasicSweeperConf):
    """Settings of the sweeper: those of the basic one."""

    _target_: str = "hydra_plugins.superpos_launcher.grid.GridSweeper"


ConfigStore.instance().store(
    group="hydra/sweeper", name="grid", node=GridSweeperConf, provider="superpos"
)


class GridSweeper(BasicSweeper):
    """All combinations of the values given.

    Unlike the basic sweeper it leaves composing to the launcher, which does it once instead of
    twice; a failed job does not keep later batches from running; and a product that is empty or
    too large is refused before it is formed.
    """

    def sweep(self, arguments: list[str]) -> Any:
        """Launch all batches.

        Args:
            arguments: overrides, some with several values.

        Returns:
            The JobReturns of each batch.

        Raises:
            HydraException: there are no jobs, or too many.
            Exception: the first failure, after all batches have run.
        """
        assert self.config is not None
        assert self.launcher is not None
        assert self.hydra_context is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        _check_count(overrides)
        returns = []
        for batch in self.split_arguments(overrides, self.max_batch_size):
            n_before = sum(map(len, returns))
            returns.append(self.launcher.launch(batch, initial_job_idx=n_before))
        if any(_has_folder(job) for job in chain.from_iterable(returns)):
            folder = Path(self.config.hydra.sweep.dir)
            folder.mkdir(parents=True, exist_ok=True)
            OmegaConf.save(self.config, folder / "multirun.yaml")
        for job in chain.from_iterable(returns):
            if job.status is JobStatus.FAILED:
                _ = job.return_value  # raises
        return returns


def _has_folder(job: JobReturn) -> bool:
    """Whether a job left something: an application may forget one that it refused."""
    return job.hydra_cfg is None or Path(job.hydra_cfg.hydra.runtime.output_dir).is_dir()


def _check_count(overrides: list[Override]) -> None:
    """Refuse a product of no jobs, of the same job twice, or of so many that it would never end."""
    n_jobs = math.prod(lengths(overrides).values())
    if n_jobs > MOST_JOBS:
        raise HydraException(
            f"{n_jobs:,} jobs: expected at most {MOST_JOBS:,}; axes inside one job cost less"
        )


def refuse_twice(
    read: Callable[[str], Override], words: Sequence[str], sweeper: Mapping[str, Any]
) -> None:
    """Refuse values that would make the same job twice, whatever sweeper makes the jobs.

    Args:
        read: a word -> what Hydra reads in it.
        words: of the command line.
        sweeper: its settings, which may have values of keys too.

    Raises:
        HydraException: as of `lengths`.
    """
    own = sweeper.get("params") or {}
    lengths([read(word) for word in (*words, *(f"{key}={own[key]}" for key in own))])


def lengths(overrides: Sequence[Override]) -> dict[str, int]:
    """How many values each key has that has several.

    Raises:
        HydraException: a key is there twice, or has no value, or one of them twice.
    """
    found: dict[str, int] = {}
    for override in overrides:
        if override.is_sweep_override() and override.is_discrete_sweep():
            if override.key_or_group in found:
                raise HydraException(f"{override.input_line}: expected each key once")
            found[override.key_or_group] = n_values = _n_values(override)
            if not n_values:
                raise HydraException(f"{override.input_line}: no values, expected one or more")
    return found


def _n_values(override: Override) -> int:
    """How many values an override gives; those of a range are not made.

    Raises:
        HydraException: one of them is there twice, and so would a job be.
    """
    sweep: Any = override.value()
    if override.is_range_sweep():
        if not sweep.step:
            raise HydraException(f"{override.input_line}: expected a step other than 0")
        return max(0, math.ceil((sweep.stop - sweep.start) / sweep.step))
    values: set[Any] = set()
    for value in override.sweep_iterator():
        value = value.text if isinstance(value, QuotedString) else value
        same = value if isinstance(value, (int, float)) else repr(value)  # 1 is 1.0
        if (isinstance(same, bool), same) in values:
            raise HydraException(f"{override.input_line}: {value} is there twice, expected once")
        values.add((isinstance(same, bool), same))
    return len(values)
