"""`python -m experiments.bench.agents [--write]`: a sweep of 1,024 agents beside loops over them.

superpos trains all in one program. The loops train some of the agents one after the other: by
calls of one compiled JAX program, and in PyTorch. All are timed in turn in one run of this; it
prints the table, and `--write` renews the committed page, experiments/bench/RESULTS-AGENTS.md.
"""

import functools
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.bench import machine, written
from experiments.bench.agents_sides import Run, Setting, one_by_one, together
from experiments.bench.saes.peers import PYTHON
from experiments.bench.text import TextTable, markdown_rows, three

PAGE = Path(__file__).with_name("RESULTS-AGENTS.md")
TORCH_SIDE = Path(__file__).with_name("agents_torch.py")
OURS = "superpos, one sweep"
WHOLE, DRAWS = "JAX, a call for each agent", "JAX, a call for each draw of each agent"
TORCH = "PyTorch, agent after agent"
PREPARE: Mapping[str, Callable[[Setting], tuple[Run, int]]] = {
    OURS: together,
    WHOLE: one_by_one,
    DRAWS: functools.partial(one_by_one, n_draws=1),
}
"""Side that runs in this process -> what compiles it."""
REPEATS = 3


class Side(NamedTuple):
    """What one side took.

    Attributes:
        n_agents: that were timed.
        prepare_s: compiling.
        seconds: of a run of them, each repeat.
        returns: mean return of each agent over the run.
    """

    n_agents: int
    prepare_s: float
    seconds: list[float]
    returns: list[float]

    def rate(self, of: Setting) -> float:
        """Agent-steps a second, by the median of the repeats."""
        return self.n_agents * of.steps / statistics.median(self.seconds)


def main(arguments: list[str]) -> int:
    """Measure all sides and print the table.

    Args:
        arguments: `--write`, or nothing.

    Returns:
        0, or 2 for an unknown argument.
    """
    of = Setting()
    return written.run(
        arguments,
        __doc__,
        PAGE,
        lambda load: page(of, measure(of), machine.machine(), load),
    )


def measure(of: Setting, python: str | None = None) -> dict[str, Side]:
    """All sides in turn: a run of each, then the next of each.

    Args:
        of: what is trained.
        python: that has PyTorch; None looks for one, and leaves PyTorch out where there is none.
    """
    python = python or torch_python()
    sides: dict[str, Side] = {}
    runs: dict[str, Run] = {}
    for name, prepare in PREPARE.items():
        begun = time.perf_counter()
        runs[name], n_agents = prepare(of)
        prepared = time.perf_counter() - begun
        returns = runs[name]()  # the first time is not counted
        assert np.isfinite(returns).all()
        sides[name] = Side(n_agents, prepared, [], returns.tolist())
    for _ in range(REPEATS):
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            sides[name].seconds.append(time.perf_counter() - begun)
        if python is not None:
            command = [python, "-P", "-W", "ignore", str(TORCH_SIDE), json.dumps(of._asdict())]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout)
            side = sides.setdefault(TORCH, Side(found["n_agents"], 0.0, [], found["returns"]))
            side.seconds.append(found["seconds"])
    return sides


def torch_python() -> str | None:
    """A Python that has PyTorch: this one, or that of `make parity`; None where neither has."""
    if importlib.util.find_spec("torch") is not None:
        return sys.executable
    return str(PYTHON) if PYTHON.exists() else None


def page(of: Setting, sides: Mapping[str, Side], where: Mapping[str, str], load: float) -> str:
    """The Markdown of the results."""
    lacking = "" if TORCH in sides else " PyTorch is not installed and was not measured."
    rate = sides[OURS].rate(of)
    columns = ["", "agents timed", "agent-steps a second", "superpos is faster by", "compiling (s)"]
    table = TextTable(
        "Agents",
        columns,
        [
            [
                name,
                f"{side.n_agents:,}",
                three(side.rate(of)),
                f"{rate / side.rate(of):.1f}",
                f"{side.prepare_s:.1f}",
            ]
            for name, side in sides.items()
        ],
    )
    return f"""# A sweep of {of.n_agents:,} agents

Written by `python -m experiments.bench.agents --write`; do not edit. Agents with two networks of
{of.n_hidden} tanh units learn by the clipped surrogate in episodes of {of.n_epochs} epochs:
{of.n_draws} draws of {of.batch_size} episodes, {of.updates_per_draw} updates with each. They
differ in N, κ, entropy bonus and seed. An agent-step is a step of an episode that an agent plays,
and learns from {of.updates_per_draw} times. superpos trains all agents in one program on all
cores; they share their random numbers where their seed is the same, as points of a grid do. The
JAX loops call one compiled program, the same code for one agent, with the numbers of agent after
agent: for all draws at once, or for each draw. The PyTorch loop is eager and has one thread, with
which networks of this size are fastest.

{where["cpu"]}, {where["cores"]} cores, {where["device"]}, JAX {where["jax"]}, {where["date"]}.
{written.idleness(load)}The median of {REPEATS} runs of each, in turn.{lacking}

{markdown_rows(table)}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
