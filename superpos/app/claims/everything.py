"""`superpos claims [full] [--jobs N]`: run every experiment that has claims, and print one table.

Each experiment is a process of its own that resumes what is on disk. With `--jobs N` so many run at
a time, which pays on a CPU, as compiling keeps one core busy. The records of all of them go to
outputs/claims.json. With `full`, those run that are smaller than in their paper, at its size, and
the records go to outputs/full/claims.json. The exit code is 0 even when a claim does not hold: the
ledger says so.
"""

import argparse
import functools
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from superpos.app import boundary, terminal
from superpos.app.claims import ledger, shown
from superpos.app.claims.counts import headline
from superpos.app.extensions import program
from superpos.app.startup import n_cores

LEDGER = Path("outputs/claims.json")
FULL = "full/"
"""Experiments at the size of their paper, where the usual one is smaller: minutes to hours."""
FINISHED = (0, 3)
"""Exit codes of a run that wrote its records; 3 says that members diverged."""

MOST_JOBS = 256


class Ran(NamedTuple):
    """An experiment that was run: its name, its exit code and the folder of its results.

    The code of one that a signal ended is 128 and the number of the signal.
    """

    name: str
    code: int
    folder: Path

    @property
    def finished(self) -> bool:
        """Whether what is in the folder is of this run."""
        return self.code in FINISHED


def main(words: Sequence[str]) -> int:
    """Run all experiments with claims.

    Args:
        words: none, or "full"; and the number of jobs.

    Returns:
        The highest exit code of the experiments.
    """
    parser = terminal.Parser(prog=f"{program()} claims")
    parser.add_argument("size", nargs="?", choices=("full",))
    add_jobs(parser)
    given, console = parser.parse_args(words), terminal.console()
    full = given.size == "full"
    path = LEDGER.parent / FULL / LEDGER.name if full else LEDGER
    return settle_all(run_all(console, with_claims(full=full), given.jobs), console, path)


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--jobs N`."""
    parser.add_argument("--jobs", type=_count, default=1, metavar="N")


def run_all(console: Console, names: Iterable[str] | None = None, n_jobs: int = 1) -> list[Ran]:
    """Run experiments, each in a process of its own.

    Args:
        console: where their output goes; that of several at a time as each of them ends.
        names: None is all that have claims and are not full.
        n_jobs: experiments at a time, at least 1, which share the cores among them.

    Returns:
        What came of each, in the order of the names.
    """
    names = with_claims() if names is None else [*names]
    if n_jobs == 1:
        return [_ran(name, _watched(console, name)) for name in names]
    runs = []
    with ThreadPoolExecutor(n_jobs) as pool:
        quietly = functools.partial(_quietly, n_devices=max(1, n_cores() // n_jobs))
        try:
            for name, done in zip(names, pool.map(quietly, names), strict=True):
                console.rule(name)
                console.print(done.stdout, soft_wrap=True)
                runs.append(_ran(name, done.returncode))
        except BaseException:  # such as an interrupt, which the processes get too
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return runs


def _watched(console: Console, name: str) -> int:
    """Run an experiment whose output goes where ours does; its exit code."""
    console.rule(name)
    return subprocess.run(_command(name), check=False).returncode


def _quietly(name: str, *, n_devices: int) -> subprocess.CompletedProcess[str]:
    """Run an experiment on so many devices of a CPU; its output, of both streams, is kept."""
    return subprocess.run(
        _command(name),
        check=False,
        env={"JAX_NUM_CPU_DEVICES": str(n_devices), **os.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "superpos.app", f"experiment={name}"]


def _ran(name: str, code: int) -> Ran:
    folder = Path(boundary.compose([f"experiment={name}"])["output_dir"])
    return Ran(name, code if code >= 0 else 128 - code, folder)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(f"{text}: expected an integer in [1, {MOST_JOBS}]")
    return int(text)


def settle_all(runs: Sequence[Ran], console: Console, path: Path = LEDGER) -> int:
    """Write the records of all runs to a file, and print them as one table.

    Returns:
        The highest exit code of the runs.
    """
    records = [record for run in runs for record in collect(run)]
    console.rule("all claims")
    ledger.write(path, records)
    console.print(shown.table(records))
    console.print(f"{headline(records)}; {path}", soft_wrap=True)
    return max((run.code for run in runs), default=0)


def with_claims(*, full: bool = False) -> list[str]:
    """Experiments whose analysis judges claims: all but `train`, or those of the full size."""
    names = [name for name in boundary.experiments() if name != "train"]
    return [name for name in names if name.startswith(FULL) == full]


def collect(run: Ran) -> list[dict[str, Any]]:
    """The records that a run left in its folder; none when it did not finish."""
    return ledger.read(run.folder / "claims.json") if run.finished else []
