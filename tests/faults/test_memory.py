"""A grid of ten million members; what else does not fit is in tests/superpos/train."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MILLIONS = """
import json, resource, time
import jax, numpy as np
from tests.faults.killer import build
from superpos.train import sweep
from superpos.train.grid import make_grid

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

class Begun(Exception):
    pass

def on_progress(report):
    if report.steps_done:
        raise Begun

axes = {"density": np.linspace(0.1, 1, 1000), "learning_rate": np.geomspace(1e-4, 1e-2, 1000),
        "seed": range(10)}
before, begun = peak(), time.monotonic()
n_members = make_grid(axes).n_members
counted = time.monotonic() - begun
end = "only counted"
if SWEEP:
    try:
        sweep(build, key=jax.random.key(0), axes=axes, chunk=8, on_progress=on_progress)
    except (Begun, ValueError, MemoryError) as error:
        end = type(error).__name__
print(json.dumps([n_members, counted, time.monotonic() - begun, peak() - before, end]))
"""


def millions(sweep):
    script = MILLIONS.replace("SWEEP", str(sweep))
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_ten_million_members_are_counted_at_no_cost():
    n_members, counted, _, n_bytes, _ = millions(sweep=False)
    assert n_members == 10**7
    assert counted < 1
    assert n_bytes < 50e6


@pytest.mark.slow
def test_ten_million_members_are_refused_in_ten_seconds():
    _, _, seconds, n_bytes, end = millions(sweep=True)
    assert end == "ArgumentError"
    assert seconds < 10
    assert n_bytes < 1e9
