"""Assets: arrays that all members share. Their hash, and what they are in a compiled program."""

import re
import types

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from jax.extend import core

from superpos import data
from superpos.arguments import ArgumentError
from superpos.engine.assets import aligned, as_assets, asset, digest_of
from superpos.engine.program import compile_chunk
from superpos.store.folder import read_sweep
from superpos.store.grid import make_grid
from superpos.store.width import Width
from superpos.train import FitSpec, StoreError, store, sweep, training
from tests.superpos.toys import START, led

KEY = jax.random.key(1)
ROWS = np.random.default_rng(0).normal(size=(13, 3)).astype(np.float32)
ARRAYS = {"inputs": ROWS, "targets": np.arange(13, dtype=np.int32)}
SPEC = {"n": 1}
AXES = {"rate": [0.0, 0.125, 0.25, 0.5], "seed": [0, 1, 2, 3]}
BATCH, N_STEPS = 5, 6


# The hash


def unaligned(array):
    """The same numbers where memory begins 4 bytes after a multiple of 64."""
    memory = aligned((array.size + 1,), array.dtype)
    copy = memory[1:].reshape(array.shape)
    copy[...] = array
    assert copy.ctypes.data % 64 == array.itemsize
    return copy


def test_the_hash_does_not_depend_on_where_and_how_the_numbers_lie(monkeypatch, tmp_path):
    expected = asset(ROWS).digest
    np.save(tmp_path / "rows.npy", ROWS)
    wide = np.zeros((13, 6), np.float32)
    wide[:, ::2] = ROWS
    for same in (
        ROWS.copy(),
        np.asfortranarray(ROWS),
        wide[:, ::2],
        unaligned(ROWS),
        jnp.asarray(ROWS),
        np.load(tmp_path / "rows.npy", mmap_mode="r"),
        ROWS.astype(">f4"),
    ):
        assert asset(same).digest == expected
    for part in (1, 7, 64, 155, 156, 157):  # of 156 bytes
        monkeypatch.setattr("superpos.engine.assets._PART", part)
        assert digest_of(ROWS) == expected


def test_the_hash_tells_content_shape_dtype_and_names_apart():
    changed = ROWS.copy()
    changed[12, 2] = np.nextafter(changed[12, 2], np.inf)
    minus, plus = np.float32([-0.0]), np.float32([0.0])
    different = [
        ROWS,
        changed,
        ROWS[:12],
        ROWS.reshape(3, 13),
        ROWS.T,
        ROWS.view(np.int32),
        ROWS.view(np.uint32),
        ROWS.astype(np.float64),
        ROWS.astype(np.float16),
        ROWS.astype(ml_dtypes.bfloat16),
        {"a": ROWS},
        {"b": ROWS},
        {"a": ROWS, "b": ROWS},
        [ROWS],
        minus,
        plus,
        np.zeros((0, 3), np.float32),
        np.zeros((3, 0), np.float32),
    ]
    digests = [asset(each).digest for each in different]
    assert len({*digests}) == len(digests)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_what_reading_depends_on_is_hashed_too():
    digests = {asset(ROWS, read=len, about=text).digest for text in ("", "tanh", "relu")}
    assert len(digests) == 3
    assert asset(ROWS, read=len).digest == asset(ROWS).digest


def test_an_aligned_array_is_taken_as_it_is_and_any_other_copied_once():
    rows = aligned(ROWS.shape, np.float32)
    rows[...] = ROWS
    assert rows.ctypes.data % 64 == 0
    assert np.shares_memory(asset(rows).arrays, rows)
    other = unaligned(ROWS)
    copied = asset(other).arrays
    assert not np.shares_memory(copied, other)
    np.testing.assert_array_equal(copied, ROWS)
    assert np.shares_memory(asset(copied).arrays, copied)
    assert as_assets({"x": asset(rows)})["x"].arrays.ctypes.data == rows.ctypes.data


def test_nobody_writes_to_an_asset_and_the_array_given_stays_as_it_was():
    rows = aligned(ROWS.shape, np.float32)
    rows[...] = ROWS
    with pytest.raises(ValueError, match="read-only"):
        asset(rows).arrays[0, 0] = 1
    rows[0, 0] = 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "at least one array"),
        ({}, "at least one array"),
        ([], "at least one array"),
        ("words", "arrays of numbers, not str"),
        (np.array(["a", "b"]), "arrays of numbers, not ndarray"),
        (np.array([[1, 2], [3]], object), "arrays of numbers, not ndarray"),
        ([[1, 2], [3]], "arrays of numbers, not int"),
        (1.5, "arrays of numbers, not float"),
        (np.array([1j]), "arrays of numbers"),
        (np.array([], "M8[s]"), "arrays of numbers"),
        ({"x": ROWS, "y": len}, "arrays of numbers, not builtin_function"),
        (np.ma.array([1.0, 2.0], mask=[True, False]), "arrays of numbers, not MaskedArray"),
        (np.zeros(3, np.longdouble), "arrays of numbers"),
        (np.array([0, 2**31]), "integers in [-2147483648, 2147483647], not 2147483648"),
        (np.array([2**32], np.uint64), "integers in [0, 4294967295], not 4294967296"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_array_of_numbers_is_refused_in_one_line(make_toy, one_line, value, words):
    build = make_toy()
    with pytest.raises(ArgumentError) as refusal:
        sweep(build, key=KEY, axes={"target": [1.0]}, assets={"fine": ROWS, "x": value})
    assert one_line(refusal, "assets.x: expected", words)
    assert build.calls == 0


def test_keys_are_no_asset(one_line):
    with pytest.raises(ArgumentError) as refusal:
        as_assets({"keys": jax.random.split(jax.random.key(0), 3)})
    assert one_line(refusal, "assets.keys: expected arrays of numbers, not PRNGKeyArray")


# In a sweep


def build(point, assets):
    """Each update takes rate times the mean of the batch from w."""
    source = data.examples(n_features=3, examples={"inputs": assets["x"]}, sampling="stream")
    spec = FitSpec(n_steps=N_STEPS, batch_size=BATCH, log_every=1)
    return training(**led(point["rate"], source=data.shared(data=source), spec=spec))


def run(rows=ROWS, **changes):
    arguments = {"key": KEY, "axes": AXES, "assets": {"x": rows}, "chunk": 16, "spec": SPEC}
    return sweep(changes.pop("build", build), **{**arguments, **changes})


def losses(rows, rate):
    """The loss before each update, and w after the last, in float64."""
    w, found = START, []
    for step in range(N_STEPS):
        mean = rows[(step * BATCH + np.arange(BATCH)) % len(rows)].mean(dtype=np.float64)
        found.append(w * mean)
        w -= rate * mean
    return found, w


def test_sixteen_members_see_the_rows_of_a_stream_in_order():
    dataset = run()
    assert dataset["train_loss"].shape == (4, 4, N_STEPS)
    for number, rate in enumerate(AXES["rate"]):
        expected, w = losses(ROWS, rate)
        for seed in range(4):
            np.testing.assert_allclose(dataset["train_loss"][number, seed], expected, atol=1e-6)
            np.testing.assert_allclose(dataset["w"][number, seed], w, rtol=1e-6)


def equations(jaxpr):
    for equation in jaxpr.eqns:
        yield equation
        for inner in core.jaxprs_in_params(equation.params):
            yield from equations(inner)


@pytest.fixture
def traced(monkeypatch):
    """The traces and the texts of what is compiled from now on."""
    found, lower = types.SimpleNamespace(jaxprs=[], texts=[]), jax.stages.Traced.lower

    def recorded(traced, *args, **kwargs):
        lowered = lower(traced, *args, **kwargs)
        found.jaxprs.append(traced.jaxpr)
        found.texts.append(lowered.as_text())
        return lowered

    monkeypatch.setattr(jax.stages.Traced, "lower", recorded)
    return found


def compiled(build, rows, width=Width(4, 4)):  # noqa: B008
    points = {"rate": np.linspace(0, 1, width.n_points, dtype=np.float32)}
    shapes = {"x": jax.ShapeDtypeStruct(rows.shape, rows.dtype)}
    return compile_chunk(build, points, width, KEY.dtype, jax.local_devices()[:1], shapes)


def test_one_draw_serves_all_members_and_its_rows_are_read_from_an_argument(traced):
    compiled(build, ROWS)
    init, advance = traced.jaxprs
    read = [
        equation
        for equation in equations(advance.jaxpr)
        if equation.primitive.name in ("gather", "dynamic_slice")
        and equation.invars[0].aval.shape == ROWS.shape
    ]
    # For the inputs, and for the targets, which are the same.
    assert {equation.outvars[0].aval.shape for equation in read} == {(BATCH, 3)}
    # Nothing of the size of sixteen batches is ever made.
    sizes = {var.aval.size for each in equations(advance.jaxpr) for var in each.outvars}
    assert not {size for size in sizes if size >= 16 * BATCH}
    for jaxpr, text in zip((init, advance), traced.texts, strict=True):
        assert ROWS.shape not in {np.shape(constant) for constant in jaxpr.consts}
        assert not re.search(r"constant dense.*tensor<13x3xf32>", text)
    main = next(line for line in traced.texts[1].splitlines() if "@main" in line)
    assert "tensor<13x3xf32>" in main


def test_a_source_of_each_members_own_reads_rows_for_each_seed(traced):
    """What the test above would find where the draw was not shared."""

    def own(point, assets):
        source = data.examples(n_features=3, examples={"inputs": assets["x"]})
        return training(**led(point["rate"], source=source))

    compiled(own, ROWS)
    read = [
        equation.outvars[0].aval.shape
        for equation in equations(traced.jaxprs[1].jaxpr)
        if equation.primitive.name == "gather" and equation.invars[0].aval.shape == ROWS.shape
    ]
    assert read
    assert (BATCH, 3) not in read


def test_the_program_depends_on_shapes_and_not_on_content(traced):
    first = compiled(build, ROWS)
    n_texts, size = len(traced.texts), sum(map(len, traced.texts))
    long = np.zeros((130_000, 3), np.float32)
    second = compiled(build, long)
    assert second.digest != first.digest
    assert sum(map(len, traced.texts[n_texts:])) < size + 500  # longer numbers, and no more of them
    assert (first.n_bytes_assets, second.n_bytes_assets) == (13 * 12, 130_000 * 12)
    assert second.n_bytes - first.n_bytes == pytest.approx(129_987 * 12, abs=64)
    attrs = [run(rows).attrs["fingerprint"] for rows in (ROWS, ROWS + 1)]
    assert attrs[0] == attrs[1]


def test_what_is_made_of_an_asset_is_what_a_factory_is_given():
    doubled = asset(ROWS, read=lambda rows: {"twice": 2 * rows}, about="doubled")

    def of_the_double(point, assets):
        return build(point, {"x": assets["x"]["twice"]})

    for one in (run(doubled, build=of_the_double), run(2 * ROWS)):
        np.testing.assert_allclose(one["w"][2, 0], losses(2 * ROWS, 0.25)[1], rtol=1e-6)


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float16, ml_dtypes.bfloat16, np.int64, np.uint8, bool]
)
def test_an_asset_of_any_dtype_is_read_as_jax_would_read_it(dtype):
    rows = np.arange(39).reshape(13, 3).astype(dtype)

    def of_floats(point, assets):
        assert assets["x"].dtype == jnp.asarray(rows).dtype
        return build(point, {"x": assets["x"].astype(jnp.float32)})

    dataset = run(rows, build=of_floats, axes={"rate": [0.25]})
    expected = losses(np.asarray(jnp.asarray(rows).astype(jnp.float32)), 0.25)[1]
    np.testing.assert_allclose(dataset["w"][0], expected, rtol=1e-5)


# Identity


def test_members_with_other_data_are_other_members(tmp_path, one_line, bits, snapshot):
    first = run(store=tmp_path)
    before = snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()
    reports = []
    again = run(ROWS.copy(), store=tmp_path, on_progress=reports.append)
    assert bits(again) == bits(first) == bits(store.open(tmp_path))
    assert reports == []
    for other in (ROWS[::-1], ROWS.astype(np.float64), {"a": ROWS}):
        for allowed in (False, True):
            with pytest.raises(StoreError) as refusal:
                run(other, store=tmp_path, allow_numerics_change=allowed)
            assert one_line(refusal, str(tmp_path), "holds a sweep with assets.x=", "asked for")
    for assets, words in (
        ({}, "asked for nothing"),
        ({"x": ROWS, "y": ROWS}, "assets.y=nothing"),
    ):
        with pytest.raises(StoreError) as refusal:
            run(store=tmp_path, assets=assets)
        assert one_line(refusal, words)
    assert (snapshot(tmp_path), (tmp_path / "sweep.json").read_bytes()) == before


def test_the_hash_is_part_of_the_configuration_and_of_the_ids(tmp_path):
    folders = tmp_path / "one", tmp_path / "other"
    for folder, rows in zip(folders, (ROWS, ROWS + 1), strict=True):
        run(rows, store=folder)
    ids = []
    for folder, rows in zip(folders, (ROWS, ROWS + 1), strict=True):
        header, grid, table = read_sweep(folder)
        assert header["spec"]["assets.x"] == asset(rows).digest
        np.testing.assert_array_equal(grid.member_ids(header["spec"]), table.ids)
        without = {k: v for k, v in header["spec"].items() if not k.startswith("assets.")}
        ids.extend([{*table.ids}, {*make_grid(AXES).member_ids(without)}])
    one, plain, other, _ = ids
    assert len(one | plain | other) == 3 * 16
    assert not one & other and not one & plain


def test_an_interrupted_sweep_over_an_asset_goes_on(tmp_path, stop_at, bits):
    undisturbed = run(chunk=4)
    with pytest.raises(KeyboardInterrupt):
        run(chunk=4, store=tmp_path, on_progress=stop_at(4 * N_STEPS + 1), checkpoint_seconds=None)
    reports = []
    resumed = run(chunk=4, store=tmp_path, on_progress=reports.append)
    assert 4 <= reports[0].members_done < 16
    for name in ("w", "train_loss"):
        assert resumed[name].values.tobytes() == undisturbed[name].values.tobytes()


def test_compiled_programs_are_kept_for_other_data_of_the_same_shapes():
    programs, calls = {}, []

    def counted(point, assets):
        calls.append(point)
        return build(point, assets)

    for rows in (ROWS, ROWS + 1):
        dataset = run(rows, build=counted, programs=programs)
        np.testing.assert_allclose(dataset["w"][2, 0], losses(rows, 0.25)[1], rtol=1e-6)
    n_calls = len(calls)
    assert len(programs) == 1
    run(ROWS[:12], build=counted, programs=programs)
    # Each sweep checks its values: a trace and a call for each. A program takes three traces more.
    n_checks = (n_calls - 3) // 2
    assert (len(programs), len(calls)) == (2, n_calls + n_checks + 3)
