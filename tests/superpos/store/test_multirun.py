import json
import random
import shutil
import time

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.store import files, multirun, reading
from superpos.store.multirun import Members
from superpos.train import StoreError, store

BASE = {"data.kind": "sparse_uniform", "optim.clip": None, "fit.batch_size": 8, "a": 0.1}
DENSITIES, SEEDS = [0.5, 0.1], [0, 1, 2]
MEMBERS = Members(("a", "b.c"), {"a": [1, 2], "b.c": ["x", None]}, ["0" * 16, "1" * 16], ["g", "h"])


@pytest.fixture(scope="module")
def whole(train_group, tmp_path_factory):
    """A multirun in two groups, n_hidden 2 and 3, that is to be copied, and its rows."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, train_group(folder, 2) + train_group(folder, 3, check_fragile=True)


@pytest.fixture
def rows(whole, tmp_path):
    """The rows of the multirun of this test, whose groups are complete."""
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    return list(whole[1])


@pytest.fixture
def opened(tmp_path, members_of):
    """Write the rows down as the multirun of this test, and open it."""

    def opened(rows):
        multirun.write(tmp_path, members_of(rows), BASE)
        return store.open(tmp_path)

    return opened


def of_columns(folder, values):
    """Open a multirun none of whose members are on disk."""
    n = len(next(iter(values.values())))
    members = Members(tuple(values), values, [f"{number:016x}" for number in range(n)], ["g"] * n)
    multirun.write(folder, members, BASE)
    return store.open(folder)


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_product_has_a_dimension_per_key_and_each_member_is_that_of_its_group(
    rows, opened, tmp_path
):
    random.Random(0).shuffle(rows)
    dataset = opened(rows)
    assert dict(dataset.sizes) == {
        **{"density": 2, "n_hidden": 2, "seed": 3},
        **{"feature": 4, "hidden": 3, "step": 2},
    }
    assert dataset.status.dims == ("density", "n_hidden", "seed")
    assert dataset.density.values.tolist() == [0.1, 0.5]
    assert dataset.density.attrs == {"key": "data.density"}
    assert dataset.step.values.tolist() == [2, 4]
    assert (dataset.status == "ok").all()
    for n_hidden in (2, 3):
        group = store.open(tmp_path / "groups" / f"hidden_{n_hidden}")
        for density in DENSITIES:
            for seed in SEEDS:
                one = dataset.sel(density=density, n_hidden=n_hidden, seed=seed)
                other = group.sel(density=density, seed=seed)
                np.testing.assert_array_equal(one.W[:, :n_hidden], other.W)
                assert np.isnan(one.W[:, n_hidden:]).all()
                for name in ("b", "norms", "train_loss", "diverged_step", "status"):
                    np.testing.assert_array_equal(one[name], other[name])
                    assert one[name].dtype == other[name].dtype


def test_a_sensitivity_that_one_group_lacks_is_nan_and_not_fragile(rows, opened, tmp_path):
    dataset = opened(rows)
    group = store.open(tmp_path / "groups" / "hidden_3")
    assert np.isnan(dataset.sensitivity.sel(n_hidden=2)).all()
    assert not dataset.fragile.sel(n_hidden=2).any()
    of_group = group.sortby("density")
    for name in ("sensitivity", "fragile"):
        np.testing.assert_array_equal(dataset[name].sel(n_hidden=3), of_group[name])


def test_what_is_no_product_has_one_dimension_of_jobs(rows, opened, tmp_path):
    dataset = opened(rows[1:])
    assert dataset.status.dims == ("job",)
    assert dataset.job.values.tolist() == list(range(11))
    for name in ("density", "n_hidden", "seed"):
        assert dataset[name].dims == ("job",)
        assert dataset[name].values.tolist() == [row[name] for row in rows[1:]]
    assert dataset.seed.attrs == {"key": "seed"}
    group = store.open(tmp_path / "groups" / "hidden_2")
    for job, row in enumerate(rows[1:6]):
        other = group.sel(density=row["density"], seed=row["seed"])
        np.testing.assert_array_equal(dataset.W[job, :, :2], other.W)


def test_the_attributes_hold_what_is_shared_and_what_each_group_was_made_with(
    rows, opened, tmp_path
):
    attrs = {name: json.loads(text) for name, text in opened(rows).attrs.items()}
    headers = {n: files.read_header(tmp_path / "groups" / n) for n in ("hidden_2", "hidden_3")}
    assert attrs == {
        "config": BASE,
        "keys": ["data.density", "model.n_hidden", "seed"],
        "fingerprint": {name: header["fingerprint"] for name, header in headers.items()},
        "fit": {name: header["fit"] for name, header in headers.items()},
        "groups": {
            name: {"config": header["spec"], "axes": ["data.density", "seed"], "renamed": {}}
            for name, header in headers.items()
        },
    }


@pytest.mark.parametrize("gone", ["folder", "header"])
def test_the_members_of_a_group_that_is_not_there_are_missing(rows, opened, tmp_path, gone):
    group = tmp_path / "groups" / "hidden_3"
    shutil.rmtree(group) if gone == "folder" else (group / "sweep.json").unlink()
    dataset = opened(rows)
    assert dict(dataset.sizes)["hidden"] == 2
    assert (dataset.status.sel(n_hidden=3) == "missing").all()
    assert (dataset.status.sel(n_hidden=2) == "ok").all()
    assert np.isnan(dataset.W.sel(n_hidden=3)).all()
    assert (dataset.diverged_step.sel(n_hidden=3) == -1).all()
    assert set(json.loads(dataset.attrs["fit"])) == {"hidden_2"}


def test_a_multirun_that_has_not_begun_opens_with_all_missing(tmp_path, members_of, whole):
    multirun.write(tmp_path, members_of(whole[1]), BASE)
    dataset = store.open(tmp_path)
    assert (dataset.status == "missing").all()
    assert dataset.status.shape == (2, 2, 3)
    assert set(dataset.data_vars) == {"status", "diverged_step"}


def test_members_that_are_not_in_their_group_yet_are_missing(rows, opened):
    rows[4] = {**rows[4], "id": "f" * 16}
    rows[7] = {**rows[7], "group": "hidden_2"}
    expected = ["missing" if number in (4, 7) else "ok" for number in range(len(rows))]
    dataset = opened(rows)
    found = [
        dataset.status.sel(density=row["density"], n_hidden=row["n_hidden"], seed=row["seed"])
        for row in rows
    ]
    assert [status.item() for status in found] == expected


def test_members_of_a_group_that_are_not_in_the_multirun_are_left_out(rows, opened):
    kept = [row for row in rows if row["density"] == 0.5 and row["seed"] != 1]
    dataset = opened(kept)
    assert dataset.status.shape == (1, 2, 2)
    assert (dataset.status == "ok").all()


def test_a_damaged_chunk_is_left_out_with_a_warning(rows, opened, tmp_path):
    damage(files.chunk_files(tmp_path / "groups" / "hidden_2")[0])
    with pytest.warns(UserWarning, match="damaged chunk left out"):
        dataset = opened(rows)
    assert 0 < (dataset.status.sel(n_hidden=2) == "missing").sum() < 6
    assert (dataset.status.sel(n_hidden=3) == "ok").all()


def test_a_damaged_header_of_a_group_is_refused(rows, opened, tmp_path):
    damage(tmp_path / "groups" / "hidden_3" / "sweep.json")
    with pytest.raises(StoreError, match=r"hidden_3/sweep\.json: damaged"):
        opened(rows)


@pytest.mark.slow
def test_steps_are_the_union_and_nan_where_a_group_took_none(train_group, opened, tmp_path):
    rows = train_group(tmp_path, 2, n_steps=6, log_every=2)
    rows += train_group(tmp_path, 3, n_steps=9, log_every=3)
    dataset = opened(rows)
    assert dataset.step.values.tolist() == [2, 3, 4, 6, 9]
    for n_hidden, steps in ((2, [2, 4, 6]), (3, [3, 6, 9])):
        group = store.open(tmp_path / "groups" / f"hidden_{n_hidden}").sortby("density")
        one = dataset.train_loss.sel(n_hidden=n_hidden)
        np.testing.assert_array_equal(one.sel(step=steps), group.train_loss)
        assert np.isnan(one.drop_sel(step=steps)).all()


def toy(make_toy, **options):
    """The toy, for a group whose axes are data.density and seed."""
    build = make_toy(**options)
    return lambda point: build({"target": point["data.density"]})


@pytest.mark.slow
def test_what_only_one_group_has_is_filled_and_a_shared_dimension_is_as_long_as_the_longest(
    train_group, make_toy, opened, tmp_path
):
    state = {"signed": jnp.int16(0), "unsigned": jnp.uint8(0)}
    build = toy(make_toy, name="V", state=state)
    rows = train_group(tmp_path, 2) + train_group(tmp_path, 3, build=build, dims={"V": ["feature"]})
    dataset = opened(rows)
    ours, others = dataset.sel(n_hidden=3), dataset.sel(n_hidden=2)
    assert dataset.V.shape == (2, 2, 3, 4)
    group = store.open(tmp_path / "groups" / "hidden_3").sortby("density")
    np.testing.assert_array_equal(ours.V[..., :2], group.V)
    assert np.isnan(ours.V[..., 2:]).all() and np.isnan(others.V).all()
    assert np.isnan(ours.W).all() and np.isfinite(others.W).all()
    for name, dtype, fill in (("state.signed", "int16", -1), ("state.unsigned", "uint8", 0)):
        assert dataset[name].dtype == dtype
        assert (ours[name] == 4).all()
        assert (others[name] == fill).all()


@pytest.mark.slow
def test_integers_of_two_widths_are_kept_whole(train_group, make_toy, opened, tmp_path):
    rows = []
    for n_hidden, dtype in ((2, jnp.int16), (3, jnp.uint16)):
        build = toy(make_toy, state=dtype(0))
        rows += train_group(tmp_path, n_hidden, build=build, dims={})
    dataset = opened(rows)
    assert dataset.state.dtype == np.int32
    assert (dataset.state == 4).all()


def test_a_result_whose_dimensions_are_called_otherwise_gets_a_name_of_its_own(
    train_group, opened, tmp_path
):
    rows = train_group(tmp_path, 2) + train_group(tmp_path, 3, dims={"W": ["row", "column"]})
    dataset = opened(rows)
    assert dataset.W.dims[3:] == ("feature", "hidden")
    assert dataset["W.row.column"].dims[3:] == ("row", "column")
    assert np.isfinite(dataset.W.sel(n_hidden=2)).all()
    assert np.isfinite(dataset["W.row.column"].sel(n_hidden=3)).all()
    assert np.isnan(dataset.W.sel(n_hidden=3)).all()


def test_a_member_that_diverged_says_when(train_group, make_toy, opened, tmp_path):
    build = toy(make_toy, nan_below=0.5)
    rows = train_group(tmp_path, 2, build=build, seeds=range(6), dims={})
    dataset = opened(rows)
    group = store.open(tmp_path / "groups" / "hidden_2").sortby("density")
    assert len(np.unique(group.status)) > 1
    np.testing.assert_array_equal(dataset.status.sel(n_hidden=2), group.status)


@pytest.mark.parametrize(
    ("column", "axis"),
    [
        ([3, 1, 2], [1, 2, 3]),
        ([3, 1.5, -2], [-2.0, 1.5, 3.0]),
        (["sgd", "adam", "lion"], ["sgd", "adam", "lion"]),
        ([True, False], [True, False]),
        ([False, True], [False, True]),
        ([1.5, None], ["1.5", "none"]),
        (["x", 1, True, None], ["x", "1", "true", "none"]),
        ([4294967295, 0], [0, 4294967295]),
        ([None], ["none"]),
        (["=1+1", "-x", ""], ["=1+1", "-x", ""]),
    ],
    ids=str,
)
def test_the_coordinate_of_a_key(tmp_path, column, axis):
    dataset = of_columns(tmp_path, {"model.a": column})
    assert dataset.a.dims == ("a",)
    assert dataset.a.values.tolist() == axis
    assert dataset.a.dtype == np.asarray(axis).dtype


@pytest.mark.parametrize("column", [[1, "1"], [None, "none"], [1, 1.0], [True, "true"]], ids=str)
def test_values_that_have_one_label_are_jobs(tmp_path, column):
    dataset = of_columns(tmp_path, {"a": column})
    assert dataset.status.dims == ("job",)
    assert len({*dataset.a.values.tolist()}) == 1


def test_values_that_are_not_numbers_come_in_the_order_of_their_first_appearance(tmp_path):
    dataset = of_columns(tmp_path, {"a": ["z", "z", "b", "b"], "b": [2, 1, 1, 2]})
    assert dataset.a.values.tolist() == ["z", "b"]
    assert dataset.b.values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["data.density", "seed"], ["density", "seed"]),
        (["data.n", "model.n"], ["data.n", "model.n"]),
        (["data.p.0", "data.p.1"], ["data.p.0", "data.p.1"]),
        (["fit.step", "status"], ["config.fit.step", "config.status"]),
        (["diverged_step", "job"], ["config.diverged_step", "config.job"]),
    ],
)
def test_dimensions_are_called_after_the_last_part_of_the_key_where_it_is_free(
    tmp_path, keys, names
):
    dataset = of_columns(tmp_path, {keys[0]: [1, 1, 2, 2], keys[1]: [1, 2, 1, 2]})
    assert list(dataset.status.dims) == names
    assert [dataset[name].attrs["key"] for name in names] == keys


def test_a_key_called_as_a_result_or_a_dimension_of_one_gets_out_of_its_way(
    rows, members_of, tmp_path
):
    members = members_of(rows)
    renamed = dict(zip(members.keys, ("x.W", "x.hidden", "x.seed"), strict=True))
    values = {renamed[key]: column for key, column in members.values.items()}
    multirun.write(tmp_path, members._replace(keys=tuple(values), values=values), BASE)
    assert store.open(tmp_path).W.dims == (
        *("config.x.W", "config.x.hidden", "seed"),
        *("feature", "hidden"),
    )


@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    order=st.randoms(use_true_random=False),
    n_dropped=st.integers(0, 1),
)
def test_every_order_of_a_product_is_the_product_and_nothing_less_is(
    tmp_path_factory, shape, order, n_dropped
):
    rows = [list(index) for index in np.ndindex(*shape)]
    order.shuffle(rows)
    kept = rows[n_dropped:]
    if not kept:
        return
    values = {f"k{number}": [row[number] for row in kept] for number in range(len(shape))}
    ids = [f"{number:016x}" for number in range(len(kept))]
    folder = tmp_path_factory.mktemp("product")
    multirun.write(folder, Members(tuple(values), values, ids, ["g"] * len(ids)), {})
    dims = store.open(folder).status.dims
    n_distinct = [len({*column}) for column in values.values()]
    assert dims == (tuple(values) if np.prod(n_distinct) == len(kept) else ("job",))


def test_the_members_are_read_as_they_were_written(tmp_path):
    assert multirun.read(tmp_path) is None
    folder = tmp_path / "new" / "folder"
    multirun.write(folder, MEMBERS, BASE)
    assert multirun.read(folder) == (MEMBERS, BASE)
    assert [path.name for path in folder.iterdir()] == ["multirun.json"]


def test_no_flipped_byte_gives_other_members(tmp_path):
    multirun.write(tmp_path, MEMBERS, BASE)
    path = tmp_path / "multirun.json"
    content, n_refused = path.read_bytes(), 0
    for position in range(len(content)):
        for mask in (0xFF, 1 << position % 8, 0x20):
            flipped = bytes([content[position] ^ mask])
            path.write_bytes(content[:position] + flipped + content[position + 1 :])
            try:
                # White space, or a digit beyond the precision of a number, may change.
                assert multirun.read(tmp_path) == (MEMBERS, BASE)
            except StoreError as error:
                assert "\n" not in str(error)
                n_refused += 1
    assert n_refused > 0.7 * 3 * len(content)


def test_truncated_members_are_refused(tmp_path, one_line):
    multirun.write(tmp_path, MEMBERS, BASE)
    content = (tmp_path / "multirun.json").read_bytes()
    for length in range(len(content)):
        (tmp_path / "multirun.json").write_bytes(content[:length])
        with pytest.raises(StoreError) as refusal:
            store.open(tmp_path)
        assert one_line(refusal, "multirun.json: damaged")


@pytest.mark.parametrize("garbage", [b"", b"{}", b"[]", b"1", b"\0" * 9, b"\xff", b"[" * 9999])
def test_garbage_is_refused_in_one_line(tmp_path, garbage, one_line):
    (tmp_path / "multirun.json").write_bytes(garbage)
    with pytest.raises(StoreError) as refusal:
        store.open(tmp_path)
    assert one_line(refusal, "multirun.json: damaged")


def test_a_folder_in_place_of_the_file_is_refused_in_one_line(tmp_path, one_line):
    (tmp_path / "multirun.json").mkdir()
    with pytest.raises(StoreError) as refusal:
        store.open(tmp_path)
    assert one_line(refusal, "multirun.json: expected a file to read")


def test_a_newer_format_is_refused_in_one_line(tmp_path, monkeypatch, one_line):
    with monkeypatch.context() as newer:
        newer.setattr(files, "FORMAT", files.FORMAT + 1)
        multirun.write(tmp_path, MEMBERS, BASE)
    with pytest.raises(StoreError) as refusal:
        store.open(tmp_path)
    assert one_line(
        refusal, f"format {files.FORMAT + 1}", f"reads {files.OLDEST} to {files.FORMAT}"
    )


NAMES = [
    *("..", ".", "", "a/b", "/etc", "../../up", "a/../..", "~", "a\0", "a\n", "x" * 65, ".hidden"),
    *("a ", "\u202ea", "a\\b", "-rf"),
]


def as_json(**changes):
    content = {**MEMBERS._asdict(), "keys": list(MEMBERS.keys), "base": BASE, **changes}
    return {name: value for name, value in content.items() if value is not ...}


@pytest.mark.parametrize(
    "content",
    [
        *(as_json(groups=["g", name]) for name in NAMES),
        *(as_json(ids=["0" * 16, bad]) for bad in ("", "1" * 15, "g" * 16, "A" * 16, 1, None)),
        *(as_json(**{name: bad}) for name in Members._fields for bad in (None, 1, "ab", {})),
        *(as_json(**{name: ...}) for name in ("keys", "values", "ids", "groups")),
        *(as_json(zipped=bad) for bad in ([[]], [["a", "a"]], [["a"], ["a"]], [["d"]], [[["a"]]])),
        *(as_json(base=bad) for bad in (..., None, [], 1)),
        *(as_json(values={"a": [1, bad], "b.c": [1, 2]}) for bad in ([], {}, 2**63, 10**40)),
        as_json(values={"a": [1, 2], "b.c": [1]}),
        as_json(values={"a": [1, 2]}),
        as_json(values={"a": [1, 2], "b.c": [1, 2], "d": [1, 2]}),
        as_json(values={"a": {"0": 1, "1": 2}, "b.c": [1, 2]}),
        as_json(keys=["a", "a", "b.c"]),
        as_json(keys=["a", ["b.c"]]),
        as_json(keys=["a", "b.c\n"], values={"a": [1, 2], "b.c\n": [1, 2]}),
        as_json(keys=["a", ""], values={"a": [1, 2], "": [1, 2]}),
        as_json(ids=["0" * 16]),
        as_json(groups=["g"]),
        as_json(ids=[], groups=[], values={"a": [], "b.c": []}),
        as_json(ids=["0" * 16] * 2, values={"a": [1, 1], "b.c": [None, None]}),
    ],
    ids=lambda content: None,
)
def test_hostile_members_are_refused_in_one_line(tmp_path, content, one_line):
    files.write_json(tmp_path / "multirun.json", content)
    for use in (multirun.read, store.open):
        with pytest.raises(StoreError) as refusal:
            use(tmp_path)
        assert one_line(refusal, "multirun.json: ")
        assert len(str(refusal.value)) < 400 + len(str(tmp_path))


def test_a_multirun_that_says_nothing_of_zipped_keys_has_none(tmp_path):
    files.write_json(tmp_path / "multirun.json", as_json(zipped=...))
    assert multirun.read(tmp_path) == (MEMBERS, BASE)


def test_zipped_keys_are_one_dimension_in_the_order_of_the_first(tmp_path):
    values = {"m": [5, 2, 2, 5, 2, 2], "kind": [*"acb", *"acb"], "seed": [0, 0, 0, 1, 1, 1]}
    ids = [f"{number:016x}" for number in range(6)]
    members = Members(tuple(values), values, ids, ["g"] * 6, (("m", "kind"),))
    multirun.write(tmp_path, members, {})
    assert multirun.read(tmp_path) == (members, {})
    dataset = store.open(tmp_path)
    assert dict(dataset["status"].sizes) == {"m": 3, "seed": 2}
    assert dataset["m"].values.tolist() == [2, 2, 5]
    assert dataset["kind"].dims == ("m",)
    assert dataset["kind"].values.tolist() == ["c", "b", "a"]
    multirun.write(tmp_path, members._replace(zipped=()), {})
    assert store.open(tmp_path)["status"].dims == ("job",)


def test_numbers_that_are_not_finite_are_refused(tmp_path, one_line):
    for bad in (float("nan"), float("inf")):
        with pytest.raises(StoreError) as refusal:
            multirun.write(tmp_path / "new", MEMBERS._replace(values={"a": [1, bad]}), {})
        assert one_line(refusal, "multirun.json")
    assert not (tmp_path / "new").exists()


def test_a_group_that_leads_out_of_the_folder_is_refused(rows, opened, tmp_path, one_line):
    inside, outside = tmp_path / "groups" / "hidden_2", tmp_path.with_name("outside")
    shutil.move(inside, outside)
    inside.symlink_to(outside)
    with pytest.raises(StoreError) as refusal:
        opened(rows)
    assert one_line(refusal, "hidden_2", "inside")


def test_what_cannot_be_written_is_refused_in_one_line(tmp_path, one_line):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError) as refusal:
        multirun.write(tmp_path / "file", MEMBERS, BASE)
    assert one_line(refusal, "cannot write")


def test_a_folder_with_neither_is_refused_in_one_line(tmp_path, one_line):
    for use in (store.open, multirun.open_multirun):
        with pytest.raises(StoreError) as refusal:
            use(tmp_path)
        assert one_line(refusal, "multirun.json")


def test_ten_thousand_members_open_in_a_few_seconds(whole, tmp_path):
    headers = {
        f"g{number}": {**files.read_header(whole[0] / "groups" / "hidden_2"), "zipped": []}
        for number in range(3)
    }
    columns, ids, groups = {"model.x": [], "seed": []}, [], []
    seeds = list(range(3334))
    for number, (name, header) in enumerate(headers.items()):
        header |= {"axes": {"seed": seeds}, "spec": {**header["spec"], "x": number}}
        own = reading.grid_of(header).member_ids(header["spec"])
        folder = tmp_path / "groups" / name
        (folder / "chunks").mkdir(parents=True)
        files.write_header(folder, header)
        for start in range(0, len(own), 64):
            part = own[start : start + 64]
            arrays = {
                result: np.full((len(part), *entry["shape"]), -1, entry["dtype"])
                for result, entry in header["schema"].items()
            }
            arrays["train_loss"][:] = (np.arange(start, start + len(part)) + 1e4 * number)[:, None]
            files.write_chunk(folder, files.Rows(part, arrays))
        columns["model.x"] += [number] * len(own)
        columns["seed"] += seeds
        ids += [member_id.decode() for member_id in own]
        groups += [name] * len(own)
    multirun.write(tmp_path, Members(tuple(columns), columns, ids, groups), BASE)
    start = time.monotonic()
    dataset = store.open(tmp_path)
    assert time.monotonic() - start < 10
    assert dataset.status.shape == (3, 3334)
    assert (dataset.status == "ok").all()
    expected = 1e4 * np.arange(3)[:, None] + np.arange(3334)
    np.testing.assert_array_equal(dataset.train_loss.isel(step=-1), expected)
