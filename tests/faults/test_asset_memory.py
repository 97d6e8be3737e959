"""Memory: a large asset is there once, however many members and devices read it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
N_COLUMNS = 64
N_BYTES = 300 * 2**20
WHOLE = N_BYTES // (4 * N_COLUMNS)

SCRIPT = """
import json, re, sys
from pathlib import Path
import jax, numpy as np
from superpos import data
from superpos.train import FitSpec, sweep, training
from superpos.engine.assets import aligned
from tests.superpos.toys import led

path, kind = sys.argv[1:]
if kind == "mapped":
    rows = np.load(path, mmap_mode="r")
else:
    n_rows = np.load(path, mmap_mode="r").shape[0]
    rows = aligned((n_rows, 64), np.float32)
    rows[...] = np.arange(64, dtype=np.float32)

def build(point, assets):
    source = data.examples(n_features=64, examples={"inputs": assets["x"]}, sampling="stream")
    spec = FitSpec(n_steps=20, batch_size=32, log_every=10)
    return training(**led(point["rate"], source=data.shared(data=source), spec=spec))

assert jax.local_device_count() == 2
axes = {"rate": [0.0, 0.1, 0.2, 0.3], "seed": [0, 1, 2, 3]}
dataset = sweep(build, key=jax.random.key(0), axes=axes, assets={"x": rows}, chunk=4)
# Unlike ru_maxrss, which begins at what the process had that started this one.
peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps([peak, dataset["w"].values[:, 0].tolist()]))
"""


def peak(path, kind):
    """Bytes that a sweep of 16 members on two devices takes at the most, and the members."""
    environment = {
        **os.environ,
        "JAX_NUM_CPU_DEVICES": "2",
        "MALLOC_MMAP_THRESHOLD_": "1000000",  # what is freed goes back at once
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), kind],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Number of rows -> a file with as many, each 0, 1, ..., 63."""
    folder = tmp_path_factory.mktemp("rows")
    found = {n_rows: folder / f"{n_rows}.npy" for n_rows in (1, WHOLE)}
    for n_rows, path in found.items():
        rows = np.lib.format.open_memmap(path, "w+", np.float32, (n_rows, N_COLUMNS))
        rows[...] = np.arange(N_COLUMNS, dtype=np.float32)
        rows.flush()
        del rows
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory: Linux only")
@pytest.mark.parametrize("kind", ["mapped", "made"])
def test_an_asset_of_300_megabytes_is_in_memory_once(files, kind):
    small, _ = peak(files[1], kind)
    # The larger of two: beside other tests a peak was once 30 MiB lower than alone.
    large, w = max(peak(files[WHOLE], kind) for _ in range(2))
    # Twenty batches of mean 31.5, of which each update takes the rate's part from w.
    np.testing.assert_allclose(w, 1 - np.float32([0, 0.1, 0.2, 0.3]) * 20 * 31.5, rtol=1e-4)
    assert 0.9 * N_BYTES < large - small < 1.25 * N_BYTES
