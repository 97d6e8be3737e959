"""Evaluations of stored members: what they measure, keep, add and refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, evaluations, models, optim
from superpos.arguments import ArgumentError
from superpos.store import files
from superpos.train import FitSpec, StoreError, evaluate, store, sweep, training
from superpos.train.evaluating import COMMON_SEED
from superpos.types import Evaluation

AXES = {"density": [0.2, 0.6], "seed": [0, 5]}
SPEC = {"about": "after"}
ABOUT = {"kind": "scaled"}


def scaled(factor):
    """A number of the weights, one of each feature, and a draw of the evaluation's own key."""

    def measure(params, state, key):
        del state
        rows = factor * jnp.abs(params.W).sum(-1)
        return {"rows": rows, "total": rows.sum(), "drawn": jax.random.uniform(key)}

    return Evaluation(measure, {"rows": ("feature",)}, after=True)


def build(point, **more):
    model = models.autoencoder(n_features=4, n_hidden=2)
    return training(
        model=model,
        source=data.sparse_uniform(n_features=4, density=point["density"]),
        tx=optim.sgd(learning_rate=0.1),
        evaluations={"scaled": scaled(point.get("factor", 2.0)), **more},
        spec=FitSpec(n_steps=4, batch_size=8, log_every=2),
    )


def key():
    return jax.random.key(3)


def run(folder, **changes):
    return sweep(build, **{"key": key(), "axes": AXES, "store": folder, "spec": SPEC, **changes})


def measure(folder, **changes):
    given = {"key": key(), "store": folder, "name": "scaled", "spec": ABOUT, **changes}
    return evaluate(changes.pop("build", build), **{k: v for k, v in given.items() if k != "build"})


def chunks(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.chunk")}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A sweep whose members were measured, and then grown by a density in the middle."""
    folder = tmp_path_factory.mktemp("after")
    run(folder)
    measure(folder)
    run(folder, axes={**AXES, "density": [0.2, 0.4, 0.6]})
    return folder


def test_results_stand_beside_those_of_the_sweep(measured):
    dataset = store.open(measured)
    old = dataset.sel(density=[0.2, 0.6])
    rows = 2 * np.abs(old["W"].to_numpy()).sum(-1)
    assert dataset["rows"].dims == ("density", "seed", "feature")
    np.testing.assert_allclose(old["rows"], rows, rtol=1e-6)
    np.testing.assert_allclose(old["total"], rows.sum(-1), rtol=1e-6)
    new = dataset.sel(density=0.4)
    assert np.isnan(new["rows"]).all() and (new["status"] == "ok").all()


@pytest.mark.slow
def test_members_that_came_since_are_measured_and_no_others(measured, tmp_path):
    before = chunks(measured)
    measure(measured)
    after = chunks(measured)
    assert before.items() <= after.items() and len(after) == len(before) + 1
    dataset = store.open(measured)
    rows = 2 * np.abs(dataset["W"].to_numpy()).sum(-1)
    np.testing.assert_allclose(dataset["rows"], rows, rtol=1e-6)
    measure(measured)
    assert chunks(measured) == after


def test_the_key_is_that_of_an_evaluation_at_the_end_of_the_run(measured):
    """That is, the same for all members."""
    common = jax.random.key(COMMON_SEED, impl=jax.random.key_impl(key()))
    at_end = jax.random.fold_in(jax.random.fold_in(common, 2), 4)
    drawn = store.open(measured)["drawn"].to_numpy()
    known = np.isfinite(drawn)
    np.testing.assert_allclose(drawn[known], jax.random.uniform(at_end), rtol=1e-6)
    assert known.sum() > 1


@pytest.mark.slow
def test_ids_are_those_of_the_members(measured):
    own = {each for path in (measured / "chunks").iterdir() for each in files.read_chunk(path).ids}
    place = measured / "after" / "scaled" / "chunks"
    later = {each for path in place.iterdir() for each in files.read_chunk(path).ids}
    assert later <= own and later


@pytest.mark.slow
def test_numbers_of_the_evaluation_are_dimensions_of_its_results(tmp_path):
    run(tmp_path)
    measure(tmp_path, over={"factor": [1.0, 3.0]})
    dataset = store.open(tmp_path)
    assert dataset["rows"].dims == ("density", "seed", "factor", "feature")
    assert dataset["factor"].to_numpy().tolist() == [1.0, 3.0]
    rows = np.abs(dataset["W"].to_numpy()).sum(-1)[:, :, None] * np.array([1, 3])[:, None]
    np.testing.assert_allclose(dataset["rows"], rows, rtol=1e-6)


def with_more(measure, dims, **changes):
    more = Evaluation(measure, dims, after=True, **changes)
    return lambda point: build(point, more=more)


@pytest.mark.parametrize(
    ("more", "over", "words"),
    [
        (with_more(lambda p, s, k: {"q": p.b[:3]}, {"q": ("feature",)}), {}, "dims of q=.'feature"),
        (with_more(lambda p, s, k: {"q": p.b}, {"q": ("density",)}), {}, "dims of q=.'density'"),
        (with_more(lambda p, s, k: {"q": p.b}, {}), {"feature": [1]}, "sweep.feature: feature is"),
        (with_more(lambda p, s, k: {"seed": p.b}, {}), {}, "evaluations.more: seed is taken"),
        (with_more(lambda p, s, k: p.b, {}), {}, "evaluations.more: expected a dict of arrays"),
        (with_more(lambda p, s, k: {"q": "a"}, {}), {}, "evaluations.more: q: expected an array"),
        (with_more(lambda p, s, k: {}, {}, every=1), {}, "evaluations.more.after=True: expected"),
    ],
)
def test_a_measure_that_does_not_fit_is_refused_before_it_is_made(measured, more, over, words):
    before = chunks(measured)
    with pytest.raises(ArgumentError, match=words):
        measure(measured, name="more", build=more, over=over)
    assert chunks(measured) == before
    store.open(measured)


def test_another_key_asset_or_model_than_the_sweeps_is_refused(measured, tmp_path):
    with pytest.raises(StoreError, match="holds a sweep with key=.0, 3., asked for .0, 4."):
        measure(measured, key=jax.random.key(4))

    def wider(point):
        made = build(point)
        return made._replace(init=lambda key: made.init(key).replace(params=jnp.zeros(3)))

    with pytest.raises(StoreError, match="holds params of shape nothing, the build has .3."):
        measure(measured, build=wider)


@pytest.mark.slow
def test_assets_of_the_sweep_must_be_the_same_and_others_are_the_evaluations_own(tmp_path):
    rows = {"inputs": np.ones((5, 4), np.float32)}

    def trained(point, assets):
        made = build(point)
        if "other" in assets:
            total = Evaluation(lambda p, s, k: {"q": assets["other"].sum()}, after=True)
            made = build(point, more=total)
        return made

    given = {"examples": rows}
    sweep(trained, key=key(), axes=AXES, store=tmp_path, spec=SPEC, assets=given)
    with pytest.raises(StoreError, match="holds a sweep with assets.examples=.*, asked for"):
        measure(tmp_path, build=trained, assets={"examples": {"inputs": rows["inputs"] + 1}})
    with pytest.raises(StoreError, match="assets.examples=.*, asked for nothing"):
        measure(tmp_path, build=lambda point: build(point))
    before = chunks(tmp_path)
    both = {**given, "other": np.float32([1, 2])}
    measure(tmp_path, build=trained, assets=both, name="more")
    assert before.items() <= chunks(tmp_path).items()
    np.testing.assert_array_equal(store.open(tmp_path)["q"], 3)
    with pytest.raises(StoreError, match="holds more with assets.other=.*; give the evaluation"):
        measure(tmp_path, build=trained, assets={**given, "other": np.ones(2)}, name="more")


def test_what_cannot_be_measured_is_one_line(measured, tmp_path):
    def taken(point):
        return build(point, more=Evaluation(lambda p, s, k: {"W": p.W.sum()}, after=True))

    def hidden(point):
        return build(point, more=Evaluation(lambda p, s, k: {"total": p.W.sum()}, after=True))

    before = chunks(measured)
    with pytest.raises(ArgumentError, match="^score: expected an evaluation with after, of which"):
        measure(measured, name="score")
    with pytest.raises(ArgumentError, match="^evaluations.more: W is taken, expected another name"):
        measure(measured, name="more", build=taken)
    with pytest.raises(ArgumentError, match="^evaluations.more: total is taken"):
        measure(measured, name="more", build=hidden)
    with pytest.raises(StoreError, match="holds scaled over nothing, asked for factor; give the"):
        measure(measured, over={"factor": [1.0]})
    with pytest.raises(StoreError, match="with kind=scaled, asked for halved; give the eval"):
        measure(measured, spec={"kind": "halved"})
    with pytest.raises(StoreError, match="expected a folder with a sweep.json"):
        measure(tmp_path)
    assert chunks(measured) == before


def test_a_value_of_its_own_number_that_is_out_of_range_is_refused(measured, one_line):
    def checked(point):
        return build(point, other=evaluations.geometry(threshold=point["cut"])._replace(after=True))

    before = chunks(measured)
    given = {"build": checked, "name": "other", "over": {"cut": [0.1, -0.1]}}
    with pytest.raises(ArgumentError) as refusal:
        measure(measured, **given)
    assert one_line(refusal, "cut=-0.1: threshold=-0.1: expected a number in [0, inf)")
    assert chunks(measured) == before
