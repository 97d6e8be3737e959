"""`python -m experiments.bench.grid [--write]`: the 1,080 models of Liu et al., timed in part.

Twenty updates of some models of each shape are timed, superpos and then a PyTorch loop over the
same models, each in a process of its own, and extrapolated to all updates of all models. It prints
the table; `--write` renews the committed page, experiments/bench/RESULTS-GRID.md.
"""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.bench import machine, written
from experiments.bench.grid_sides import OURS, SIDES, TORCH, Setting
from experiments.bench.text import TextTable, markdown_rows, three

EXPERIMENT = "full/liu/scaling"
PAGE = Path(__file__).with_name("RESULTS-GRID.md")


class Part(NamedTuple):
    """What one side took for one shape.

    Attributes:
        m: hidden dimensions.
        n_models: of them, that were timed together or one after the other.
        prepare_s: compiling.
        seconds: of n_steps updates of these models.
    """

    m: int
    n_models: int
    prepare_s: float
    seconds: float

    def hours(self, setting: Setting) -> float:
        """Of all updates of all models of the shape."""
        per_model_step = self.seconds / (self.n_models * setting.n_timed)
        everything = per_model_step * setting.n_models * setting.n_steps
        return (self.prepare_s + everything) / 3600


def main(arguments: list[str]) -> int:
    """Measure both sides and print the table.

    Args:
        arguments: `--write` or nothing; `ours` or `torch` measures one side, as JSON.

    Returns:
        0, or 2 for an unknown argument.
    """
    if arguments in ([name] for name in SIDES):
        machine.set_up()
        print(json.dumps(_measure(arguments[0], setting())))
        return 0
    return written.run(arguments, __doc__, PAGE, _timed)


def _timed(load: float) -> str:
    """The page of both sides, each in a process of its own."""
    found = {OURS: _elsewhere(OURS)}
    if importlib.util.find_spec("torch") is not None:
        found[TORCH] = _elsewhere(TORCH)
    return page(setting(), found, machine.machine(), load)


def setting() -> Setting:
    """What is registered as the experiment at the paper's size."""
    from superpos.app.claims.setting import registered
    from superpos.app.config.axes import expand
    from superpos.app.extensions import name_packages

    name_packages(["experiments"])
    config = registered(EXPERIMENT)
    axes = config["sweep"]
    return Setting(
        n_features=config["data"]["n_features"],
        widths=tuple(map(int, expand("n_hidden", axes["model"]["n_hidden"]))),
        powers=tuple(expand("density_power", axes["data"]["density_power"])),
        decays=tuple(expand("weight_decay", axes["optim"]["weight_decay"])),
        batch_size=config["fit"]["batch_size"],
        n_steps=config["fit"]["n_steps"],
        learning_rate=float(config["optim"]["learning_rate"]),
    )


def _measure(name: str, of: Setting) -> dict[str, Any]:
    """What a side took for each shape, and its peak of memory beyond that of the first import."""
    side = SIDES[name]
    before = machine.resident_peak()
    parts = []
    for m in of.widths:
        begun = time.perf_counter()
        run, n_models = side(of, m)
        prepared = time.perf_counter() - begun
        run()  # the first time is not counted
        begun = time.perf_counter()
        W = run()
        seconds = time.perf_counter() - begun
        assert np.isfinite(W).all()
        parts.append(Part(m, n_models, prepared, seconds))
    return {"parts": parts, "mib": (machine.resident_peak() - before) / 2**20}


def _elsewhere(name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "experiments.bench.grid", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {**found, "parts": [Part(*part) for part in found["parts"]]}


def page(
    of: Setting, found: Mapping[str, Mapping[str, Any]], where: Mapping[str, str], load: float
) -> str:
    """The Markdown of the results."""
    ours = found[OURS]
    hours = {name: sum(p.hours(of) for p in side["parts"]) for name, side in found.items()}
    idle = f" {written.idleness(load)}".rstrip()
    lines = [
        f"superpos: {len(of.widths)} compiled programs for {of.n_all:,} models,"
        f" {sum(p.prepare_s for p in ours['parts']):.0f} s to compile them all; peak memory"
        f" {ours['mib']:.0f} MiB beyond that of the imports.",
        f"**Extrapolated** to all {of.n_all:,} models and {of.n_steps:,} updates: superpos"
        f" {hours[OURS]:.1f} hours"
        + (
            f", PyTorch {hours[TORCH]:.1f} hours ({hours[TORCH] / hours[OURS]:.1f} times as long;"
            f" {found[TORCH]['mib']:.0f} MiB)."
            if TORCH in found
            else "; PyTorch is not installed and was not measured."
        ),
    ]
    columns, rows = _table(of, found)
    table = TextTable("Seconds", columns, rows)
    remarks = "\n".join(f"- {line}" for line in lines)
    return f"""# The 1,080-model grid of Liu et al.

Written by `python -m experiments.bench.grid --write`; do not edit. experiment={EXPERIMENT}:
n={of.n_features:,}, batches of {of.batch_size:,}, {len(of.powers)} α by {len(of.decays)} γ for each
width m. {of.n_timed} updates of some models of each width were timed, after once without a clock,
and extrapolated. superpos trains as many side by side as it does in use, on all cores; they share
their random numbers, as points of a grid do. PyTorch trains one model after the other on all cores,
each with numbers of its own, as one would write it for one model.

{where["cpu"]}, {where["cores"]} cores, {where["device"]}, JAX {where["jax"]}, PyTorch
{where["torch"]}, {where["date"]}.{idle}

{remarks}

{markdown_rows(table)}
"""


def _table(
    of: Setting, found: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], list[list[str]]]:
    """A row for each width."""
    columns = ["m"]
    for name in found:
        columns += [f"{name}: models timed", "ms per model-step", "hours for all (extrapolated)"]
    rows = []
    for at, m in enumerate(of.widths):
        row = [str(m)]
        for side in found.values():
            part: Part = side["parts"][at]
            ms = 1e3 * part.seconds / (part.n_models * of.n_timed)
            row += [str(part.n_models), three(ms), three(part.hours(of))]
        rows.append(row)
    return columns, rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
