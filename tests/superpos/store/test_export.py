import csv
import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
import xarray

from superpos.arguments import ArgumentError
from superpos.store import export as export_module
from superpos.store import multirun
from superpos.store.export import export
from superpos.train import store

SUFFIXES = ("zarr", "nc", "parquet", "csv")
TABLES = {
    "parquet": pandas.read_parquet,
    "csv": lambda path: pandas.read_csv(path, keep_default_na=False, na_values=["nan"]),
}


@pytest.fixture(scope="module")
def folder(train_group, members_of, tmp_path_factory):
    """A multirun over density, n_hidden, seed, and names; its groups took other steps."""
    folder = tmp_path_factory.mktemp("multirun")
    rows = train_group(folder, 2, n_steps=6) + train_group(folder, 3, check_fragile=True)
    members = members_of(rows[:-1] + [{**rows[-1], "id": "f" * 16}])
    names = {2: "adam", 3: "=SUM(A1)"}
    column = [names[n_hidden] for n_hidden in members.values["model.n_hidden"]]
    keys = ("data.density", "optim", "seed")
    values = {**members.values, "optim": column}
    members = members._replace(keys=keys, values={key: values[key] for key in keys})
    multirun.write(folder, members, {"data.kind": "sparse_uniform", "a": None})
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return store.open(folder)


def back(path):
    """Read a whole Dataset back."""
    engine = {"engine": "h5netcdf"} if path.suffix == ".nc" else {"engine": "zarr"}
    with xarray.open_dataset(path, **engine) as opened:
        return opened.load()


def dtypes(dataset):
    """By name; those of texts of any length are the same."""
    return {
        name: "text" if array.dtype.kind == "U" else array.dtype
        for name, array in dataset.variables.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["zarr", "nc"])
@pytest.mark.parametrize("kind", ["multirun", "jobs", "sweep", "missing"])
def test_all_of_it_is_read_back_as_it_was(dataset, folder, tmp_path, suffix, kind):
    if kind == "jobs":
        dataset = dataset.stack(job=[*dataset.status.dims]).reset_index("job")
    elif kind == "sweep":
        dataset = store.open(folder / "groups" / "hidden_3")
    elif kind == "missing":
        found, base = multirun.read(folder)
        multirun.write(tmp_path / "new", found, base)
        dataset = store.open(tmp_path / "new")
    path = tmp_path / f"results.{suffix}"
    export(dataset, path)
    again = back(path)
    xarray.testing.assert_identical(again, dataset)
    assert dtypes(again) == dtypes(dataset)


@pytest.mark.parametrize("suffix", ["zarr", "nc"])
def test_odd_texts_numbers_and_bools_are_read_back_as_they_were(tmp_path, suffix):
    coords = {
        "seed": ("seed", np.array([0, 2**32 - 1], np.uint32), {"key": "seed"}),
        "optim": ("optim", np.array(["", "née", "=1+1"])),
        "bias": ("optim", np.array([True, False, True]), {"key": "model.bias"}),
    }
    odd = xarray.Dataset(
        {
            "status": (("seed", "optim"), np.full((2, 3), "ok")),
            "state.count": (("seed",), np.array([0, 255], np.uint8)),
            "W.row": (("seed",), np.array([np.nan, -np.inf], np.float32)),
            "number": ((), np.int64(-1)),
        },
        coords,
        {"config": "x" * 200_000},  # more than an attribute of HDF5 holds on its own
    )
    export(odd, tmp_path / f"odd.{suffix}")
    again = back(tmp_path / f"odd.{suffix}")
    xarray.testing.assert_identical(again, odd)
    assert dtypes(again) == dtypes(odd)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_has_a_row_per_member_with_its_numbers(dataset, tmp_path, suffix):
    export(dataset, tmp_path / f"table.{suffix}")
    table = TABLES[suffix](tmp_path / f"table.{suffix}")
    assert list(table.columns) == [
        *("density", "optim", "seed", "group", "status"),
        *("diverged_step", "sensitivity", "fragile", "step", "train_loss"),
    ]
    assert len(table) == dataset.status.size == 12
    n_missing = 0
    for _, row in table.iterrows():
        one = dataset.sel(density=row.density, optim=row.optim.lstrip("'"), seed=row.seed)
        assert row.status == one.status.item()
        assert row.diverged_step == one.diverged_step.item()
        assert row.fragile == one.fragile.item()
        n_missing += row.status == "missing"
        if row.status == "ok":
            assert row.step == (6 if row.optim == "adam" else 4)
        loss = one.train_loss.sel(step=row.step).values
        np.testing.assert_array_equal(np.float32(row.train_loss), loss)
        assert np.isnan(loss) == (row.status == "missing")
        np.testing.assert_array_equal(np.float32(row.sensitivity), one.sensitivity.values)
    assert n_missing == 1


def small(**variables):
    """Two members, called a and b."""
    coords = {"name": ["a", "b"], "step": [2, 4]}
    status = ("name", ["ok", "ok"])
    return xarray.Dataset({"status": status, **variables}, coords)


def test_the_loss_of_a_member_that_diverged_is_that_of_the_last_step(tmp_path):
    loss = (("name", "step"), np.float32([[1, np.nan], [2, np.nan]]))
    dataset = small(train_loss=loss).assign(status=("name", ["ok", "diverged@3"]))
    export(dataset, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == ["name,status,step,train_loss", "a,ok,2,1.0", "b,diverged@3,4,nan"]


def test_arrays_are_left_out_and_the_order_of_dimensions_does_not_matter(tmp_path):
    dataset = small(
        norms=(("step", "name", "feature"), np.zeros((2, 2, 5))),
        b=(("name", "feature"), np.zeros((2, 5))),
        count=(("step", "name"), [[1, 2], [3, 4]]),
        whole=((), 1.0),
    )
    export(dataset, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        *("name,status,step,count", "a,ok,4,3", "b,ok,4,4")
    ]


def test_zipped_axes_and_a_dimension_called_member_are_columns(tmp_path):
    coords = {"member": [1, 2], "rate": ("member", [0.1, 0.2]), "fixed": 7}
    dataset = xarray.Dataset({"status": ("member", ["ok", "missing"])}, coords)
    export(dataset, tmp_path / "a.csv")
    rows = [*csv.DictReader((tmp_path / "a.csv").read_text().splitlines())]
    assert rows == [
        {"member": "1", "rate": "0.1", "fixed": "7", "status": "ok"},
        {"member": "2", "rate": "0.2", "fixed": "7", "status": "missing"},
    ]


@pytest.mark.parametrize("suffix", TABLES)
def test_a_single_member_without_an_axis_is_a_row(tmp_path, suffix):
    dataset = xarray.Dataset(
        {"status": ((), "ok"), "loss": ("step", [0.5, 0.25])}, {"step": [1, 2]}
    )
    export(dataset, tmp_path / f"a.{suffix}")
    table = TABLES[suffix](tmp_path / f"a.{suffix}")
    assert table.to_dict("list") == {"status": ["ok"], "step": [2], "loss": [0.25]}


@pytest.mark.parametrize("suffix", TABLES)
def test_metrics_without_a_step_are_left_out(tmp_path, suffix):
    dataset = small().isel(step=[]).assign(loss=(("name", "step"), np.zeros((2, 0))))
    export(dataset, tmp_path / f"a.{suffix}")
    assert list(TABLES[suffix](tmp_path / f"a.{suffix}").columns) == ["name", "status"]


TEXTS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a=1", "'=1", "", 'a"b,c\nd']


def test_no_text_of_a_csv_begins_as_a_formula_does_and_numbers_stay_numbers(tmp_path):
    dataset = xarray.Dataset(
        {"status": ("-name", ["ok"] * len(TEXTS)), "loss": ("-name", [-1.5] * len(TEXTS))},
        {"-name": TEXTS},
    )
    export(dataset, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["'-name", "status", "loss"]
    expected = [f"'{text}" if text[:1] in [*"=+-@\t\r"] else text for text in TEXTS]
    assert [row[0] for row in rows] == expected
    assert {row[2] for row in rows} == {"-1.5"}
    export(dataset, tmp_path / "a.parquet")
    assert pandas.read_parquet(tmp_path / "a.parquet")["-name"].tolist() == TEXTS


def test_numbers_of_a_csv_are_exact(tmp_path):
    values = np.random.default_rng(0).normal(size=2).astype(np.float32)
    export(small(loss=("name", values)), tmp_path / "a.csv")
    rows = [*csv.DictReader((tmp_path / "a.csv").read_text().splitlines())]
    np.testing.assert_array_equal(np.float32([row["loss"] for row in rows]), values)


@pytest.mark.parametrize("name", ["a", "a.txt", "a.nc.gz", ".nc", "a.CSV", "a.safetensors"])
def test_another_suffix_is_refused_in_one_line_listing_them(tmp_path, one_line, name):
    with pytest.raises(ArgumentError) as refusal:
        export(small(), tmp_path / name)
    assert one_line(refusal, name, ".zarr, .nc, .parquet, .csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("there", ["file", "folder", "dangling link"])
def test_what_is_there_already_is_left_alone(tmp_path, one_line, suffix, there):
    path = tmp_path / f"a.{suffix}"
    if there == "file":
        path.write_text("mine")
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ArgumentError) as refusal:
        export(small(), path)
    assert one_line(refusal, str(path), "already")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert there != "file" or path.read_text() == "mine"


@pytest.mark.parametrize(
    ("suffix", "library"),
    [("zarr", "zarr"), ("nc", "h5netcdf"), ("nc", "h5py"), ("parquet", "pyarrow")],
)
def test_a_missing_library_is_said_in_one_line_naming_the_extra(
    tmp_path, one_line, monkeypatch, suffix, library
):
    find_spec = export_module.find_spec
    monkeypatch.setattr(
        export_module, "find_spec", lambda name: None if name == library else find_spec(name)
    )
    with pytest.raises(ArgumentError) as refusal:
        export(small(), tmp_path / f"a.{suffix}")
    assert one_line(refusal, library, "pip install 'superpos[export]'")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_nothing_and_is_refused_in_one_line(
    tmp_path, one_line, monkeypatch, suffix
):
    def fsync(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(ArgumentError) as refusal:
        export(small(), tmp_path / f"a.{suffix}")
    assert one_line(refusal, f"a.{suffix}", "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_place_that_cannot_be_written_is_refused_in_one_line(tmp_path, one_line, suffix):
    (tmp_path / "file").write_text("mine")
    names = (f"no/a.{suffix}", f"file/a.{suffix}", f"{'a' * 300}.{suffix}")
    for path in map(tmp_path.joinpath, names):
        with pytest.raises(ArgumentError) as refusal:
            export(small(), path)
        assert one_line(refusal, str(path))
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


KILLED = """
import os, sys
import xarray
from superpos.store.export import export
real = os.fsync
def fsync(descriptor):
    os.kill(os.getpid(), 9)
os.fsync = fsync
export(xarray.Dataset({"status": ("a", ["ok"])}, {"a": [1]}), sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["zarr", "csv"])
def test_a_kill_before_the_end_leaves_nothing_under_the_name(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    command = [sys.executable, "-c", KILLED, str(path)]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[3], check=False)
    assert done.returncode == -9
    assert [each.suffix for each in tmp_path.iterdir()] == [".part"]
    export(small(), path)
    assert path.exists()
