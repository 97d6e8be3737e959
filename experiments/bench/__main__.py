"""`python -m experiments.bench [--write] [PART ...]`: ratios, medians, compiling, and the parts.

The parts are floors, memory, growth, members, launchers and startup; none named is all.
outputs/bench.json keeps every number and the machine, outputs/bench/growth.png the figure, and
`--write` renews the committed page, experiments/bench/RESULTS.md of a CPU or RESULTS-GPU.md. A
benchmark never fails on a time. Other benchmarks beside this are `experiments.bench.saes`,
`.agents`, `.transformer` and `.grid`.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments.bench import machine
from experiments.bench.text import TextTable
from experiments.bench.written import WRITE

OUTPUT = Path("outputs/bench.json")
FIGURE = Path("outputs/bench/growth.png")


def main(arguments: list[str]) -> int:
    """Measure everything and print the tables.

    Args:
        arguments: `--write` and names of parts, in any order, or nothing.

    Returns:
        0, or 2 for an unknown argument.
    """
    from experiments.bench.page import PARTS

    if set(arguments) - {WRITE, *PARTS}:
        print(__doc__, file=sys.stderr)
        return 2
    machine.set_up()
    console = Console(width=110)
    parts = [part for part in PARTS if part in arguments]
    report = _measure(parts or PARTS, Console(stderr=True))
    _show(report, console)
    if WRITE in arguments:
        from experiments.bench.page import page

        results = committed(report)
        results.write_text(page(report))
        console.print(f"{results}")
    return 0


def committed(report: dict[str, Any]) -> Path:
    """The page of a report, one for CPUs and one for GPUs."""
    return Path(__file__).with_name("RESULTS.md" if _of_cpu(report) else "RESULTS-GPU.md")


def _of_cpu(report: dict[str, Any]) -> bool:
    return report["machine"]["device"].startswith("cpu")


def _measure(parts: Sequence[str], progress: Console) -> dict[str, Any]:
    """The whole report, kept part by part."""
    from experiments.bench import floors, growth, launchers, members, memory
    from experiments.bench.cases import CASES
    from experiments.bench.contestants import OURS, contestants
    from experiments.bench.targets import CPU_TARGETS, GPU_TARGETS, judged
    from experiments.bench.timing import measure

    who = contestants()
    report: dict[str, Any] = {"machine": machine.machine(), "cases": []}
    targets = CPU_TARGETS if _of_cpu(report) else GPU_TARGETS
    memory.warm_up(who)
    for case in CASES:
        progress.print(case.name)
        report["cases"].append(measure(case, who))
        report["targets"] = judged(report["cases"], [name for name in OURS if name in who], targets)
        _keep(report)
    measures = {
        "floors": lambda: floors.floors(CASES),
        "memory": lambda: memory.memory(memory.CASES, who),
        "growth": lambda: dict(growth.growth()),
        "members": lambda: list(members.members()),
        "launchers": lambda: list(launchers.launchers()),
        "startup": launchers.startup,
    }
    for part in parts:
        progress.print(part)
        report[part] = measures[part]()
        _keep(report)
    return report


def _keep(report: dict[str, Any]) -> None:
    from experiments.bench.figure import draw

    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False))
    if "growth" in report:
        draw(report["growth"], FIGURE)


def _show(report: dict[str, Any], console: Console) -> None:
    from experiments.bench.page import remarks
    from experiments.bench.tables import tables

    for table in tables(report):
        show(table, console)
    console.print(remarks(report), markup=False)
    console.print(report["machine"])
    console.print(f"{OUTPUT}" + (f", {FIGURE}" if "growth" in report else ""))


def show(table: TextTable, console: Console) -> None:
    """Print a table."""
    shown = Table(*table.columns, title=table.title, title_justify="left")
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
