"""Peak memory of a contestant, in a process of its own, beyond that of a warm-up.

`python -m experiments.bench.memory NAME N_FEATURES N_HIDDEN N_MODELS` prints mebibytes.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import jax

from experiments.bench import machine
from experiments.bench.cases import Case
from experiments.bench.contestants import Contestant, contestants
from experiments.bench.timing import prepare

CASES = (Case(5, 2, 100), Case(400, 30, 64))
WARM_UP = Case(3, 1, 2)


def warm_up(who: Mapping[str, Contestant]) -> None:
    """Let each compile once: the first compile of a process takes longer."""
    for each in who.values():
        prepare(each, WARM_UP)


def memory(cases: Iterable[Case], names: Iterable[str]) -> list[dict[str, Any]]:
    """Peak mebibytes of each contestant at each case; None where it cannot be measured."""
    names = list(names)
    return [{"case": c.name, "mib": {name: _elsewhere(c, name) for name in names}} for c in cases]


def _elsewhere(case: Case, name: str) -> float | None:
    size = [str(case.n_features), str(case.n_hidden), str(case.n_models)]
    command = [sys.executable, "-m", "experiments.bench.memory", name, *size]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    words = done.stdout.split()
    return float(words[-1]) if done.returncode == 0 and words else None


def peak_mib(case: Case, contestant: Contestant) -> float:
    """Prepare and train once; what the peak is above that of a warm-up of three features."""
    if jax.default_backend() != "cpu":
        prepare(contestant, case).run()
        return _device_peak() / 2**20
    prepare(contestant, WARM_UP)
    before = machine.resident_peak()
    prepare(contestant, case).run()
    return (machine.resident_peak() - before) / 2**20


def _device_peak() -> int:
    """Most bytes of the accelerator so far, of JAX or PyTorch, whichever ran."""
    stats = jax.local_devices()[0].memory_stats() or {}
    peak = stats.get("peak_bytes_in_use", 0)
    if importlib.util.find_spec("torch") is None:
        return peak
    import torch  # pyright: ignore[reportMissingImports]

    return max(peak, torch.cuda.max_memory_allocated())


if __name__ == "__main__":
    machine.set_up()
    _name, *_size = sys.argv[1:]
    print(peak_mib(Case(*map(int, _size)), contestants()[_name]))
