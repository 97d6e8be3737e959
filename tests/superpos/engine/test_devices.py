"""A sweep on one device and on four, each number of them in a process of its own."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.superpos.builds import ROOT

NUMBERS = (1, 4)
SOURCE = re.compile(r"^\d+ [{\"].*\n|, metadata=\{[^}]*\}", re.MULTILINE)
# 3 densities by 5 seeds in chunks of 2 are 10 chunks, half of them padded: one device takes all,
# and of four some take two and some take three.
SWEEP = """
import json, os, sys
import jax, numpy as np
jax.config.update("jax_debug_key_reuse", True)
from superpos.engine import launch
from superpos.train import sweep
from superpos.store.grid import make_grid
from superpos.engine.plan import Chunk
from superpos.store.width import Width
from superpos.engine.program import compile_chunk
from tests.superpos.builds import autoencoders

AXES = {"density": [0.1, 0.5, 0.9], "seed": [0, 1, 2, 3, 4]}

build = autoencoders(n_features=4, n_steps=40, log_every=20)

def run(store=None, **changes):
    arguments = {"key": jax.random.key(5), "axes": AXES, "chunk": 2, "spec": {"n": 4}, **changes}
    return sweep(build, store=store, **arguments)

def save(path, dataset):
    names = sorted(dataset.data_vars)
    np.savez(path, **{name: dataset[name].values for name in names})
"""

WHOLE = """
reports = []
save(sys.argv[1] + "/whole", run(sys.argv[1] + "/whole_store", on_progress=reports.append))
facts = {"steps": [r.steps_done for r in reports], "n_devices": jax.local_device_count()}
facts["members"] = reports[-1].members_done
points = {"density": np.float32([0.1, 0.5, 0.9])}
program = compile_chunk(build, points, Width(2, 3), jax.random.key(5).dtype, jax.local_devices())
facts["texts"] = [e.advance.as_text() + e.init.as_text() for e in program.executables]
grid, chunk = make_grid(AXES, ()), Chunk(np.array([0, 1]), np.arange(3))
facts["places"] = []
for e in program.executables:
    points, key, seeds = launch.inputs(grid, jax.random.key(5), program.width, e.device, chunk)
    carry = e.advance(points, {}, e.init(points, {}, key, seeds))[0]
    facts["places"].append([str(e.device), *map(str, carry.params.W.devices())])
json.dump(facts, open(sys.argv[1] + "/facts", "w"))
save(sys.argv[1] + "/one", run(devices=jax.local_devices()[:1]))

def on_progress(report):
    if report.members_done >= 4:
        raise KeyboardInterrupt
try:
    run(sys.argv[1] + "/store", on_progress=on_progress)
except KeyboardInterrupt:
    pass
"""

RESUMED = """
reports = []
save(sys.argv[1] + "/resumed", run(sys.argv[1] + "/store", on_progress=reports.append))
json.dump(reports[0].members_done, open(sys.argv[1] + "/n_found", "w"))
"""


def on_devices(n_devices, script, folder):
    # The same NPROC, for XLA splits a product over so many threads.
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": str(n_devices), "NPROC": "8"}
    command = [sys.executable, "-c", SWEEP + script, str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """By number of devices: results and facts of a whole sweep, and the folder of one cut short."""
    results = {}
    for n_devices in NUMBERS:
        folder = tmp_path_factory.mktemp(f"devices_{n_devices}")
        on_devices(n_devices, WHOLE, folder)
        facts = json.loads((folder / "facts").read_text())
        arrays = {name: dict(np.load(folder / f"{name}.npz")) for name in ("whole", "one")}
        results[n_devices] = {"facts": facts, "folder": folder, **arrays}
    return results


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert (values.shape, values.dtype) == (other[name].shape, other[name].dtype), name
        assert values.tobytes() == other[name].tobytes(), name


@pytest.mark.slow
def test_members_are_the_same_bit_for_bit_on_any_number_of_devices(ran):
    whole = ran[1]["whole"]
    assert whole["W"].shape == (3, 5, 4, 2)
    assert len(np.unique(whole["W"].reshape(15, 8), axis=0)) == 15
    assert [ran[n]["facts"]["n_devices"] for n in NUMBERS] == [*NUMBERS]
    for n_devices in NUMBERS:
        assert_same_bits(whole, ran[n_devices]["whole"])
        assert_same_bits(whole, ran[n_devices]["one"])


@pytest.mark.slow
def test_devices_exchange_nothing(ran):
    collectives = "all-reduce", "all-gather", "all-to-all", "collective", "reduce-scatter"
    words = *collectives, "num_partitions=", "replica_count="
    for n_devices, results in ran.items():
        # Without the lines of source code: the first device is compiled for elsewhere in it.
        texts = [re.sub(SOURCE, "", text) for text in results["facts"]["texts"]]
        assert len(texts) == n_devices
        assert len({*texts}) == 1
        assert "fusion" in texts[0]
        assert not [word for word in words if word in texts[0]]


@pytest.mark.slow
def test_every_device_holds_a_chunk_of_its_own(ran):
    for n_devices, results in ran.items():
        wanted, held = zip(*results["facts"]["places"], strict=True)
        assert held == wanted
        assert len({*held}) == n_devices


@pytest.mark.slow
def test_padding_is_neither_counted_nor_kept(ran):
    for results in ran.values():
        facts, whole = results["facts"], results["whole"]
        assert facts["members"] == 15
        assert facts["steps"][-1] == max(facts["steps"]) == 15 * 40
        assert facts["steps"] == sorted(facts["steps"])
        assert (whole["status"] == "ok").all()
        assert (whole["diverged_step"] == -1).all()


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [NUMBERS, NUMBERS[::-1]])
def test_a_sweep_goes_on_on_another_number_of_devices(ran, first, then):
    folder = ran[first]["folder"]
    on_devices(then, RESUMED, folder)
    n_found = json.loads((folder / "n_found").read_text())
    assert 4 <= n_found < 15
    assert_same_bits(ran[1]["whole"], dict(np.load(folder / "resumed.npz")))
