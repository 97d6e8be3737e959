import importlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import models, optim, random
from superpos.arguments import ArgumentError
from superpos.store import files
from superpos.store.width import Width
from superpos.train import TrainError, fit, store, sweep, training

# Unlike `superpos.train.sweep`, which is the function.
choices_module = importlib.import_module("superpos.engine.choices")

AXES = {"learning_rate": [1e-3, 3e-3, 1e-2], "seed": [0, 1, 2]}
SPEC = {"model.n_features": 3}


def root():
    return jax.random.key(42)


@pytest.fixture
def swept(make_build):
    """Sweep an autoencoder; a keyword changes an argument."""

    def swept(build=None, **changes):
        return sweep(build or make_build(), **{"key": root(), "axes": AXES, "chunk": 3, **changes})

    return swept


@pytest.fixture(scope="module")
def whole(make_build):
    """A sweep that nothing disturbed."""
    return sweep(make_build(), key=root(), axes=AXES, chunk=3)


def variables(dataset):
    return sorted({*dataset.data_vars} - {"status"})


def assert_same(one, other, **tolerance):
    """That two datasets hold the same members, to the bit or to a tolerance."""
    other = other.sel({name: one[name] for name in one.status.dims})
    assert variables(one) == variables(other)
    for name in variables(one):
        found = other[name].transpose(*one[name].dims)
        if tolerance:
            np.testing.assert_allclose(one[name], found, err_msg=name, **tolerance)
        else:
            assert one[name].values.tobytes() == found.values.tobytes(), name


LONG = {"n_steps": 200, "log_every": 100}
ALL_AXES = {
    "data.density": [0.1, 0.5],
    "model.importance_decay": [0.7, 1.0],
    "optim.learning_rate": [1e-3, 2e-3],
    "optim.weight_decay": [0.0, 0.5],
    "model.init.init_scale": [0.5, 1.0],
    "seed": [0, 7],
}


@pytest.fixture(scope="module")
def all_swept(make_build):
    """Every number of a run swept in one call: the dataset, and how often `build` was called."""
    build = make_build(**LONG)
    return sweep(build, key=root(), axes=ALL_AXES), build.calls


@pytest.mark.slow
def test_all_numbers_of_a_run_can_be_swept_in_one_call(all_swept):
    dataset, n_calls = all_swept
    assert n_calls == 7 + 2  # to check: a trace and a call with each value; and the program's
    dims = ("density", "importance_decay", "learning_rate", "weight_decay", "init_scale", "seed")
    assert dataset.status.dims == dims
    assert dataset.status.shape == (2,) * 6
    assert (dataset.status == "ok").all()
    for dim in dims:  # each of them changes what comes out
        change = np.abs(dataset.W.isel({dim: 0}) - dataset.W.isel({dim: 1}).values)
        assert (change.max(("feature", "hidden")) > 1e-6).all(), dim


@pytest.mark.slow
def test_a_member_alone_is_the_same_member_in_a_grid(all_swept, parts):
    # fit(fold_in(key, seed)) at the same point, after 200 updates at a rate of 1e-3.
    position = dict(zip(all_swept[0].status.dims, (1, 0, 0, 1, 0, 1), strict=True))
    point = {name: ALL_AXES[name][i] for name, i in zip(ALL_AXES, position.values(), strict=True)}
    alone = fit(jax.random.fold_in(root(), point.pop("seed")), **parts(point, **LONG))
    member = all_swept[0].isel(position)
    np.testing.assert_allclose(member.W, alone.params.W, atol=1e-5)
    np.testing.assert_allclose(member.b, alone.params.b, atol=1e-5)
    np.testing.assert_allclose(member.norms, alone.metrics["norms"], atol=1e-5)
    np.testing.assert_allclose(member.train_loss, alone.metrics["train_loss"], rtol=1e-3)
    assert member.diverged_step == alone.diverged_step == -1


@pytest.mark.slow
def test_a_new_value_on_an_axis_changes_no_other_member(swept, whole):
    more = {"learning_rate": [3e-2, 1e-3, 3e-3, 5e-3, 1e-2], "seed": [5, 2, 0, 1]}
    assert_same(whole, swept(axes=more, chunk=None), rtol=0, atol=1e-6)


@pytest.mark.slow
def test_a_new_value_changes_no_bit_at_the_same_chunk_width(swept, whole):
    assert json.loads(whole.attrs["fingerprint"])["width"] == "[1, 3]"
    more = {"learning_rate": [3e-2, 1e-3, 3e-3, 5e-3, 1e-2, 2e-2], "seed": [5, 2, 0, 1]}
    grown = swept(axes=more)
    assert json.loads(grown.attrs["fingerprint"])["width"] == "[1, 3]"
    assert_same(whole, grown)


@pytest.mark.slow
def test_a_member_does_not_depend_on_its_neighbours_or_its_place(swept, whole):
    for rates in ([1e-2, 1e-3, 3e-3], [0.5, 3e-3, 0.25], [3e-3, 0.7, 0.6]):
        other = swept(axes={"learning_rate": rates, "seed": [2, 9]})
        shared = [rate for rate in rates if rate in AXES["learning_rate"]]
        assert_same(whole.sel(learning_rate=shared, seed=[2]), other)


def test_seed_0_is_a_seed_and_the_default(swept, whole):
    by_default = swept(axes={"learning_rate": AXES["learning_rate"]})
    assert "seed" not in by_default.dims
    assert_same(by_default, whole.sel(seed=0, drop=True))
    differ = [np.any(whole.W.sel(seed=0) != whole.W.sel(seed=seed)) for seed in (1, 2)]
    assert differ == [True, True]


def test_another_root_key_is_another_sweep(swept, whole):
    other = swept(key=jax.random.key(43))
    assert (np.abs(other.W.values - whole.W.values).max(axis=(-2, -1)) > 1e-3).all()


def test_members_that_share_a_seed_share_their_start_and_their_data(swept):
    grid = swept(axes={"learning_rate": [1e-30, 2e-30, 3e-30], "seed": [0, 1]})
    one, other = (
        [{*map(bytes, grid[name].sel(seed=seed).values)} for name in ("W", "train_loss")]
        for seed in (0, 1)
    )
    assert [len(values) for values in one] == [len(values) for values in other] == [1, 1]
    assert one[0].isdisjoint(other[0])
    assert one[1].isdisjoint(other[1])


def test_no_axes_is_one_run(make_toy, tmp_path, bits):
    one = sweep(make_toy(), key=root(), axes={}, store=tmp_path, spec=SPEC)
    assert one.status.shape == ()
    assert one.status.item() == "ok"
    seeded = sweep(make_toy(), key=root(), axes={"seed": [0]})
    assert one.W.values.tobytes() == seeded.W.values.tobytes()
    assert bits(store.open(tmp_path)) == bits(one)


def test_build_is_called_for_each_value_and_twice_for_many_padded_chunks(make_toy):
    build = make_toy()
    axes = {"target": [0.1, 0.2, 0.3, 0.4, 0.5], "seed": [0, 1, 2]}
    dataset = sweep(build, key=root(), axes=axes, chunk=4)
    assert json.loads(dataset.attrs["fingerprint"])["width"] == "[1, 4]"
    assert build.calls == 1 + 5 + 2


@pytest.mark.slow
@pytest.mark.parametrize("chunk", [1, 2, 4, 6, 7, 15, None])
def test_padding_never_shows(make_toy, tmp_path, chunk):
    axes = {"target": [0.1, 0.2, 0.3, 0.4, 0.5], "seed": [2, 0, 1]}
    reports = []
    dataset = sweep(
        make_toy(),
        key=root(),
        axes=axes,
        chunk=chunk,
        store=tmp_path,
        spec=SPEC,
        on_progress=reports.append,
    )
    assert dataset.W.shape == (5, 3, 2)
    assert (dataset.status == "ok").all()
    assert (reports[-1].steps_done, reports[-1].steps) == (15 * 4, 15 * 4)
    ids = np.concatenate([files.read_chunk(path).ids for path in files.chunk_files(tmp_path)])
    assert len(ids) == len(set(ids)) == 15
    # Plain descent on |W - target x|² makes W linear in the target, with the same x for a seed.
    np.testing.assert_allclose(np.diff(dataset.W, n=2, axis=0), 0, atol=1e-6)
    assert len(np.unique(dataset.W.values.reshape(15, 2), axis=0)) == 15


def test_progress_counts_up_to_all_members(make_toy):
    reports = []
    axes = {"target": [0.1, 0.2, 0.3], "seed": [0, 1]}
    sweep(make_toy(), key=root(), axes=axes, chunk=2, on_progress=reports.append)
    assert {report.members for report in reports} == {6}
    assert {report.steps for report in reports} == {24}
    for name in ("members_done", "steps_done"):
        counts = [getattr(report, name) for report in reports]
        assert counts == sorted(counts)
        assert all(count >= 0 for count in counts)
    assert reports[-1].steps_done == 24
    assert len({report.steps_done for report in reports}) >= 6  # each of 2 blocks of 4 chunks
    assert all(report.members_done * 4 <= report.steps_done for report in reports)


OPTIMISERS = {
    "adam": lambda rate: optim.adam(learning_rate=rate),
    "adamw": lambda rate: optim.adamw(learning_rate=rate, weight_decay=0.01),
    "sgd": lambda rate: optim.sgd(learning_rate=rate, momentum=0.9),
    "clipped": lambda rate: optax.chain(
        optax.clip_by_global_norm(1.0), optim.adam(learning_rate=rate)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_member_that_diverges_is_frozen_and_touches_no_other(make_build, name):
    tx, bad = OPTIMISERS[name], 1e30

    def run(*rates):
        axes = {"learning_rate": rates, "seed": [1]}
        return sweep(make_build(tx=tx), key=root(), axes=axes).squeeze("seed", drop=True)

    sane = run(0.05, 1e-3, 1e-2)
    assert (sane.status == "ok").all()
    for place in range(3):
        rates = [1e-3, 1e-2]
        rates.insert(place, bad)
        dataset = run(*rates)
        assert_same(sane.sel(learning_rate=[1e-3, 1e-2]), dataset)
        member = dataset.isel(learning_rate=place)
        assert member.status.item() == "diverged@2"
        assert member.diverged_step.item() == 2
        # Frozen after the first update, which took it this far and no further.
        assert np.isfinite(member.W).all()
        assert 1e28 < np.abs(member.W).max() < 1e32
        assert np.isnan(member.train_loss).all()
        assert (dataset.status.values == "ok").sum() == 2


@pytest.mark.slow
def test_a_member_that_diverges_late_keeps_what_it_was_until_then(make_build, parts):
    # Descent at a rate above the stable one: finite for some updates, and then not.
    tx, rate = OPTIMISERS["sgd"], 2.0
    axes = {"learning_rate": [0.05, 0.1, rate], "seed": [1]}
    dataset = sweep(make_build(tx=tx, n_steps=40), key=root(), axes=axes)
    member = dataset.sel(learning_rate=rate, seed=1)
    step = member.diverged_step.item()
    assert 2 < step < 40
    assert member.status.item() == f"diverged@{step}"
    options = {"tx": tx, "n_steps": step - 1, "log_every": 1}
    before = fit(jax.random.fold_in(root(), 1), **parts({"learning_rate": rate}, **options))
    assert before.diverged_step == -1
    np.testing.assert_allclose(member.W, before.params.W, rtol=1e-3)
    first_bad = (step - 1) // 10
    assert np.isfinite(member.train_loss.values[:first_bad]).all()
    assert np.isnan(member.train_loss.values[first_bad:]).all()


@pytest.fixture(scope="module")
def batch_by_batch(make_toy):
    """Runs of 20 updates at a rate of 1/2, where W after an update is the batch of that update."""

    def batch_by_batch(**options):
        build = make_toy(n_steps=20, log_every=1, state={"count": jnp.int32(0)}, **options)
        axes = {"learning_rate": [0.5], "seed": list(range(8))}
        return sweep(build, key=root(), axes=axes).squeeze("learning_rate")

    return batch_by_batch


def test_each_update_of_each_seed_has_a_batch_of_its_own(batch_by_batch):
    sizes = batch_by_batch()["size"].values
    assert sizes.shape == (8, 20)
    assert len(np.unique(sizes.round(5))) == 160


def test_a_frozen_member_stays_frozen_though_its_later_updates_are_finite(batch_by_batch):
    # The loss alone is nan, of a batch in eight; parameters and state would go on finite.
    whole, frozen = batch_by_batch(), batch_by_batch(nan_below=0.125)
    assert (whole.status == "ok").all()
    steps = frozen.diverged_step.values
    assert sum(1 < step < 18 for step in steps) >= 3
    for seed, step in enumerate(steps):
        n_updates = step - 1 if step > 0 else 20
        member = frozen.isel(seed=seed)
        assert member["state.count"] == n_updates
        sizes, expected = member["size"].values, whole["size"].values[seed]
        np.testing.assert_allclose(sizes[:n_updates], expected[:n_updates], rtol=1e-5)
        np.testing.assert_array_equal(sizes[n_updates:], sizes[max(0, n_updates - 1)])
        assert np.isnan(member.train_loss.values).tolist() == [
            update >= n_updates for update in range(20)
        ]


def test_a_first_update_that_overflows_leaves_the_start(make_toy):
    # The loss and its gradient are finite, the parameters after the update are not.
    axes = {"learning_rate": [0.1, 3e38], "target": [100.0], "seed": [0, 1]}
    build = make_toy()
    dataset = sweep(build, key=root(), axes=axes).squeeze("target")
    assert (dataset.status.isel(learning_rate=0) == "ok").all()
    for seed in axes["seed"]:
        start = jax.jit(build({}).init)(jax.random.fold_in(root(), seed))
        overflown = dataset.isel(learning_rate=1).sel(seed=seed)
        assert overflown.status.item() == "diverged@1"
        np.testing.assert_array_equal(overflown.W, start.params["W"])


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on_where_it_was(make_build, tmp_path, stop_at, bits, snapshot):
    def run(folder, **changes):
        arguments = {"key": root(), "axes": AXES, "chunk": 3, "store": folder, "spec": SPEC}
        return sweep(make_build(), **{**arguments, **changes})

    undisturbed = run(tmp_path / "undisturbed")
    folder = tmp_path / "interrupted"
    with pytest.raises(KeyboardInterrupt):
        run(folder, on_progress=stop_at(70))  # 60 model-steps are a chunk: in the second one
    before = snapshot(folder)
    assert len(before) == 1
    assert (store.open(folder).status == "ok").sum() == 3
    reports = []
    resumed = run(folder, on_progress=reports.append)
    assert reports[-1].steps == reports[-1].steps_done == 6 * 20
    assert bits(resumed) == bits(undisturbed) == bits(store.open(folder))
    after = snapshot(folder)
    assert {name: after[name] for name in before} == before
    assert set(after) == set(snapshot(tmp_path / "undisturbed"))


@pytest.fixture
def running_out(monkeypatch):
    """Make the compiled block run out of memory; the widths that were compiled."""

    def running_out(
        at_call, text="RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes", always=False
    ):
        real, widths, calls = choices_module.compile_chunk, [], []

        def compile_chunk(*args, **settings):
            program = real(*args, **settings)
            widths.append(program.width)
            (executable,) = program.executables

            def advance(*args):
                calls.append(args)
                if len(calls) == at_call or (always and len(calls) > at_call):
                    raise jax.errors.JaxRuntimeError(text)
                return executable.advance(*args)

            return program._replace(first=executable._replace(advance=advance))

        monkeypatch.setattr(choices_module, "compile_chunk", compile_chunk)
        return widths

    return running_out


@pytest.mark.slow
@pytest.mark.parametrize("at_call", [1, 2, 4])
def test_running_out_of_memory_halves_the_width(
    swept, whole, tmp_path, running_out, snapshot, at_call
):
    widths = running_out(at_call)
    dataset = swept(store=tmp_path, spec=SPEC)
    assert widths == [Width(1, 3), Width(1, 2)]
    assert_same(whole, dataset, rtol=0, atol=1e-6)
    assert (dataset.status == "ok").all()
    assert files.read_header(tmp_path)["width"] == [1, 2]
    sizes = [len(files.read_chunk(path).ids) for path in files.chunk_files(tmp_path)]
    assert sorted(sizes) == ([1, 1, 1, 2, 2, 2] if at_call < 3 else [1, 1, 2, 2, 3])
    before = snapshot(tmp_path)
    swept(store=tmp_path, spec=SPEC)
    assert snapshot(tmp_path) == before


def test_a_member_that_runs_out_of_memory_alone_is_refused_in_one_line(
    make_toy, running_out, one_line
):
    widths = running_out(1, always=True)
    with pytest.raises(MemoryError) as refusal:
        sweep(make_toy(), key=root(), axes={"target": [0.1, 0.2]})
    assert widths == [(1, 2), (1, 1)]
    assert one_line(refusal, "member")


@pytest.fixture
def not_compiling(monkeypatch):
    """Fail to compile chunks of more members than that; the widths that were tried."""

    def not_compiling(most, text="INTERNAL: no\nmore lines"):
        real, widths = choices_module.compile_chunk, []

        def compile_chunk(*args, **settings):
            widths.append(args[2])
            if args[2].n_members > most:
                raise jax.errors.JaxRuntimeError(text)
            return real(*args, **settings)

        monkeypatch.setattr(choices_module, "compile_chunk", compile_chunk)
        return widths

    return not_compiling


@pytest.mark.slow
def test_a_chunk_that_does_not_compile_is_halved(swept, not_compiling):
    widths = not_compiling(2)
    dataset = swept(chunk=9)
    assert widths == [(1, 9), (1, 5), (1, 3), (1, 2)]
    assert (dataset.status == "ok").all()
    assert json.loads(dataset.attrs["fingerprint"])["width"] == "[1, 2]"


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("INTERNAL: no\nmore lines", TrainError, "does not compile: INTERNAL: no"),
        ("RESOURCE_EXHAUSTED: Out of memory", MemoryError, "one member runs out"),
    ],
)
def test_a_member_that_does_not_compile_alone_is_refused_in_one_line(
    make_toy, not_compiling, one_line, text, error, line
):
    not_compiling(0, text)
    with pytest.raises(error) as refusal:
        sweep(make_toy(), key=root(), axes={"target": [0.1, 0.2]})
    assert one_line(refusal, line)


@pytest.mark.slow
def test_programs_that_are_kept_are_not_compiled_again(make_toy, bits):
    build, programs = make_toy(), {}
    arguments = {"key": root(), "chunk": 2, "programs": programs}
    few = sweep(build, axes={"target": [0.1, 0.2]}, **arguments)
    more = sweep(build, axes={"target": [0.1, 0.2, 0.3, 0.4], "seed": [0]}, **arguments)
    assert build.calls == 3 + 5 + 2  # a trace and a call with each value, and the only program
    assert few.W.values.tobytes() == more.W.values[:2].tobytes()
    # Another width, other axes, another generator: programs of their own.
    sweep(build, axes={"target": [0.1, 0.2]}, **{**arguments, "chunk": 1})
    sweep(build, axes={"learning_rate": [0.1, 0.2]}, **arguments)
    sweep(build, axes={"target": [0.1, 0.2]}, **{**arguments, "key": random.key(42)})
    assert build.calls == 10 + 3 * (3 + 2)
    assert len(programs) == 4


def test_another_error_of_the_program_is_not_swallowed(make_toy, running_out):
    widths = running_out(1, text="INTERNAL: something else")
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        sweep(make_toy(), key=root(), axes={"target": [0.1, 0.2]})
    assert widths == [(1, 2)]


@pytest.mark.slow
def test_the_results_are_labelled(swept, make_build):
    axes = {"model.scale": [1.0], "optim.learning_rate": [1e-3, 3e-3], "seed": [5, 0]}

    def build(point):
        rate = point["optim.learning_rate"] * point["model.scale"]
        return make_build()({"learning_rate": rate})

    # The model says the dimensions of W and b; what is said here takes precedence.
    dataset = swept(build, axes=axes, chunk=None, dims={"b": ["bias"], "norms": ["feature"]})
    axis_dims = ("scale", "learning_rate", "seed")
    assert dataset.status.dims == dataset.diverged_step.dims == axis_dims
    assert dataset.W.dims == (*axis_dims, "feature", "hidden")
    assert dataset.b.dims == (*axis_dims, "bias")
    assert dataset.norms.dims == (*axis_dims, "step", "feature")
    assert dataset.train_loss.dims == (*axis_dims, "step")
    assert dataset.step.values.tolist() == [10, 20]
    assert dataset.learning_rate.values.tolist() == [1e-3, 3e-3]
    assert dataset.seed.values.tolist() == [5, 0]
    keys = {name: dataset[name].attrs["key"] for name in axis_dims}
    assert keys == dict(zip(axis_dims, axes, strict=True))
    assert set(variables(dataset)) == {"W", "b", "norms", "train_loss", "diverged_step"}


def test_axes_that_end_alike_keep_their_whole_key(make_toy):
    axes = {"a.scale": [1.0, 2.0], "b.scale": [1.0], "c.0": [1.0], "d.rate": [1.0]}

    def build(point):
        return make_toy()({"target": sum(point.values())})

    dims = sweep(build, key=root(), axes=axes).status.dims
    assert dims == ("a.scale", "b.scale", "c.0", "rate")


def test_the_attributes_say_how_it_was_made(swept):
    spec = {"model.n_features": 3, "rate": 0.1}
    dataset = swept(spec=spec)
    config = json.loads(dataset.attrs["config"])
    expected = {"model.n_features": 3, "rate": float(np.float32(0.1)), "key": [0, 42]}
    assert {**config, **expected} == config
    fit = {"n_steps": 20, "batch_size": 16, "log_every": 10, "updates_per_draw": 1}
    assert json.loads(dataset.attrs["fit"]) == fit
    fingerprint = json.loads(dataset.attrs["fingerprint"])
    assert fingerprint["jax"] == jax.__version__
    assert fingerprint["width"] == "[1, 3]"
    assert len(fingerprint["program"]) == 16
    assert all(isinstance(text, str) for text in dataset.attrs.values())


@pytest.mark.slow
def test_zipped_axes_vary_together(swept, whole, tmp_path, bits):
    axes = {"density": [0.5, 0.1, 0.5], "seed": [0, 2], "learning_rate": [1e-3, 1e-2, 1e-2]}
    zipped = [["learning_rate", "density"]]
    dataset = swept(axes=axes, zipped=zipped, store=tmp_path, spec=SPEC)
    assert dataset.status.dims == ("seed", "learning_rate")
    assert dataset.density.dims == ("learning_rate",)
    np.testing.assert_array_equal(dataset.density, axes["density"])
    np.testing.assert_array_equal(dataset.learning_rate, axes["learning_rate"])
    assert dataset.density.attrs["key"] == "density"
    # The first and the last point are members of the sweep at density 0.5.
    for position, rate in ((0, 1e-3), (2, 1e-2)):
        same = whole.sel(seed=[0, 2], learning_rate=rate)
        np.testing.assert_allclose(dataset.W.isel(learning_rate=position), same.W, atol=1e-6)
    apart = np.abs(dataset.W.isel(learning_rate=1) - dataset.W.isel(learning_rate=2))
    assert apart.max() > 1e-4
    assert bits(store.open(tmp_path)) == bits(dataset)


def test_a_sweep_of_no_updates_is_its_start(make_toy, tmp_path, bits):
    build = make_toy(n_steps=0)
    axes = {"target": [0.5, 1.0], "seed": [0, 3]}
    dataset = sweep(build, key=root(), axes=axes, store=tmp_path, spec=SPEC)
    assert dataset.sizes["step"] == 0
    assert dataset["size"].shape == (2, 2, 0)
    assert (dataset.status == "ok").all()
    for seed in axes["seed"]:
        start = jax.jit(build({"target": 0.5}).init)(jax.random.fold_in(root(), seed))
        for target in axes["target"]:
            np.testing.assert_array_equal(
                dataset.W.sel(target=target, seed=seed), start.params["W"]
            )
    assert bits(store.open(tmp_path)) == bits(dataset)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["int32", "float32", "uint32"])
def test_the_state_of_a_model_is_a_result(make_toy, tmp_path, bits, dtype):
    state = {"count": jnp.zeros((), dtype), "more": {"total": jnp.zeros(3, dtype)}}
    axes = {"target": [0.1, 0.2, 0.3], "seed": [0, 1]}
    dataset = sweep(
        make_toy(state=state), key=root(), axes=axes, chunk=2, store=tmp_path, spec=SPEC
    )
    assert dataset["state.count"].shape == (3, 2)
    assert dataset["state.count"].dtype == dtype
    assert (dataset["state.count"] == 4).all()
    assert dataset["state.more.total"].dims == ("target", "seed", "state.more.total_0")
    assert (dataset["state.more.total"] == 4).all()
    assert bits(store.open(tmp_path)) == bits(dataset)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chunk": 0}, ["chunk=0"]),
        ({"chunk": -1}, ["chunk=-1"]),
        ({"chunk": 1.5}, ["chunk=1.5"]),
        ({"chunk": 10**9}, ["chunk=1000000000", "[1, 4000000]"]),
        ({"devices": []}, ["devices=[]", "one or more"]),
        ({"devices": ["cpu"]}, ["devices=['cpu']"]),
        ({"devices": [*jax.devices(), *jax.devices()]}, ["devices=", "each once"]),
        ({"axes": None}, ["axes=None"]),
        ({"axes": {"seed": range(10**8)}}, ["100,000,000 members"]),
        ({"axes": {"seed": range(10**30)}}, ["members, expected at most 4,000,000"]),
        ({"axes": {"seed": range(3000), "target": range(3000)}}, ["9,000,000 members"]),
        ({"memory_fraction": 0.0}, ["memory_fraction=0.0"]),
        ({"memory_fraction": 1.5}, ["memory_fraction=1.5"]),
        ({"memory_fraction": float("nan")}, ["memory_fraction=nan"]),
        ({"checkpoint_seconds": -1.0}, ["checkpoint_seconds=-1.0", "[0, inf)"]),
        ({"checkpoint_seconds": float("nan")}, ["checkpoint_seconds=nan"]),
        ({"axes": {"target": []}}, ["target"]),
        ({"axes": {"seed": [-1]}}, ["seed"]),
        ({"zipped": [["target", "seed"]]}, ["zipped"]),
        ({"store": "somewhere"}, ["spec"]),
    ],
    ids=str,
)
def test_a_bad_argument_is_refused_in_one_line_before_any_compile(
    make_toy, one_line, tmp_path, monkeypatch, changes, words
):
    monkeypatch.chdir(tmp_path)
    build = make_toy()
    arguments = {"key": root(), "axes": {"target": [0.1, 0.2], "seed": [0]}, **changes}
    with pytest.raises(ArgumentError) as refusal:
        sweep(build, **arguments)
    assert one_line(refusal, *words)
    assert build.calls == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["W", "optim.size", "train_loss", "step", "a.status"])
def test_an_axis_called_as_a_result_is_refused_before_it_trains(make_toy, one_line, name):
    reports = []
    with pytest.raises(ValueError) as refusal:
        sweep(make_toy(), key=root(), axes={name: [0.1, 0.2]}, on_progress=reports.append)
    assert one_line(refusal, name.rsplit(".")[-1])
    assert not any(report.steps_done for report in reports)


def test_a_parameter_and_a_metric_of_one_name_are_refused(make_toy, one_line):
    reports = []
    with pytest.raises(ValueError) as refusal:
        axes = {"target": [0.1]}
        sweep(make_toy(metric="W"), key=root(), axes=axes, on_progress=reports.append)
    assert one_line(refusal, "W: expected another name, another result has this one")
    assert not any(report.steps_done for report in reports)


@pytest.mark.parametrize(
    ("build", "dims", "words"),
    [
        ({"name": "diverged_step"}, {}, ["diverged_step: expected another name"]),
        ({"name": "status"}, {}, ["status: expected another name"]),
        ({"metric": "status"}, {}, ["status: expected another name"]),
        ({"metric": "fragile"}, {}, ["fragile: expected another name"]),
        ({"metric": "target"}, {}, ["target: expected another name"]),
        ({}, {"W": ["status"]}, ["dims of W"]),
        ({}, {"W": ["size"]}, ["dims of W", "size is a result"]),
    ],
    ids=str,
)
def test_a_name_that_is_taken_is_refused_wherever_it_comes_from(
    make_toy, one_line, build, dims, words
):
    reports = []
    arguments = {"axes": {"target": [0.1]}, "dims": dims, "on_progress": reports.append}
    with pytest.raises(ArgumentError) as refusal:
        sweep(make_toy(**build), key=root(), **arguments)
    assert one_line(refusal, *words)
    assert reports == []


@pytest.mark.parametrize(
    ("n_steps", "words"), [(4, []), (2**31 - 1, ["fit.log_every=1: expected a larger one", "GiB"])]
)
def test_results_that_no_memory_holds_are_refused_before_room_is_made(
    make_toy, one_line, n_steps, words, monkeypatch
):
    monkeypatch.setattr("superpos.engine.width.available_bytes", lambda: 2**33)
    build = make_toy(n_steps=n_steps, log_every=1)
    if not words:
        assert (sweep(build, key=root(), axes={"target": [0.1]}).status == "ok").all()
        return
    with pytest.raises(MemoryError) as refusal:
        sweep(build, key=root(), axes={"target": [0.1]})
    assert one_line(refusal, *words)


def test_a_model_that_no_memory_holds_is_refused_by_its_parameters(parts, one_line):
    huge = models.autoencoder(n_features=3, n_hidden=2**31 - 1)
    with pytest.raises(MemoryError) as refusal:
        sweep(
            lambda point: training(**{**parts(point), "model": huge}),
            key=root(),
            axes={"density": [0.1]},
        )
    assert one_line(refusal, "model: W of shape [3, 2147483647], expected a smaller one", "GiB")


def test_programs_that_are_kept_are_not_taken_for_results_of_other_dimensions(make_toy):
    build, programs = make_toy(), {}
    for name in ("a", "b", "a"):
        arguments = {"axes": {"target": [0.1]}, "dims": {"W": [name]}, "programs": programs}
        assert sweep(build, key=root(), **arguments)["W"].dims == ("target", name)
    assert len(programs) == 2


def test_dims_that_do_not_match_are_refused(make_toy, one_line):
    with pytest.raises(ValueError) as refusal:
        sweep(make_toy(), key=root(), axes={"target": [0.1]}, dims={"W": ["a", "b"]})
    assert one_line(refusal, "dims of W", "expected 1 names")


def test_only_one_typed_key_will_do(make_toy, one_line):
    build = make_toy()
    for key in (jnp.zeros(2, jnp.uint32), jax.random.split(root(), 2), 0):
        with pytest.raises(TypeError) as refusal:
            sweep(build, key=key, axes={"target": [0.1]})
        assert one_line(refusal, "key")
    assert build.calls == 0


def test_a_generator_whose_numbers_depend_on_the_place_is_refused(make_toy, one_line):
    for name in ("rbg", "unsafe_rbg"):
        with pytest.raises(TypeError) as refusal:
            sweep(make_toy(), key=jax.random.key(0, impl=name), axes={"target": [0.1]})
        assert one_line(refusal, "key")


@pytest.mark.slow
def test_a_key_of_another_generator_can_be_swept_and_is_another_sweep(make_build, parts, tmp_path):
    axes = {"learning_rate": [1e-3, 1e-2], "seed": [0, 5]}
    arguments = {"axes": axes, "store": tmp_path, "spec": SPEC}
    dataset = sweep(make_build(), key=random.key(3), **arguments)
    key = jax.random.fold_in(random.key(3), 5)
    alone = fit(key, **parts({"learning_rate": 1e-2}))
    np.testing.assert_allclose(dataset.W.isel(learning_rate=1, seed=1), alone.params.W, atol=1e-5)
    words = jax.random.key_data(random.key(3))
    with pytest.raises(files.StoreError):
        sweep(make_build(), key=jax.random.wrap_key_data(words, impl="threefry2x32"), **arguments)
