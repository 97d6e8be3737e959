"""`superpos claims [full]`: run every experiment that has claims, and print one table.

Each experiment is a process of its own that resumes what is on disk. The records of all of them go
to outputs/claims.json. With `full`, those run that are smaller than in their paper, at its size,
and the records go to outputs/full/claims.json. The exit code is 0 even when a claim does not hold:
the ledger says so.
"""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from superpos.app import boundary, terminal
from superpos.app.claims import ledger, shown
from superpos.app.claims.counts import headline
from superpos.app.extensions import program

LEDGER = Path("outputs/claims.json")
FULL = "full/"
"""Experiments at the size of their paper, where the usual one is smaller: minutes to hours."""
FINISHED = (0, 3)
"""Exit codes of a run that wrote its records; 3 says that members diverged."""


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
        words: none, or "full".

    Returns:
        The highest exit code of the experiments.
    """
    parser = terminal.Parser(prog=f"{program()} claims")
    parser.add_argument("size", nargs="?", choices=("full",))
    full, console = parser.parse_args(words).size == "full", terminal.console()
    path = LEDGER.parent / FULL / LEDGER.name if full else LEDGER
    return settle_all(run_all(console, with_claims(full=full)), console, path)


def run_all(console: Console, names: Iterable[str] | None = None) -> list[Ran]:
    """Run experiments one after the other; None is all that have claims and are not full."""
    runs = []
    for name in with_claims() if names is None else names:
        console.rule(name)
        command = [sys.executable, "-m", "superpos.app", f"experiment={name}"]
        code = subprocess.run(command, check=False).returncode
        folder = Path(boundary.compose([f"experiment={name}"])["output_dir"])
        runs.append(Ran(name, code if code >= 0 else 128 - code, folder))
    return runs


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
