"""Evaluations of stored members: what they measure, keep, add and refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models, optim
from superpos.arguments import ArgumentError
from superpos.train import FitSpec, StoreError, evaluate, files, store, sweep, training
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
    old = dataset.sel(density=np.float32([0.2, 0.6]))
    rows = 2 * np.abs(old["W"].to_numpy()).sum(-1)
    assert dataset["rows"].dims == ("density", "seed", "feature")
    np.testing.assert_allclose(old["rows"], rows, rtol=1e-6)
    np.testing.assert_allclose(old["total"], rows.sum(-1), rtol=1e-6)
    new = dataset.sel(density=np.float32(0.4))
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
    dataset = store.open(measured).sel(density=np.float32(0.2), seed=5)
    member = jax.random.fold_in(key(), 5)
    at_end = jax.random.fold_in(jax.random.fold_in(member, 2), 4)
    np.testing.assert_allclose(dataset["drawn"], jax.random.uniform(at_end), rtol=1e-6)


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
    with pytest.raises(ArgumentError, match="^sweep.feature: feature is taken, expected"):
        measure(measured, over={"feature": [1.0]})
    with pytest.raises(StoreError, match="after.kind=scaled, asked for halved; choose another"):
        measure(measured, spec={"kind": "halved"})
    with pytest.raises(StoreError, match="expected a folder with a sweep.json"):
        measure(tmp_path)
    assert chunks(measured) == before
