"""`python -m experiments.bench.saes [--write]`: sparse autoencoders beside SAELens and PyTorch.

outputs/bench-saes.json keeps every number and the machine, and `--write` renews the committed page,
experiments/bench/RESULTS-SAES.md. A benchmark never fails on a time.
"""

import json
import sys
from pathlib import Path

from rich.console import Console

from experiments.bench import machine
from experiments.bench.__main__ import show
from experiments.bench.written import WRITE

OUTPUT = Path("outputs/bench-saes.json")
RESULTS = Path(__file__).parents[1] / "RESULTS-SAES.md"


def main(arguments: list[str]) -> int:
    """Measure everything and print the tables.

    Args:
        arguments: `--write`, or nothing.

    Returns:
        0, or 2 for an unknown argument.
    """
    from experiments.bench.saes.page import page, remarks
    from experiments.bench.saes.tables import tables
    from experiments.bench.saes.timing import saes

    if set(arguments) - {WRITE}:
        print(__doc__, file=sys.stderr)
        return 2
    machine.set_up()
    report, console = {"machine": machine.machine(), **saes()}, Console(width=110)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False))
    for table in tables(report):
        show(table, console)
    console.print(remarks(report), markup=False)
    console.print(f"{OUTPUT}")
    if WRITE in arguments:
        RESULTS.write_text(page(report))
        console.print(f"{RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
