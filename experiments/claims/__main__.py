"""`python -m experiments.claims [full]`: run every experiment that has claims, and print one table.

The records of all of them go to outputs/claims.json. With `full`, those run that are smaller than
in their paper, at its size, and the records go to outputs/full/claims.json. The exit code is 0 even
when a claim does not hold: the ledger says so.
"""

import argparse
import sys

from rich.console import Console

from experiments.claims.everything import FULL, LEDGER, run_all, settle_all, with_claims


def main() -> int:
    """Run all experiments with claims.

    Returns:
        The highest exit code of the experiments.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.claims")
    parser.add_argument("size", nargs="?", choices=("full",))
    full, console = parser.parse_args().size == "full", Console()
    path = LEDGER.parent / FULL / LEDGER.name if full else LEDGER
    return settle_all(run_all(console, with_claims(full=full)), console, path)


if __name__ == "__main__":
    sys.exit(main())
