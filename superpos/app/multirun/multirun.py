"""A Hydra multirun under `hydra/launcher=vmap`: one store, few programs, every job finished."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from rich.table import Table
from rich.text import Text

from superpos.app import terminal
from superpos.app.config.experiment import bind, wrong_results
from superpos.app.config.loading import VARIANT
from superpos.app.config.sweep_plan import ConfigError
from superpos.app.config.written import as_written
from superpos.app.findings import Findings
from superpos.app.jobs import Launch
from superpos.app.multirun import manifest, page
from superpos.app.multirun.finishing import Finishing, Part
from superpos.app.multirun.groups import Group, JobSweep, grouped, job_sweeps_of
from superpos.app.multirun.remote import train_on_workers
from superpos.app.multirun.search import Search, best_of, wrong_directions
from superpos.app.multirun.training import GroupResults, train, with_held
from superpos.app.multirun.workers import make_pool, orphans, wrong_options
from superpos.app.multirun.workers.pool import WorkerPool
from superpos.app.tracking import track
from superpos.store import files
from superpos.train import StoreError, store

Analyse = Callable[..., Findings]


class Multirun:
    """Trains the batches of jobs that a sweeper sends.

    Attributes:
        launch: what was told of the multirun with the first batch; None before.
        jobs: all jobs so far.
    """

    def __init__(self) -> None:
        """Start without jobs."""
        self.launch: Launch | None = None
        self.jobs: list[tuple[Mapping[str, Any], Finishing]] = []
        self._console = terminal.console()
        self._held = ExitStack()
        self._pool: WorkerPool | None = None
        self._search: Search | None = None
        self._programs: dict[str, dict[Any, Any]] = defaultdict(dict)

    def batch(self, configs: Sequence[Mapping[str, Any]], launch: Launch) -> list[Finishing]:
        """Train the jobs of one batch.

        Args:
            configs: plain and resolved, one a job.
            launch: what is common to them.

        Returns:
            For each job what remains to be done in its folder.

        Raises:
            ConfigError: some config or setting of the launcher cannot be used; nothing is trained.
            StoreError: the folder cannot be used, or holds another multirun.
        """
        wrong = [*wrong_options(launch.options)]
        wrong += _several_trackers(configs)
        if wrong := [*wrong, *wrong_directions(launch, configs[0]["objective"])]:
            raise ConfigError(wrong)
        job_sweeps, analyses = _bound(configs)
        groups = grouped(job_sweeps, launch.swept)
        _check_results(groups)
        self._hold(launch)
        try:
            groups = [with_held(group, launch.folder) for group in groups]
            manifest.update(launch.folder, groups, configs, launch.swept)
        except (ConfigError, StoreError):
            self._held.close()  # so that what is refused leaves nothing
            raise
        finishing = [
            Finishing(config, analyse, launch.folder, self._console)
            for config, analyse in zip(configs, analyses, strict=True)
        ]
        self.jobs += zip(configs, finishing, strict=True)
        for group, trained in zip(groups, self._train(groups, launch), strict=True):
            for job_sweep, numbers in group.job_sweeps:
                finishing[job_sweep.number].parts.append(
                    Part(job_sweep, numbers, group.name, trained)
                )
        return finishing

    def close(self) -> int:
        """Write the page, show every failure, and say where the results are.

        Returns:
            Exit code: 3 where a job failed.

        Raises:
            StoreError: the page cannot be written.
            ArgumentError: the tracker refuses what was trained, which is kept; one line.
        """
        failures = [(" ".join(c["overrides"]), job.failure) for c, job in self.jobs if job.failure]
        if self.launch is not None and self._search is not None:
            self._conclude(self.launch, self._search, failures)
        self._held.close()
        return 3 if failures else 0

    def _conclude(
        self, launch: Launch, search: Search, failures: Sequence[tuple[str, str]]
    ) -> None:
        config = as_written(self.jobs[0][0])
        found = search.take()
        best = best_of(found, config["objective"]) if found else []
        if failures:
            title = f"{len(failures):,} of {len(self.jobs):,} jobs failed"
            table = Table("job", "reason", title=title)
            for failure in failures:
                table.add_row(*failure)
            self._console.print(table)
        written = page.write(launch.folder, config, launch.command, len(self.jobs), failures, best)
        n_failed = sum(job.value is None for _, job in self.jobs)
        ended = None if found else search.early_end(len(self.jobs), n_failed)
        lines = [f"store   {launch.folder}", f"page    {written}"]
        lines += [f"search  {found}"] if found else []
        lines += [f"best    {each}" for each in best]
        lines += [ended] if ended else []
        for line in lines:
            self._console.print(Text(line), soft_wrap=True)
        if config.get("tracker"):
            n_logged = track(config, {"all": store.open(launch.folder)}, launch.folder)
            self._console.print(f"tracked {n_logged:,} models by {config['tracker']['kind']}")

    def _hold(self, launch: Launch) -> None:
        """Be the only writer of the folder, with workers, until the multirun ends."""
        if self.launch is None:
            self._held.enter_context(files.locked(launch.folder))
            if n_ended := orphans.end(launch.folder):
                self._console.print(f"{n_ended:,} jobs that an earlier command left were ended")
            self._pool = make_pool(launch.options, launch.folder)
            if self._pool is not None:
                self._held.callback(self._pool.close)
            self.launch, self._search = launch, Search(launch)

    def _train(self, groups: Sequence[Group], launch: Launch) -> Iterator[GroupResults | str]:
        """Train the groups one after the other in this process, or all at once elsewhere."""
        titles = [
            f"program {number} of {len(groups)}: {len(group.job_sweeps):,} jobs,"
            f" {group.n_members:,} models x {group.plan.fit.n_steps:,} steps"
            for number, group in enumerate(groups, 1)
        ]
        if self._pool is not None:
            self._console.print(*titles, sep="\n")
            try:
                yield from train_on_workers(
                    groups, launch.folder, self._pool, launch.options, self._console
                )
            except KeyboardInterrupt:
                self._held.close()  # nothing else would end the processes of Ray
                raise
            return
        for title, group in zip(titles, groups, strict=True):
            self._console.print(title)
            yield train(group, launch.folder, self._programs[group.name], self._console)


def _bound(configs: Sequence[Mapping[str, Any]]) -> tuple[list[JobSweep], list[Analyse]]:
    """Check all jobs, and take them apart into sweeps.

    Raises:
        ConfigError: with every problem of every job, each once.
    """
    job_sweeps: list[JobSweep] = []
    analyses: list[Analyse] = []
    problems: dict[str, None] = {}
    for number, config in enumerate(configs):
        try:
            variants, analyse = bind(config, trace=False)
        except ConfigError as error:
            problems |= dict.fromkeys(error.problems)
            continue
        job_sweeps += job_sweeps_of(number, variants)
        analyses.append(analyse)
    for job_sweep in job_sweeps:
        for name, each in job_sweep.plan.assets.items():
            if each.make is None:
                continue
            if VARIANT in job_sweep.plan.config["assets"][name]:
                why = "variant: a multirun trains all variants at once, expected a store"
                problems[f"assets.{name}.{why}"] = None
            else:
                why = "made by the run of an experiment alone, not by a multirun"
                problems[f"assets.{name}: {why}"] = None
    if problems:
        raise ConfigError(list(problems))
    return job_sweeps, analyses


def _several_trackers(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """All models of a multirun are logged in one way, as what they are tells them apart."""
    first, *others = (config.get("tracker") for config in configs)
    return ["tracker: expected the same for all jobs"] if any(o != first for o in others) else []


def _check_results(groups: Sequence[Group]) -> None:
    """Trace a member of each group for what only that tells.

    Raises:
        ConfigError: with every problem.
    """
    problems = [p for group in groups for p in wrong_results(group.job_sweeps[0][0].plan)]
    problems += [problem for group in groups for problem in group.contradictions()]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
