"""What is left to do for a job after its members are trained: its files, and its value."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from superpos.app.findings import Findings
from superpos.app.jobs import JobError
from superpos.app.multirun import manifest, training
from superpos.app.multirun.training import Part
from superpos.app.runner import TrainedSweep, report
from superpos.app.search_metric import Value, search_metric, standard_error
from superpos.arguments import ArgumentError
from superpos.store.derived import replace
from superpos.store.grid import make_grid
from superpos.store.table import INVALID, INVALID_STEP
from superpos.train import StoreError

WITHOUT_REPORT = "train"
"""The analysis that has nothing to say of one job; the page of the multirun shows them all."""


class Finishing:
    """Finishes one job when it is called.

    Attributes:
        parts: the sweeps of the job, added as they are trained.
        failure: why the job failed, in a line; None where it did not, or was not finished yet.
        value: of config.objective, once it is finished; None where there is none.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        analyse: Callable[..., Findings],
        store: Path,
        console: Console,
    ) -> None:
        """Start without results.

        Args:
            config: of the job.
            analyse: of its experiment.
            store: folder of the multirun.
            console: where its claims are shown.
        """
        self.parts: list[Part] = []
        self.failure: str | None = None
        self.value: Value = None
        self._config = config
        self._analyse = analyse
        self._store = store
        self._console = console

    def __call__(self, folder: Path) -> Value:
        """Write `result.json`, and figures and claims where the experiment has any.

        Args:
            folder: of the job.

        Returns:
            The value of config.objective.

        Raises:
            JobError: the job has no value.
        """
        failed = (part.trained for part in self.parts if isinstance(part.trained, str))
        reasons = list(dict.fromkeys(failed))
        value, deviation = (None, None) if reasons else self._value()
        self.value = value
        reasons += [reason for part in self.parts for reason in _diverged(part)]
        self.failure = "; ".join(reasons) or None
        record = {
            "objective": value,
            "objective_standard_error": deviation,
            "failure": self.failure,
            "store": str(self._store),
            "members": [member for part in self.parts for member in _members(part)],
        }
        try:
            replace(folder / "result.json", json.dumps(record, indent=1).encode())
            if value is not None and self._config["analysis"]["kind"] != WITHOUT_REPORT:
                self._report(folder)
        except (ArgumentError, StoreError) as error:
            self.failure = "; ".join([*reasons, str(error)])
        if value is None:
            raise JobError(self.failure or "no number to take the objective from")
        return value

    def _value(self) -> tuple[Value, Value]:
        """The value of config.objective, and its standard error."""
        found = [(p.trained, p.numbers) for p in self.parts if not isinstance(p.trained, str)]
        each = [trained.results(numbers) for trained, numbers in found]
        shared = [name for name in each[0] if all(name in one for one in each)]
        results = {name: np.concatenate([one[name] for one in each]) for name in shared}
        ok = np.concatenate([trained.ok(numbers) for trained, numbers in found])
        names = self._config["objective"]
        return search_metric(names, results, ok), standard_error(names, results, ok)

    def _report(self, folder: Path) -> None:
        variants = dict.fromkeys(part.job_sweep.variant for part in self.parts)
        trained = {name: TrainedSweep(self._dataset(name), 0, 0.0) for name in variants}
        report(self._config, self._analyse, trained, folder, self._console)

    def _dataset(self, variant: str) -> Any:
        """The members of a variant, as a run of this job alone would have given them."""
        parts = [part for part in self.parts if part.job_sweep.variant == variant]
        if parts[0].job_sweep.whole.static:
            return manifest.dataset_of(parts, self._config)
        [(job_sweep, numbers, _, trained)] = parts
        assert not isinstance(trained, str)
        grid = make_grid(job_sweep.plan.axes, job_sweep.plan.zipped)
        return training.dataset_of(trained, numbers, grid)


def _members(part: Part) -> Iterator[dict[str, str]]:
    """Where each member of a sweep is in the store."""
    if not isinstance(part.trained, str):
        for member_id in part.trained.ids[part.numbers].astype(str):
            yield {"variant": part.job_sweep.variant, "group": part.group, "id": member_id}


def _diverged(part: Part) -> Iterator[str]:
    """A line for each member that is invalid, or not finite to the end."""
    if isinstance(part.trained, str):
        return
    arrays = part.trained.table.arrays
    steps = arrays["diverged_step"][part.numbers]
    for number in np.asarray(part.numbers)[steps >= 0]:
        losses = arrays["loss"][number] if "loss" in arrays else np.empty(0)
        finite = losses[np.isfinite(losses)]
        last = f"last finite loss {finite[-1]:.3g}" if finite.size else "no finite loss before"
        step = arrays["diverged_step"][number]
        yield INVALID if step == INVALID_STEP else f"diverged@{step}, {last}"
