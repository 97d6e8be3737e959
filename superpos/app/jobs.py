"""What is said of a job between Hydra and what runs it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOUND = "optimization_results.yaml"
"""The file that Hydra's sweepers write at the end of a search, into hydra.sweep.dir."""
REFUSED = 2
"""The exit code of what was refused."""


class UsageError(Exception):
    """A command line that cannot be composed, or that may not be acted on; a line each."""


class JobError(Exception):
    """A job that has no value for its sweeper; what it was is told in one line."""


class Outcome(NamedTuple):
    """What a job came to: its exit code, and the value that a sweeper optimises."""

    code: int
    value: Any = None


class Launch(NamedTuple):
    """A multirun, as `hydra/launcher=vmap` hands it over.

    Attributes:
        folder: where the multirun is kept.
        swept: dotted keys that its jobs vary, empty where the sweeper does not say.
        options: settings of the launcher, hydra.launcher.
        sweeper: settings of the sweeper, hydra.sweeper.
        n_jobs: jobs that the sweeper is to send in all, None where it does not say.
        found: where a sweeper that searches writes what it has found.
        command: the command line.
    """

    folder: Path
    swept: Sequence[str]
    options: Mapping[str, Any]
    sweeper: Mapping[str, Any]
    n_jobs: int | None
    found: Path
    command: str


Task = Callable[[dict[str, Any]], Outcome]
Check = Callable[[dict[str, Any]], None]
Finish = Callable[[Path], Any]
Batch = Callable[[Sequence[dict[str, Any]], Launch], Sequence[Finish]]
