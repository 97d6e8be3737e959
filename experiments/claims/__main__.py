"""`python -m experiments.claims`: run every experiment that has claims, and print one table.

The records of all of them go to outputs/claims.json. The exit code is 0 even when a claim does not
hold: the ledger says so.
"""

import sys

from rich.console import Console

from experiments.claims.everything import run_all, settle_all


def main() -> int:
    """Run all experiments with claims.

    Returns:
        The highest exit code of the experiments.
    """
    console = Console()
    return settle_all(run_all(console), console)


if __name__ == "__main__":
    sys.exit(main())
