"""A sweep on one, two and eight devices, each number of them in a process of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

# 3 densities by 5 seeds in chunks of 2 are 10 chunks, half of them padded: on eight devices there
# are two rounds, and six devices have nothing of their own in the second.
SWEEP = """
import json, os, sys
import jax, numpy as np
jax.config.update("jax_debug_key_reuse", True)
from superpos import data, models, optim
from superpos.train import FitSpec, launch, sweep, training
from superpos.train.grid import make_grid
from superpos.train.plan import Chunk, Width
from superpos.train.program import compile_chunk

AXES = {"density": [0.1, 0.5, 0.9], "seed": [0, 1, 2, 3, 4]}

def build(point):
    return training(
        model=models.autoencoder(n_features=4, n_hidden=2),
        source=data.sparse_uniform(n_features=4, density=point["density"]),
        tx=optim.adam(learning_rate=1e-2),
        probe=lambda params, state, key: {"norms": (params.W**2).sum(-1)},
        spec=FitSpec(n_steps=40, batch_size=16, log_every=20),
    )

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
facts["text"] = program.advance.as_text() + program.init.as_text()
grid = make_grid(AXES, ())
chunks = [Chunk(np.array([0, 1]), np.arange(3)), Chunk(np.array([4]), np.array([2]))]
_, carry = launch.start(grid, jax.random.key(5), program, chunks[: jax.local_device_count()])
W = carry.params.W
facts["parts"] = [[str(s.device), s.data.shape, s.index[0].indices(len(W))[:2]]
                  for s in W.addressable_shards]
facts["shape"] = W.shape
json.dump(facts, open(sys.argv[1] + "/facts", "w"))
save(sys.argv[1] + "/one", run(devices=jax.local_devices()[:1]))
"""

INTERRUPTED = """
def on_progress(report):
    if report.members_done >= 4:
        raise KeyboardInterrupt
try:
    run(sys.argv[1] + "/store", on_progress=on_progress)
except KeyboardInterrupt:
    pass
"""

RESUMED = """
from superpos.train.files import StoreError
reports, refusal, changes = [], "", {}
try:
    run(sys.argv[1] + "/store", on_progress=reports.append)
except StoreError as error:
    refusal, changes = str(error), {"allow_numerics_change": True}
save(sys.argv[1] + "/resumed", run(sys.argv[1] + "/store", **changes))
json.dump([refusal, reports[0].members_done if reports else 0], open(sys.argv[1] + "/facts", "w"))
"""


def on_devices(n_devices, script, folder):
    # The same NPROC, for XLA splits a product over so many threads.
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": str(n_devices), "NPROC": "8"}
    command = [sys.executable, "-c", SWEEP + script, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The results and the facts of an undisturbed sweep, by the number of devices."""
    results = {}
    for n_devices in (1, 2, 8):
        folder = tmp_path_factory.mktemp(f"devices_{n_devices}")
        on_devices(n_devices, WHOLE, folder)
        facts = json.loads((folder / "facts").read_text())
        arrays = {name: dict(np.load(folder / f"{name}.npz")) for name in ("whole", "one")}
        results[n_devices] = {"facts": facts, **arrays}
    return results


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert (values.shape, values.dtype) == (other[name].shape, other[name].dtype), name
        assert values.tobytes() == other[name].tobytes(), name


@pytest.mark.slow
def test_members_are_the_same_bit_for_bit_on_two_devices_and_on_eight(ran):
    whole = ran[2]["whole"]
    assert whole["W"].shape == (3, 5, 4, 2)
    assert len(np.unique(whole["W"].reshape(15, 8), axis=0)) == 15
    assert [ran[n]["facts"]["n_devices"] for n in (1, 2, 8)] == [1, 2, 8]
    assert_same_bits(whole, ran[8]["whole"])


@pytest.mark.slow
def test_members_are_the_same_bit_for_bit_on_one_device_of_any_number(ran):
    for n_devices in (1, 2, 8):
        assert_same_bits(ran[1]["whole"], ran[n_devices]["one"])


@pytest.mark.slow
def test_one_device_and_several_differ_by_no_more_than_the_order_of_sums(ran):
    for name in ("W", "b", "norms", "train_loss"):
        one, several = ran[1]["whole"][name], ran[8]["whole"][name]
        np.testing.assert_allclose(one, several, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_devices_exchange_nothing(ran):
    collectives = "all-reduce", "all-gather", "all-to-all", "collective", "reduce-scatter"
    for n_devices, results in ran.items():
        text = results["facts"]["text"]
        assert "fusion" in text
        assert f"num_partitions={n_devices}" in text or n_devices == 1
        assert not [word for word in collectives if word in text]


@pytest.mark.slow
def test_every_device_holds_one_chunk(ran):
    for n_devices, results in ran.items():
        facts = results["facts"]
        assert facts["shape"] == [n_devices, 2, 3, 4, 2]
        devices, shapes, places = zip(*facts["parts"], strict=True)
        assert len(set(devices)) == n_devices
        assert {tuple(shape) for shape in shapes} == {(1, 2, 3, 4, 2)}
        assert sorted(map(tuple, places)) == [(i, i + 1) for i in range(n_devices)]


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
def test_a_sweep_begun_on_two_devices_goes_on_on_eight(ran, tmp_path):
    on_devices(2, INTERRUPTED, tmp_path)
    on_devices(8, RESUMED, tmp_path)
    refusal, n_found = json.loads((tmp_path / "facts").read_text())
    assert refusal == ""
    assert 4 <= n_found < 15
    assert_same_bits(ran[2]["whole"], dict(np.load(tmp_path / "resumed.npz")))


@pytest.mark.slow
def test_a_sweep_begun_on_one_device_goes_on_on_several_only_where_bits_may_change(ran, tmp_path):
    on_devices(1, INTERRUPTED, tmp_path)
    on_devices(8, RESUMED, tmp_path)
    refusal, _ = json.loads((tmp_path / "facts").read_text())
    assert "partitioned was False and is True" in refusal
    assert "\n" not in refusal
    resumed = dict(np.load(tmp_path / "resumed.npz"))
    assert (resumed["status"] == "ok").all()
    np.testing.assert_allclose(resumed["W"], ran[1]["whole"]["W"], rtol=1e-5, atol=1e-6)
