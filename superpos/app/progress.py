"""Progress on the terminal: of a sweep models done, rate and time left; of the rest the time."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress
from rich.console import Console

from superpos.train import Progress


class Reporter:
    """Turns the reports of a sweep into a progress bar.

    Attributes:
        n_new: members that this call has to train.
    """

    def __init__(self, bar: progress.Progress) -> None:
        """Add one line to the bar."""
        self.n_new = 0
        self._bar = bar
        self._task = bar.add_task("compiling", total=None, rate="")

    def __call__(self, report: Progress) -> None:
        """Show one report."""
        self.n_new = self.n_new or report.members - report.members_done
        task = self._bar.tasks[self._task]
        rate = f"{report.steps_done / task.elapsed:,.0f} model-steps/s" if task.elapsed else ""
        self._bar.update(
            self._task,
            description=f"{report.members_done:,} of {report.members:,} models",
            completed=report.steps_done,
            total=report.steps,
            rate=rate,
        )

    def close(self) -> None:
        """Say so when there was nothing to train."""
        if not self.n_new:
            self._bar.update(self._task, description="all found on disk", total=1, completed=1)


@contextmanager
def stage(console: Console, text: str) -> Iterator[None]:
    """Say what is done, and on a terminal for how long it has been, until it is."""
    console.print(text, soft_wrap=True)
    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}"),
        progress.TimeElapsedColumn(),
    )
    silent = not console.is_terminal
    with progress.Progress(*columns, console=console, transient=True, disable=silent) as bar:
        bar.add_task(text, total=None)
        yield


@contextmanager
def progress_bar(console: Console) -> Iterator[Reporter]:
    """Show a bar while a sweep trains."""
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(compact=True),
    )
    with progress.Progress(*columns, console=console) as bar:
        reporter = Reporter(bar)
        yield reporter
        reporter.close()
