"""`python -m experiments.report`: run every experiment that has claims, and build outputs/report.

What is on disk is resumed. The records go to outputs/claims.json as well, as `python -m
experiments.claims` writes them. `python -m experiments.report docs` runs the experiments of the
guides alone, and builds outputs/docs.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from experiments.claims.everything import run_all, settle_all
from experiments.report import gallery
from experiments.report.guide import GUIDES

OUTPUTS = Path("outputs")


def main() -> int:
    """Run experiments, and write a page for each, one for all, and the guides.

    Returns:
        The highest exit code of the experiments.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.report")
    parser.add_argument("what", nargs="?", choices=("report", "docs"), default="report")
    what, console = parser.parse_args().what, Console()
    if what == "docs":
        runs = run_all(console, dict.fromkeys(name for each in GUIDES for name in each.experiments))
        code = max(run.code for run in runs)
    else:
        runs = run_all(console)
        code = settle_all(runs, console)
    console.print(f"{what}  {gallery.build(OUTPUTS / what, runs)}", soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
