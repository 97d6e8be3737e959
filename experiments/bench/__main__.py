"""`python -m experiments.bench`: ratios first, then medians; outputs/bench.json keeps both.

Each case runs its contestants in turn, several times, in one process, so that all see the same
machine. A ratio above 1 says how many times faster superpos is.
"""

import json
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from experiments.bench.cases import BATCH_SIZE, CASES, Case
from experiments.bench.peers import PEERS, Run
from superpos.train.fingerprint import fingerprint

REPEATS = 5
OURS = ("superpos, one seed", "superpos, a seed each")


def main() -> int:
    """Run every case and print the table.

    Returns:
        0: a benchmark never fails on a time.
    """
    console = Console(width=110)
    rows = [measure(case) for case in CASES]
    console.print(ratios(rows))
    console.print(times(rows))
    machine = {
        "cpu": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
        **fingerprint(),
    }
    path = Path("outputs/bench.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "cases": rows}, indent=1, allow_nan=False))
    console.print(machine)
    console.print(f"{path}")
    return 0


def measure(case: Case) -> dict[str, Any]:
    """Microseconds per model-step and seconds to prepare, per contestant; the median of repeats."""
    prepared: dict[str, Run] = {}
    prepare_s: dict[str, float] = {}
    for name, prepare in PEERS.items():
        start = time.perf_counter()
        prepared[name] = prepare(case)
        prepared[name]()  # warm up
        prepare_s[name] = time.perf_counter() - start
    samples: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(REPEATS):
        for name, run in prepared.items():
            start = time.perf_counter()
            run()
            samples[name].append(1e6 * (time.perf_counter() - start) / case.model_steps)
    us = {name: statistics.median(values) for name, values in samples.items()}
    return {"case": case.name, "us_per_model_step": us, "prepare_s": prepare_s}


def ratios(rows: list[dict[str, Any]]) -> Table:
    """How many times faster superpos is than each peer."""
    peers = [name for name in PEERS if name not in OURS]
    pairs = [(ours, peer) for ours in OURS for peer in peers]
    table = Table("case", *(f"{ours}\nover {peer}" for ours, peer in pairs), title="times faster")
    for row in rows:
        us = row["us_per_model_step"]
        table.add_row(row["case"], *(f"{us[peer] / us[ours]:.1f}" for ours, peer in pairs))
    return table


def times(rows: list[dict[str, Any]]) -> Table:
    """Medians."""
    title = f"microseconds per model-step, batch {BATCH_SIZE} (in brackets: seconds to prepare)"
    table = Table("case", *PEERS, title=title)
    for row in rows:
        us, prepare_s = row["us_per_model_step"], row["prepare_s"]
        table.add_row(row["case"], *(f"{us[p]:.2f} ({prepare_s[p]:.1f})" for p in PEERS))
    return table


if __name__ == "__main__":
    sys.exit(main())
