"""Evaluations with times of their own, in a run and in a sweep, against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import sparse_uniform
from superpos.engine import launch
from superpos.evaluations import loss
from superpos.store.checkpoint import Checkpoints
from superpos.train import FitSpec, StoreError, fit, store, sweep, training
from superpos.types import Evaluation, Trigger
from tests.superpos.toys import START, position, pulled, w_after

KEY = jax.random.key(6)
RATES = [0.05, 0.25, 0.5]
AXES = {"rate": RATES, "seed": [0, 1]}
SPEC = {"n": 1}
LEVELS = (0.2, 0.02, 0.002)


def build_of(**changes):
    return lambda point: training(**pulled(point["rate"], **changes))


def run(*, axes=AXES, build=None, chunk=3, **changes):
    options = {"key": KEY, "axes": axes, "spec": SPEC, "chunk": chunk}
    names = ("evaluations", "spec_of", "model", "probe")
    own = {name: changes.pop(name) for name in names if name in changes}
    if "spec_of" in own:
        own["spec"] = own.pop("spec_of")
    return sweep(build or build_of(**own), **{**options, **changes})


def n_passed(loss):
    return sum(loss < level for level in LEVELS)


def fell(step, measured):
    """Due where the mean loss of two updates is below a level that the two before were above."""
    losses = measured["train_loss"]
    assert len(losses) == step // 2
    return n_passed(losses[-1]) > (n_passed(losses[-2]) if len(losses) > 1 else 0)


FALLING = Trigger(fell, lambda n_steps: len(LEVELS), 2)


def falls(rate):
    """The steps at which `fell` is due; the loss of an update is w² / 2 before it."""
    losses = (w_after(np.arange(12), rate) ** 2 / 2).reshape(6, 2).mean(1)
    passed = [0, *map(n_passed, losses)]
    return [2 * i for i in range(1, 7) if passed[i] > passed[i - 1]]


EVALUATIONS = {
    "fine": position("at_fine", every=2),
    "coarse": position("at_coarse", every=5, at_end=True),
    "early": position("at_early", every=12, at_start=True),
    "first": position("at_first", every=FALLING, at_start=True),
    "plain": position("at_each"),
    "falling": position("at_falls", every=FALLING, at_end=True),
}
STEPS = {"fine": [2, 4, 6, 8, 10, 12], "coarse": [5, 10, 12], "early": [0, 12]}


@pytest.fixture(scope="module")
def whole():
    return run(evaluations=EVALUATIONS)


def test_each_evaluation_has_its_own_steps_and_the_values_there(whole):
    for name, steps in STEPS.items():
        assert whole[f"at_{name}"].dims == ("rate", "seed", f"step_{name}")
        np.testing.assert_array_equal(whole[f"step_{name}"], steps)
        assert whole[f"step_{name}"].attrs == {"units": "updates"}
        for number, rate in enumerate(RATES):
            expected = np.broadcast_to(w_after(steps, rate), (2, len(steps)))
            np.testing.assert_allclose(whole[f"at_{name}"][number], expected, rtol=1e-5)
    assert whole["at_each"].dims == ("rate", "seed", "step")
    np.testing.assert_array_equal(whole["step"], [6, 12])
    np.testing.assert_allclose(whole["at_each"][:, 0, 1], w_after(12, RATES), rtol=1e-5)


def test_the_loss_of_a_run_with_short_blocks_is_the_mean_over_log_every(whole):
    assert whole["train_loss"].dims == ("rate", "seed", "step")
    for number, rate in enumerate(RATES):
        losses = (w_after(np.arange(12), rate) ** 2 / 2).reshape(2, 6).mean(1)
        np.testing.assert_allclose(whole["train_loss"][number, 0], losses, rtol=1e-5)


def test_a_trigger_is_due_for_each_member_at_steps_of_its_own(whole):
    assert whole["at_falls"].dims == whole["step_falling"].dims == ("rate", "seed", "time_falling")
    counts = set()
    for number, rate in enumerate(RATES):
        steps = falls(rate)
        steps = steps if steps[-1:] == [12] else [*steps, 12]
        counts.add(len(steps))
        padding = 4 - len(steps)
        for seed in range(2):
            member = whole.isel(rate=number, seed=seed)
            np.testing.assert_array_equal(member["step_falling"], steps + [-1] * padding)
            expected = [*w_after(steps, rate), *[np.nan] * padding]
            np.testing.assert_allclose(member["at_falls"], expected, rtol=1e-5)
    assert len(counts) > 1  # ragged


def test_a_trigger_measures_the_start_too_where_it_is_asked_for(whole):
    for number, rate in enumerate(RATES):
        steps = [0, *falls(rate)]
        found = whole.isel(rate=number, seed=0)
        np.testing.assert_array_equal(found["step_first"][: len(steps)], steps)
        assert (found["step_first"][len(steps) :] == -1).all()
        np.testing.assert_allclose(found["at_first"][: len(steps)], w_after(steps, rate), rtol=1e-5)


def test_a_run_on_its_own_measures_what_the_member_of_a_sweep_does(whole):
    for number, rate in enumerate(RATES):
        alone = fit(KEY, **pulled(rate, evaluations=EVALUATIONS))
        member = whole.isel(rate=number, seed=0)
        np.testing.assert_allclose(alone.params["w"], member["w"], rtol=1e-6)
        for name, steps in STEPS.items():
            np.testing.assert_array_equal(alone.metrics[f"step_{name}"], steps)
            np.testing.assert_allclose(alone.metrics[f"at_{name}"], member[f"at_{name}"], rtol=1e-6)
        there = member["step_falling"] >= 0
        np.testing.assert_array_equal(alone.metrics["step_falling"], member["step_falling"][there])
        np.testing.assert_allclose(alone.metrics["at_falls"], member["at_falls"][there], rtol=1e-6)
        np.testing.assert_allclose(alone.metrics["train_loss"], member["train_loss"], rtol=1e-6)
        assert "step" not in alone.metrics


@pytest.mark.slow
def test_values_are_those_of_a_run_that_is_stopped_there(parts):
    """Bitwise: of data, weights and the key of the evaluation."""
    source = sparse_uniform(n_features=3, density=0.5)
    whole = parts({}, n_steps=12, log_every=6)
    model = whole["model"]
    whole["probe"] = loss(model=model, source=source, batch_size=8)._replace(every=3)
    metrics = fit(KEY, **whole).metrics
    np.testing.assert_array_equal(metrics["step_probe"], [3, 6, 9, 12])
    for number, steps in enumerate([3, 6, 9, 12]):
        stopped = parts({}, n_steps=steps, log_every=3)
        stopped["probe"] = loss(model=model, source=source, batch_size=8)
        expected = fit(KEY, **stopped).metrics
        np.testing.assert_array_equal(metrics["loss"][number], expected["loss"][-1])


@pytest.mark.slow
def test_an_evaluation_changes_no_bit_of_the_training(make_build, parts):
    """Neither where the block stays as it was nor where it is shorter: an update is the same."""
    axes = {"learning_rate": [1e-3, 1e-2], "seed": [0, 1, 2]}

    def trained(**evaluations):
        def build(point):
            given = parts(point)
            probe = Evaluation(given.pop("probe"))
            return training(**given, evaluations={"probe": probe, **evaluations})

        return sweep(build, key=KEY, axes=axes, chunk=3)

    def scale(params, state, key):
        return {"scale": jnp.abs(params.W).max() + 0 * jax.random.uniform(key)}

    before = sweep(make_build(), key=KEY, axes=axes, chunk=3)
    same_block = trained(rare=Evaluation(scale, every=20))
    short_blocks = trained(fine=Evaluation(scale, every=4))
    for other in (same_block, short_blocks):
        for name in ("W", "b", "diverged_step", "norms"):
            assert other[name].values.tobytes() == before[name].values.tobytes(), name
    losses = [dataset["train_loss"].values for dataset in (before, same_block, short_blocks)]
    assert losses[1].tobytes() == losses[0].tobytes()
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-6)


@pytest.mark.parametrize("check_fragile", [False, True])
@pytest.mark.parametrize("n_saved", [1, 4, 11])
def test_a_sweep_that_is_stopped_goes_on_with_what_it_had_measured(
    tmp_path, monkeypatch, bits, n_saved, check_fragile
):
    left, real = [None] * n_saved, Checkpoints.save

    def save(self, ids, state):
        real(self, ids, state)
        left.pop()
        if not left:
            raise KeyboardInterrupt

    options = {"check_fragile": check_fragile, "checkpoint_seconds": 0.0}
    undisturbed = run(evaluations=EVALUATIONS, store=tmp_path / "undisturbed", **options)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoints, "save", save)
        run(evaluations=EVALUATIONS, store=tmp_path / "stopped", **options)
    reports = []
    resumed = run(
        evaluations=EVALUATIONS,
        store=tmp_path / "stopped",
        on_progress=reports.append,
        **options,
    )
    assert reports[1].steps_done == 3 * n_saved  # of three members in blocks of one update
    assert bits(resumed) == bits(undisturbed) == bits(store.open(tmp_path / "stopped"))


def test_checking_for_fragile_members_records_nothing_twice(whole, monkeypatch):
    made, real = [], launch._Run._measure

    def measure(self, name, carry, step, last):
        before = len(self.records[name])
        real(self, name, carry, step, last)
        made.extend([name] * (len(self.records[name]) - before))

    monkeypatch.setattr(launch._Run, "_measure", measure)
    checked = run(evaluations=EVALUATIONS, check_fragile=True)
    n_chunks = 2  # of three members
    assert made.count("fine") == n_chunks * 6
    assert made.count("coarse") == n_chunks * 3
    for name in whole.data_vars:
        assert checked[name].values.tobytes() == whole[name].values.tobytes(), name


@pytest.mark.parametrize("chunk", [1, 2, 4, 6])
def test_members_are_the_same_in_chunks_that_are_padded(whole, chunk):
    other = run(evaluations=EVALUATIONS, chunk=chunk)
    for name in whole.data_vars:
        if whole[name].dtype.kind == "f":
            np.testing.assert_allclose(other[name], whole[name], rtol=1e-5)
        else:
            np.testing.assert_array_equal(other[name], whole[name])


def test_nothing_is_measured_of_a_run_of_no_updates():
    spec = FitSpec(n_steps=0, batch_size=1, log_every=6)
    dataset = run(evaluations=EVALUATIONS, spec_of=spec)
    assert (dataset["w"] == START).all()
    for name in ("fine", "coarse"):
        assert dataset[f"at_{name}"].shape == (3, 2, 0)
        assert dataset[f"step_{name}"].shape == (0,)
    assert (dataset["step_falling"] == -1).all()
    assert np.isnan(dataset["at_falls"]).all()
    assert fit(KEY, **pulled(evaluations=EVALUATIONS, spec=spec)).metrics == {}


def never(step, measured):
    return False


def test_what_is_never_due_is_empty_and_what_measures_nothing_has_its_steps():
    evaluations = {
        "never": position("x", every=Trigger(never, lambda n_steps: 2, 2)),
        "nothing": Evaluation(lambda params, state, key: {}, every=FALLING, at_end=True),
    }
    dataset = run(evaluations=evaluations)
    assert dataset["x"].shape == dataset["step_never"].shape == (3, 2, 2)
    assert np.isnan(dataset["x"]).all()
    assert (dataset["step_never"] == -1).all()
    assert (dataset["step_nothing"].max("time_nothing") == 12).all()
    metrics = fit(KEY, **pulled(evaluations=evaluations)).metrics
    assert metrics["x"].shape == metrics["step_never"].shape == (0,)
    assert metrics["step_nothing"][-1] == 12


def test_a_run_that_diverges_is_measured_as_it_was_left():
    """At a rate of 1e30 the second update overflows; what is measured are the last finite w."""
    build = build_of(evaluations={"fine": position("at_fine", every=2)})
    dataset = run(build=build, axes={"rate": [0.5, 1e30]})
    assert dataset["diverged_step"].values.tolist()[0] == -1
    assert dataset["diverged_step"][1] > 0
    np.testing.assert_allclose(dataset["at_fine"][0], w_after(STEPS["fine"]), rtol=1e-5)
    assert np.isfinite(dataset["at_fine"]).all()
    assert np.isnan(dataset["train_loss"][1]).all()


# Refusals


@pytest.mark.parametrize("every", [5, FALLING])
def test_a_store_that_was_measured_at_other_steps_is_refused_by_name(tmp_path, one_line, every):
    """Where there are as many of them, too, and members are still to be trained."""
    axes = {**AXES, "seed": [0]}
    run(evaluations={"a": position("x", every=4)}, store=tmp_path, axes=axes)
    for allowed in (False, True):
        with pytest.raises(StoreError) as refusal:
            run(
                evaluations={"a": position("x", every=every, at_end=every == 5)},
                store=tmp_path,
                allow_numerics_change=allowed,
            )
        assert one_line(refusal, str(tmp_path), "holds a sweep with", "choose another folder")


def due_always(step, measured):
    return True


@pytest.mark.parametrize("trial", ["sweep", "fit"])
def test_a_trigger_that_is_due_more_often_than_it_says_is_refused_in_one_line(one_line, trial):
    often = {"often": position("x", every=Trigger(due_always, lambda n_steps: 2, 3))}
    with pytest.raises(ArgumentError) as refusal:
        if trial == "sweep":
            run(evaluations=often)
        else:
            fit(KEY, **pulled(evaluations=often))
    assert one_line(refusal, "evaluations.often: due 3 times, expected at most the 2 in a run")


def two(**fields):
    return Evaluation(lambda params, state, key: {"x": jnp.zeros((2, 3))}, **fields)


def three(**fields):
    return Evaluation(lambda params, state, key: {"y": jnp.zeros(3)}, every=3, **fields)


@pytest.mark.parametrize(
    ("evaluations", "words"),
    [
        ({"a": position("w", every=2)}, "a: w: expected another name, another result"),
        ({"a": position("rate", every=2)}, "a: rate: expected another name, an axis"),
        ({"a": position("seed", every=2)}, "a: seed: expected another name, an axis"),
        ({"a": position("status", every=2)}, "a: status: expected another name, every sweep"),
        ({"a": position("step", every=2)}, "a: step: expected another name, every sweep"),
        ({"a": position("sensitivity", every=2)}, "a: sensitivity: expected another name"),
        ({"a": position("step_a", every=2)}, "a: step_a: expected another name, an evaluation"),
        ({"a": position("step_a", every=FALLING)}, "a: step_a: expected another name"),
        ({"a": position("time_a", every=FALLING)}, "a: time_a: expected another name"),
        ({"a": position("train_loss", every=2)}, "a: train_loss: expected another name"),
        (
            {"a": position("x", every=2), "b": position("x", every=3)},
            "b: x: expected another name, another result",
        ),
        ({"a": position("x"), "b": position("x")}, "b: x is taken"),
        ({"a": position("train_loss")}, "a: train_loss is taken"),
        ({"a": two(every=2, dims={"x": ["a"]})}, "dims of x=['a']: expected 2 names"),
        ({"a": two(every=2, dims={"x": ["a", "a"]})}, "dims of x=['a', 'a']: expected distinct"),
        ({"a": two(every=2, dims={"x": ["a", "rate"]})}, "dims of x=['a', 'rate']: expected"),
        ({"a": two(every=2, dims={"x": ["step", "b"]})}, "dims of x=['step', 'b']: expected"),
        ({"a": two(every=2, dims={"x": ["step_a", "b"]})}, "dims of x=['step_a', 'b']"),
        (
            {"a": two(every=2, dims={"x": ["f", "b"]}), "b": three(dims={"y": ["f"]})},
            "dims of y=['f']: f has length 3, expected the 2 that it has elsewhere",
        ),
    ],
)
def test_names_that_are_taken_are_refused_before_any_compile(
    evaluations, words, one_line, monkeypatch
):
    def no_compile(*args, **kwargs):
        raise AssertionError("compiled")

    monkeypatch.setattr(jax.stages.Lowered, "compile", no_compile)
    with pytest.raises(ArgumentError) as refusal:
        run(evaluations=evaluations)
    assert one_line(refusal, words)


def test_a_parameter_called_as_the_steps_of_an_evaluation_is_refused(one_line):
    def build(point):
        parts = pulled(point["rate"])
        model = parts["model"]

        def renamed(key):
            params, state = model.init(key)
            return {**params, "step_a": jnp.zeros(())}, state

        evaluations = {"a": position("x", every=FALLING)}
        parts["model"] = model._replace(init=renamed)
        return training(**parts, evaluations=evaluations)

    with pytest.raises(ArgumentError) as refusal:
        run(build=build)
    assert one_line(refusal, "step_a: expected another name, an evaluation has this one")


@pytest.mark.parametrize(
    ("evaluations", "words"),
    [
        ({"a": position("x", every=2), "b": position("x", every=3)}, "b: x is taken"),
        ({"a": position("train_loss", every=2)}, "a: train_loss is taken"),
    ],
)
def test_a_run_on_its_own_refuses_names_that_are_taken(evaluations, words, one_line):
    with pytest.raises(ArgumentError) as refusal:
        fit(KEY, **pulled(evaluations=evaluations))
    assert one_line(refusal, words)


def test_a_probe_beside_evaluations_is_refused(one_line):
    with pytest.raises(ArgumentError) as refusal:
        fit(KEY, **pulled(probe=position().measure, evaluations={"a": position()}))
    assert one_line(refusal, "probe: expected it among the evaluations")


def test_a_probe_is_an_evaluation_of_that_name():
    for probe in (position("x").measure, position("x")):
        metrics = fit(KEY, **pulled(probe=probe)).metrics
        assert {*metrics} == {"train_loss", "x"}
        np.testing.assert_allclose(metrics["x"], w_after([6, 12]), rtol=1e-6)
    metrics = fit(KEY, **pulled(probe=position("x", every=4))).metrics
    np.testing.assert_array_equal(metrics["step_probe"], [4, 8, 12])
