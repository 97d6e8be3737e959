"""A sweeper that searches, such as Optuna: what it has found, or why it has found nothing."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from superpos.app.config.yaml_files import read_yaml
from superpos.app.jobs import Launch
from superpos.arguments import shown
from superpos.store import files
from superpos.store.bounded import read_bytes

RATE = "max_failure_rate"
"""Setting of the sweeper: the part of a batch that may fail before the search ends."""


class Search:
    """What comes of a search. The sweeper itself belongs to Hydra, and writes a file at its end."""

    def __init__(self, launch: Launch) -> None:
        """Remember what other searches have left.

        Args:
            launch: of the multirun, before its first job.
        """
        self._launch = launch
        self._before = _written(launch.found)

    def take(self) -> Path | None:
        """Move what the sweeper has written into the folder of the multirun.

        Returns:
            Where it is now; None where the sweeper has not written anything.
        """
        source = self._launch.found
        if _written(source) in (None, self._before):
            return None
        target = self._launch.folder / source.name
        files.commit(target, read_bytes(source) or b"")
        source.unlink()
        return target

    def early_end(self, n_jobs: int, n_failed: int) -> str | None:
        """Why the sweeper has ended without an answer, in a line; None where it has not.

        Args:
            n_jobs: jobs that it has sent.
            n_failed: how many of them failed.
        """
        wanted, rate = self._launch.n_jobs, self._launch.sweeper.get(RATE)
        if wanted is None or not n_failed:
            return None
        ended = f"ended after {n_jobs:,} of {wanted:,} jobs, as too many of the last ones failed"
        if rate is None:
            return f"{ended}; hydra/sweeper=grid goes on" if n_jobs < wanted else None
        if rate < 1:
            key = f"hydra.sweeper.{RATE}"
            return f"search  {ended} for {key}={rate}; {key}=1 goes on"
        return f"search  none of the {n_jobs:,} jobs has a value, so that there is no best trial"


def wrong_directions(launch: Launch, objective: str | Sequence[str]) -> Iterator[str]:
    """A line where a sweeper does not expect as many values as a job has.

    Args:
        launch: of the multirun.
        objective: of the config.
    """
    direction = launch.sweeper.get("direction")
    n_directions = len(direction) if isinstance(direction, list) else 1
    n_values = 1 if isinstance(objective, str) else len(objective)
    if direction is not None and n_directions != n_values:
        yield (
            f"objective={shown(objective)}: expected {n_directions}, as hydra.sweeper.direction"
            f" has {n_directions}"
        )


def best_of(found: Path, objective: str | Sequence[str]) -> list[str]:
    """The best trial, or each that no other is better than in all respects, in a line.

    Args:
        found: what Optuna has written; there is no line where another sweeper has.
        objective: of the config.

    Raises:
        StoreError: the file is not as Optuna writes it; one line.
    """
    content = read_yaml(found)
    if content.get("name") != "optuna":
        return []
    if "solutions" in content:
        return [_line(each["params"], each["values"], objective) for each in content["solutions"]]
    return [_line(content["best_params"], [content["best_value"]], [objective])]


def _line(params: Mapping[str, Any], values: Sequence[float], names: Sequence[Any]) -> str:
    measured = ", ".join(f"{name} {value:.6g}" for name, value in zip(names, values, strict=True))
    return f"{measured} at {' '.join(f'{key}={value}' for key, value in params.items())}"


def _written(path: Path) -> int | None:
    """When a file was written, in nanoseconds; None where there is none."""
    return path.stat().st_mtime_ns if path.is_file() else None
