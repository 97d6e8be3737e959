"""`python -m experiments.report`: run every experiment that has claims, and build outputs/report.

What is on disk is resumed. The records go to outputs/claims.json as well, as `python -m
experiments.claims` writes them.
"""

import sys
from pathlib import Path

from rich.console import Console

from experiments.claims.everything import run_all, settle_all
from experiments.report import gallery

FOLDER = Path("outputs/report")


def main() -> int:
    """Run all experiments with claims, and write a page for each and one for all.

    Returns:
        The highest exit code of the experiments.
    """
    console = Console()
    runs = run_all(console)
    code = settle_all(runs, console)
    console.print(f"report  {gallery.build(FOLDER, runs)}", soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
