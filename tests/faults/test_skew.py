"""Sweeps that another version wrote: read with the same numbers, or refused in one line."""

import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos.data import stateless
from superpos.store import files
from superpos.train import FitSpec, StoreError, store, sweep, training
from superpos.types import Batch, Model, Output

STORED = Path(__file__).with_name("stored")
"""A folder for each format that was ever released, as its code wrote it; none may be changed."""
AXES = {"target": [0.5, 2e38], "seed": [0, 1]}
SPEC = {"model.n": 2, "optim.kind": "sgd", "data.noise": 0.1, "schedule": None}


def build(point):
    """W (2,) goes a tenth of the way to the target, times 1 and 2, at each of four updates."""
    goal = jnp.float32([1, 2]) * point["target"]

    def init(key):
        return {"W": jnp.zeros(2)}, {"count": jnp.int32(0)}

    def loss(params, state, batch, key):
        return jnp.sum((params["W"] - goal) ** 2) / 2, ({"count": state["count"] + 1}, {})

    def sample(key, batch_size):
        zeros = jnp.zeros((batch_size, 1))
        return Batch(inputs=zeros, targets=zeros, factors=zeros)

    return training(
        model=Model(init, lambda params, state, x: Output(code=x, recon=x), loss),
        source=stateless(sample),
        tx=optax.sgd(0.1),
        probe=lambda params, state, key: {"size": jnp.sum(params["W"])},
        spec=FitSpec(n_steps=4, batch_size=1, log_every=2),
    )


@pytest.fixture
def stored(tmp_path):
    """A copy of the sweep of which the last of four members is missing, as it is written today."""
    return shutil.copytree(STORED / f"format_{files.FORMAT}", tmp_path / "stored")


@pytest.fixture
def old(tmp_path):
    """The same of the first format."""
    return shutil.copytree(STORED / "format_1", tmp_path / "old")


def resumed(folder):
    """The same sweep again, by the code of today; how many updates that took."""
    reports = []
    dataset = sweep(
        build,
        key=jax.random.key(0),
        axes=AXES,
        store=folder,
        spec=SPEC,
        allow_numerics_change=True,
        on_progress=reports.append,
    )
    return dataset, reports[-1].steps_done if reports else 0


def rewritten(folder, **changes):
    """The folder with a header that has other fields, or without those that are None."""
    header = {**files.read_header(folder), **changes}
    kept = {name: value for name, value in header.items() if value is not None}
    files.write_header(folder, kept)
    return folder


def assert_as_stored(dataset):
    """The numbers that were stored: a tenth of the way at each update is 1 - 0.9⁴ of it in four."""
    assert dataset.status.dims == ("target", "seed")
    np.testing.assert_array_equal(dataset.target, AXES["target"])
    np.testing.assert_array_equal(dataset.seed, AXES["seed"])
    np.testing.assert_array_equal(dataset.step, [2, 4])
    assert dataset.status.values.ravel()[:3].tolist() == ["ok", "ok", "diverged@1"]
    W = dataset.W.values
    assert W.dtype == np.float32
    exact = np.float32([0.17194999754428864, 0.34389999508857727])
    np.testing.assert_array_equal(W[0], [exact, exact])
    np.testing.assert_allclose(exact, 0.5 * np.array([1, 2]) * (1 - 0.9**4), rtol=1e-6)
    np.testing.assert_array_equal(W[1, 0], [0, 0])
    np.testing.assert_array_equal(
        dataset["size"][0, 0], np.float32([0.2849999964237213, 0.5158500075340271])
    )
    np.testing.assert_array_equal(dataset["state.count"].values.ravel()[:3], [4, 4, 0])


@pytest.mark.parametrize("number", range(files.OLDEST, files.FORMAT + 1))
def test_a_stored_sweep_reads_back_with_the_numbers_it_was_written_with(number):
    dataset = store.open(STORED / f"format_{number}")
    assert_as_stored(dataset)
    assert dataset.status.values[1, 1] == "missing"
    assert '"jax": "0.10.2"' in dataset.attrs["fingerprint"]


def test_all_formats_open_as_the_same_dataset():
    first, *others = (
        store.open(STORED / f"format_{number}").drop_attrs(deep=False)
        for number in range(files.OLDEST, files.FORMAT + 1)
    )
    assert others
    for other in others:
        assert other.identical(first)


def test_a_sweep_of_an_older_format_is_read_only(old, one_line, snapshot):
    before, header = snapshot(old), (old / "sweep.json").read_bytes()
    with pytest.raises(StoreError) as refusal:
        resumed(old)
    assert one_line(refusal, f"{old}/sweep.json: format 1, which this version only reads;")
    assert one_line(refusal, "choose another folder")
    assert (snapshot(old), (old / "sweep.json").read_bytes()) == (before, header)


def test_a_stored_sweep_goes_on(stored, snapshot):
    before = snapshot(stored)
    dataset, steps = resumed(stored)
    assert steps == 4  # the one member that is missing
    assert_as_stored(dataset)
    assert (dataset.status != "missing").all()
    after = snapshot(stored)
    assert {name: after[name] for name in before} == before


def test_a_newer_format_is_refused_in_one_line(stored, one_line, snapshot, monkeypatch):
    before = snapshot(stored)
    with monkeypatch.context() as newer:
        newer.setattr(files, "FORMAT", files.FORMAT + 1)
        files.write_header(stored, {"anything": "else"})
    for use in (store.open, resumed):
        with pytest.raises(StoreError) as refusal:
            use(stored)
        assert one_line(refusal, str(stored), f"format {files.FORMAT + 1}", "this version reads")
    assert snapshot(stored) == before


def test_a_field_that_is_not_known_is_let_be(stored):
    rewritten(stored, note="of a version to come")
    assert_as_stored(store.open(stored))
    dataset, steps = resumed(stored)
    assert steps == 4
    assert_as_stored(dataset)


@pytest.mark.parametrize(
    "name", ["spec", "axes", "zipped", "fit", "coordinates", "schema", "width", "fingerprint"]
)
def test_a_field_that_is_missing_is_one_line_that_names_it(stored, one_line, snapshot, name):
    rewritten(stored, **{name: None})
    before = snapshot(stored)
    for use in (store.open, resumed):
        with pytest.raises(StoreError) as refusal:
            use(stored)
        assert one_line(refusal, str(stored), "damaged", name)
    assert snapshot(stored) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("W"),
        lambda arrays: arrays.update(more=np.zeros(1)),
        lambda arrays: arrays.update(W=np.zeros((1, 3), np.float32)),
        lambda arrays: arrays.update(W=np.zeros((2, 2), np.float32)),
        lambda arrays: arrays.update(W=np.zeros((1, 2), np.float64)),
    ],
    ids=["without", "more", "wider", "longer", "double"],
)
def test_a_sound_chunk_of_other_results_is_set_aside(stored, change):
    path = files.chunk_files(stored)[0]
    rows = files.read_chunk(path)
    change(rows.arrays)
    assert files.write_chunk(stored, rows) == path
    with pytest.warns(UserWarning, match=path.name):
        opened = store.open(stored)
    assert (opened.status == "missing").sum() == 2
    with pytest.warns(UserWarning, match="moved to .*quarantine"):
        dataset, steps = resumed(stored)
    assert steps == 8
    assert_as_stored(dataset)
