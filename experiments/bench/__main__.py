"""`python -m experiments.bench [--write]`: ratios first, then medians, compiling, memory, growth.

outputs/bench.json keeps every number and the machine, outputs/bench/growth.png the figure, and
`--write` renews the committed experiments/bench/RESULTS.md. A benchmark never fails on a time.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments.bench import machine

OUTPUT = Path("outputs/bench.json")
FIGURE = Path("outputs/bench/growth.png")
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(arguments: list[str]) -> int:
    """Measure everything and print the tables.

    Args:
        arguments: `--write`, or nothing.

    Returns:
        0, or 2 for an unknown argument.
    """
    if set(arguments) - {"--write"}:
        print(__doc__, file=sys.stderr)
        return 2
    machine.set_up()
    console = Console(width=110)
    report = _measure(Console(stderr=True))
    _keep(report)
    _show(report, console)
    if arguments:
        from experiments.bench.page import page

        RESULTS.write_text(page(report))
        console.print(f"{RESULTS}")
    return 0


def _measure(progress: Console) -> dict[str, Any]:
    """The whole report."""
    from experiments.bench.cases import CASES
    from experiments.bench.contestants import OURS, contestants
    from experiments.bench.growth import growth
    from experiments.bench.launchers import launchers
    from experiments.bench.measure import measure, prepare
    from experiments.bench.memory import CASES as MEMORY_CASES
    from experiments.bench.memory import WARM_UP, memory
    from experiments.bench.targets import judged

    who = contestants()
    for each in who.values():
        prepare(each, WARM_UP)  # the first compile of a process takes longer
    cases = []
    for case in CASES:
        progress.print(case.name)
        cases.append(measure(case, who))
    progress.print("memory")
    used = memory(MEMORY_CASES, who)
    series = {}
    for name, rows in growth():
        progress.print(f"growth: {name}")
        series[name] = rows
    progress.print("launchers")
    return {
        "machine": machine.machine(),
        "targets": judged(cases, list(OURS)),
        "cases": cases,
        "memory": used,
        "growth": series,
        "launchers": list(launchers()),
    }


def _keep(report: dict[str, Any]) -> None:
    from experiments.bench.figure import draw

    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False))
    draw(report["growth"], FIGURE)


def _show(report: dict[str, Any], console: Console) -> None:
    from experiments.bench.page import remarks
    from experiments.bench.tables import tables

    for table in tables(report):
        shown = Table(*table.columns, title=table.title, title_justify="left")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
    console.print(remarks(report), markup=False)
    console.print(report["machine"])
    console.print(f"{OUTPUT}, {FIGURE}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
