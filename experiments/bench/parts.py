"""`python -m experiments.bench.parts FOLDER PART ...`: the benchmark of a GPU, a part at a time.

For a machine that is lent for minutes (gpu.sh). The parts are tests, table, multirun, saes, growth,
memory and kernels. FOLDER/report.json keeps what is measured as soon as it is; what is there is not
measured again. FOLDER/RESULTS-GPU.md is written anew after each part. With SUPERPOS_BENCH_SMALL set
all is small, to try the commands on a CPU.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments.bench import growth, kernels, launchers, machine, memory
from experiments.bench.card import card
from experiments.bench.cases import CASES, Case
from experiments.bench.contestants import OURS, contestants
from experiments.bench.page import markdown, page
from experiments.bench.saes import cases as saes_cases
from experiments.bench.saes import timing as saes_timing
from experiments.bench.targets import GPU_TARGETS, judged
from experiments.bench.text import TextTable, three
from experiments.bench.timing import measure

SMALL = "SUPERPOS_BENCH_SMALL"
SMALL_CASES = (Case(3, 1, 2), Case(3, 2, 2))
SAES = (saes_cases.SaeCase("relu", 64, 256), saes_cases.SaeCase("topk", 256, 1024))
TESTS = "tests/superpos/train/test_fused.py"
N_JOBS = 1000
Report = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Measure some parts, those that are not there yet.

    Args:
        arguments: a folder, and names of parts.

    Returns:
        0; 2 for an unknown part, or a report of another device.
    """
    if not arguments or set(arguments[1:]) - {*PARTS}:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "report.json"
    machine.set_up()
    here = machine.machine()
    report: Report = json.loads(kept.read_text()) if kept.exists() else {"machine": here}
    if report["machine"]["device"] != here["device"]:
        print(f"{kept}: expected one of {here['device']}", file=sys.stderr)
        return 2

    def keep() -> None:
        kept.with_suffix(".part").write_text(json.dumps(report, indent=1, ensure_ascii=False))
        kept.with_suffix(".part").replace(kept)

    for name in arguments[1:]:
        if name in report:
            print(f"{name}: there already")
            continue
        try:
            report[name] = PARTS[name](report, keep)
        except ModuleNotFoundError as error:
            print(f"{name}: skipped, {error}")
            continue
        keep()
        print(f"{name}: done")
    write(report, folder)
    return 0


def write(report: Report, folder: Path) -> None:
    """The pages of what is there."""
    cases = report.get("cases", [])
    ways = [name for name in OURS if any(name in each["us_per_model_step"] for each in cases)]
    report = {**report, "cases": cases, "targets": judged(cases, ways, GPU_TARGETS)}
    text = [page(report), *map(markdown, _own_tables(report))]
    (folder / "RESULTS-GPU.md").write_text("\n".join(text))
    if "kernels" in report:
        (folder / kernels.PAGE.name).write_text(report["kernels"])


def _own_tables(report: Mapping[str, Any]) -> list[TextTable]:
    """Of what only a GPU is measured by."""
    found = []
    if "saes" in report:
        rows = [[each["case"], three(1e6 / each["us"])] for each in report["saes"]]
        found.append(TextTable("Sparse autoencoders", ["case", "SAE-samples a second"], rows))
    if "multirun" in report:
        each = report["multirun"]
        row = [f"{each['jobs']:,}", f"{each['seconds']:.0f}"]
        found.append(TextTable("Multirun under hydra/launcher=vmap", ["jobs", "seconds"], [row]))
    if "tests" in report:
        found.append(TextTable("Tests that need a GPU", ["", ""], [[TESTS, report["tests"]]]))
    return found


def _tests(report: Report, keep: Callable[[], None]) -> str:
    """The last line of pytest."""
    del report, keep
    _need("pytest", "xdist", "hypothesis")
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", TESTS]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    return done.stdout.strip().splitlines()[-1]


def _table(report: Report, keep: Callable[[], None]) -> bool:
    """Every case, each kept at once."""
    who = contestants()
    rows = report.setdefault("cases", [])
    memory.warm_up(who)
    for case in SMALL_CASES if SMALL in os.environ else CASES:
        if case.name not in [row["case"] for row in rows]:
            rows.append(measure(case, who))
            keep()
            print(case.name)
    return True


def _multirun(report: Report, keep: Callable[[], None]) -> dict[str, Any]:
    del report, keep
    _need("hydra")
    return launchers.measure("vmap", 20 if SMALL in os.environ else N_JOBS)


def _saes(report: Report, keep: Callable[[], None]) -> list[dict[str, Any]]:
    """Microseconds per SAE-sample of sweeps, without peers."""
    del report, keep
    cases = [saes_cases.SaeCase("relu", 8, 16, 2, 64)] if SMALL in os.environ else SAES
    found = [saes_timing.measured(case, None) for case in cases]
    return [
        {"case": each["case"], "us": us}
        for each in found
        for us in each["us_per_sae_sample"].values()
    ]


def _growth(report: Report, keep: Callable[[], None]) -> dict[str, Any]:
    del report, keep
    if SMALL in os.environ:
        for name in ("MODELS", "FEATURES", "BATCHES", "STEPS", "BLOCKS"):
            setattr(growth, name, getattr(growth, name)[:1])
    return dict(growth.growth())


def _memory(report: Report, keep: Callable[[], None]) -> list[dict[str, Any]]:
    del report, keep
    return memory.memory(SMALL_CASES[:1] if SMALL in os.environ else memory.CASES, contestants())


def _kernels(report: Report, keep: Callable[[], None]) -> str:
    """The page of what an update is compiled to, by timing on the card."""
    del report, keep
    of = card()
    if of is None:
        raise ModuleNotFoundError("JAX has no plug-in for CUDA")
    return kernels.page(of, {case: kernels.measure(case, of) for case in CASES})


def _need(*modules: str) -> None:
    for name in modules:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"there is no {name}")


PARTS: Mapping[str, Callable[[Report, Callable[[], None]], Any]] = {
    "tests": _tests,
    "table": _table,
    "multirun": _multirun,
    "saes": _saes,
    "growth": _growth,
    "memory": _memory,
    "kernels": _kernels,
}
"""Name -> what measures it, given what there is and what keeps it."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
