"""Labels of the members of a sweep: the numbers that were written, wherever they are read."""

import jax
import numpy as np
import pytest
import xarray

from superpos.arguments import ArgumentError
from superpos.store import files
from superpos.store.export import export
from superpos.train import store, sweep

TARGETS = [0.05, 0.30000000000000004, 1.0]
AXES = {"seed": range(3), "target": TARGETS, "learning_rate": [1, 2]}


@pytest.fixture(scope="module")
def trained(make_toy, tmp_path_factory):
    """A sweep, the call that made it, and its folder; not to be changed but for the header."""
    folder = tmp_path_factory.mktemp("sweep")
    steps = []

    def again():
        steps.clear()
        return sweep(
            make_toy(),
            key=jax.random.key(0),
            axes=AXES,
            store=folder,
            spec={"a": 1},
            on_progress=lambda report: steps.append(report.steps),
        )

    return again(), again, folder, steps


def assert_as_written(dataset):
    assert dataset["target"].values.tolist() == TARGETS
    assert (dataset["target"].dtype, dataset["learning_rate"].dtype) == (np.float64, np.int64)
    assert dataset["seed"].dtype == np.int64
    assert (dataset["seed"] - 1).values.tolist() == [-1, 0, 1]
    theory = xarray.DataArray(np.zeros(3), {"target": TARGETS}, "target")
    assert (dataset["size"] + theory).sizes["target"] == 3


def test_labels_are_the_numbers_that_were_written(trained, tmp_path):
    dataset, _, folder, _ = trained
    assert_as_written(dataset)
    assert_as_written(store.open(folder))
    export(dataset, tmp_path / "all.nc")
    with xarray.open_dataset(tmp_path / "all.nc", engine="h5netcdf") as written:
        assert_as_written(written.load())


def test_a_store_of_an_older_version_opens_with_the_same_labels_and_goes_on(trained):
    _, again, folder, steps = trained
    header = files.read_header(folder)
    header["axes"] = {
        name: [int(value) if name == "seed" else float(np.float32(value)) for value in values]
        for name, values in header["axes"].items()
    }
    del header["labels"]
    files.write_header(folder, header)
    opened = store.open(folder)
    assert opened["target"].values.tolist() == [0.05, 0.3, 1.0]  # the shortest in float32
    assert opened["seed"].dtype == np.int64
    assert (opened["status"] == "ok").all()
    assert_as_written(again())
    assert steps == []  # nothing was trained
    assert_as_written(store.open(folder))


def test_the_program_is_given_float32_whatever_was_written(trained, make_toy):
    dataset, *_ = trained
    axes = {name: np.asarray(values, np.float32) for name, values in AXES.items()}
    other = sweep(make_toy(), key=jax.random.key(0), axes={**axes, "seed": np.arange(3)})
    assert other["W"].values.tobytes() == dataset["W"].values.tobytes()
    np.testing.assert_array_equal(other["target"], np.float32(TARGETS))  # as they were written


def test_two_labels_of_one_number_are_refused_wherever_they_are(make_toy, one_line):
    axes = {"target": [0.1, 0.3, 0.1 + 1e-9], "learning_rate": [1, 2, 3]}
    with pytest.raises(ArgumentError) as refusal:
        sweep(make_toy(), key=jax.random.key(0), axes=axes, zipped=[["target", "learning_rate"]])
    assert one_line(refusal, "target: [0.1, 0.100000001] is one number in float32")
