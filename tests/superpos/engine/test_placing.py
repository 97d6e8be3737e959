"""Where assets lie: one buffer for all devices of a CPU, and none that is not there."""

import json
import os
import subprocess
import sys
import types

import jax
import ml_dtypes
import numpy as np
import pytest

from superpos.engine import placing
from superpos.engine.assets import aligned, asset
from tests.superpos.builds import ROOT

SCRIPT = """
import json
import jax, numpy as np
from superpos.engine.assets import aligned, asset
from superpos.engine.placing import placed

def places(array):
    devices = jax.local_devices()
    on = placed({"x": asset({"rows": array}).arrays}, devices)
    leaves = [on[device]["x"]["rows"] for device in devices]
    assert [leaf.devices() for leaf in leaves] == [{device} for device in devices]
    for leaf in leaves:
        np.testing.assert_array_equal(leaf, array)
    return [leaf.unsafe_buffer_pointer() for leaf in leaves]

rows = aligned((1000, 3), np.float32)
rows[...] = np.arange(3000).reshape(1000, 3)
moved = aligned((3001,), np.float32)[1:]
moved[...] = rows.ravel()
double = np.arange(3000, dtype=np.float64).reshape(1000, 3)
at = [places(rows), rows.ctypes.data, places(moved), moved.ctypes.data, places(double)]
print(json.dumps(at))
"""


@pytest.mark.slow
def test_two_devices_of_a_cpu_read_one_buffer():
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": "2"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    buffers, given, of_moved, moved, of_double = json.loads(done.stdout)
    assert buffers == [given] * 2
    # What is not aligned is copied once, for both.
    assert len({*of_moved}) == 1
    assert of_moved[0] != moved
    # As is what no program sees as it is.
    assert len({*of_double}) == 1


def test_the_bytes_and_the_shapes_are_those_that_a_program_sees():
    arrays = {
        "a": {"x": np.zeros((3, 4), np.float32), "y": np.zeros(5, ml_dtypes.bfloat16)},
        "b": [np.zeros((2, 2), np.float64), np.zeros((), np.int64), np.zeros((0, 7), bool)],
    }
    shapes = placing.shapes_of(arrays)
    assert [*placing.named_shapes(shapes)] == [
        ("['a']['x']", (3, 4), "float32"),
        ("['a']['y']", (5,), "bfloat16"),
        ("['b'][0]", (2, 2), "float32"),
        ("['b'][1]", (), "int32"),
        ("['b'][2]", (0, 7), "bool"),
    ]
    assert placing.nbytes(shapes) == 48 + 10 + 16 + 4 + 0
    assert placing.nbytes(arrays) == 48 + 10 + 32 + 8 + 0
    assert placing.nbytes({}) == 0


def test_an_asset_that_no_device_holds_is_one_line(monkeypatch, one_line):
    def refuse(*args):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating\nlines")

    rows = asset(aligned((2**18, 2), np.float32)).arrays
    with monkeypatch.context() as patch:
        patch.setattr(placing.jax, "device_put", refuse)
        with pytest.raises(MemoryError) as refusal:
            placing.placed({"x": rows}, [types.SimpleNamespace()])
    assert one_line(refusal, "assets of 0.00195 GiB do not fit into the memory of a device")


def test_another_error_of_a_device_is_its_own(monkeypatch):
    def refuse(*args):
        raise jax.errors.JaxRuntimeError("INTERNAL: no")

    with monkeypatch.context() as patch:
        patch.setattr(placing.jax, "device_put", refuse)
        with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
            placing.placed({"x": np.zeros(2)}, [types.SimpleNamespace()])
