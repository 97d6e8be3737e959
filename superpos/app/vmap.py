"""The other side of `hydra/launcher=vmap`: all jobs of a multirun at once."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from superpos.app.config import written
from superpos.app.jobs import FOUND, Batch, Finish, JobError, Launch


@dataclasses.dataclass(frozen=True)
class Vmap:
    """What `hydra/launcher=vmap` asks of an application.

    Attributes:
        batch: trains all jobs of a multirun.
        command: the command line.
        failures: what was refused, added to.
        finished: has a job finished in its folder.
        prepare: Hydra's config of a job -> the plain one.
        values: whether a job has a value, for those that are finished.
    """

    batch: Batch
    command: str
    failures: list[Exception]
    finished: Callable[[Finish], Any]
    prepare: Callable[[Any], dict[str, Any]]
    values: set[bool] = dataclasses.field(default_factory=set)

    def run(self, jobs: Sequence[dict[str, Any]], launch: Any) -> list[Callable[[], Any]]:
        """Train all jobs; for each what remains to be done in its folder."""
        typed = sorted(
            w for w in launch.arguments if not w.startswith(("experiment=", "output_dir="))
        )
        name = Path(jobs[0]["experiment"], written.folder_name(",".join(typed)))
        folder = Path(launch.options["folder"] or Path(launch.sweep_dir, name)).absolute()
        try:
            about = Launch(
                folder,
                launch.swept,
                launch.options,
                sweeper=launch.sweeper,
                n_jobs=launch.n_jobs,
                found=Path(launch.sweep_dir, FOUND).absolute(),
                command=self.command,
            )
            finishes = self.batch(jobs, about)
        except Exception as error:
            self.failures.append(error)
            raise
        return [functools.partial(self._finish, finish) for finish in finishes]

    def _finish(self, finish: Finish) -> Any:
        try:
            value = self.finished(finish)
        except JobError:
            self.values.add(False)
            raise
        self.values.add(True)
        return value
