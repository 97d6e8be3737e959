"""A sweep asked for otherwise than its store holds it: refused by name, or really the same."""

import shutil

import jax
import pytest

from superpos import random
from superpos.app.boundary import compose
from superpos.app.config.experiment import bind
from superpos.engine import work
from superpos.store import files
from superpos.store.fingerprint import fingerprint
from superpos.train import StoreError, sweep

WORDS = (
    *("experiment=train", "fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8"),
    *("evaluations.loss.batch_size=8", "sweep.data.density=[0.5,1]", "optim.weight_decay=0.001"),
)


def run(folder, *words, **changes):
    """Sweep what a command line asks for; how many model-steps that took."""
    config = compose([*WORDS, *words])
    [job] = bind(config)[0]["sweep"].plans
    reports = []
    sweep(
        job.build,
        key=random.key(0, rng=config["engine"]["rng"]),
        axes=job.axes,
        zipped=job.zipped,
        store=folder,
        spec=job.spec,
        chunk=1,
        on_progress=reports.append,
        **changes,
    )
    return reports[-1].steps_done if reports else 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder) == 2 * 4
    return folder


def refused(one_line, snapshot, folder, *words, name, **changes):
    """Whether it is refused in one line with a name, and nothing on disk is another."""
    before = snapshot(folder), (folder / "sweep.json").read_bytes()
    with pytest.raises(StoreError) as refusal:
        run(folder, *words, **changes)
    after = snapshot(folder), (folder / "sweep.json").read_bytes()
    return one_line(refusal, str(folder), name) and after == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("data.n_features=6", "data.n_features=5, asked for 6"),
        ("model.n_hidden=3", "model.n_hidden=2, asked for 3"),
        ("model.importance_decay=0.9", "model.importance_decay=1, asked for 0.9"),
        ("model.activation=linear", "model.activation=relu, asked for linear"),
        ("model.init.init_scale=2", "model.init.init_scale=1, asked for 2"),
        ("optim.learning_rate=0.002", "optim.learning_rate=0.001"),
        ("optim.eps=1e-7", "optim.eps="),
        ("schedule=linear", "optim.schedule.final=nothing, asked for 0"),
        ("fit.n_steps=8", "fit.n_steps=4, asked for 8"),
        ("fit.log_every=4", "log_every=2, asked for 4"),
        ("fit.batch_size=16", "batch_size=8, asked for 16"),
        ("evaluations.loss.batch_size=16", "evaluations.loss.batch_size=8, asked for 16"),
        ("engine.rng=threefry", "rng=fry13, asked for threefry2x32"),
    ],
)
def test_another_value_of_one_key_is_refused_naming_it(whole, one_line, snapshot, word, name):
    assert refused(one_line, snapshot, whole, word, name=name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["optim.learning_rate=0.001"],
        ["optim.learning_rate=1e-3"],
        ["optim.learning_rate=1.0e-03", "model.importance_decay=1"],
        ["model.importance_decay=1.0"],
        ["sweep.data.density=[1.0,5e-1]"],
        ["sweep.data.density={linspace: [0.5, 1, 2]}"],
        ["title=another", "question=another", "engine.memory_fraction=0.5"],
        [*reversed(WORDS)],
    ],
    ids=lambda words: words[0],
)
def test_the_same_said_otherwise_trains_nothing(whole, snapshot, words):
    before = snapshot(whole)
    assert run(whole, *words) == 0
    assert snapshot(whole) == before


def test_the_order_of_the_keys_does_not_matter(whole):
    [job] = bind(compose(WORDS))[0]["sweep"].plans
    backwards = dict(reversed(job.spec.items()))
    assert [*backwards] != [*job.spec]
    arguments = {"key": random.key(0), "axes": job.axes, "store": whole, "spec": backwards}
    sweep(job.build, **arguments, on_progress=lambda _: pytest.fail("trained"))


@pytest.fixture
def partial(whole, tmp_path):
    """A copy of which a chunk is missing, so that something is left to train."""
    folder = shutil.copytree(whole, tmp_path / "partial")
    files.chunk_files(folder)[0].unlink()
    return folder


def test_more_values_train_the_new_members_only(partial, snapshot):
    before = snapshot(partial)
    assert run(partial, "sweep.data.density=[0.25,0.5,0.75,1]") == 3 * 4
    after = snapshot(partial)
    assert {name: after[name] for name in before} == before


KEYS = ["superpos", "jax", "jaxlib", "device", "isa", "threads", "x64", "matmul_precision"]
KEYS += ["xla_flags"]


def test_every_key_of_the_fingerprint_is_tried_here():
    assert set(KEYS) <= set(fingerprint())


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_other_numerics_are_refused_by_name(partial, one_line, snapshot, monkeypatch, key):
    real = fingerprint()
    monkeypatch.setattr(work, "fingerprint", lambda: {**real, key: "another"})
    assert refused(one_line, snapshot, partial, name=f"{key} was {real[key]} and is another")


@pytest.mark.slow
def test_other_numerics_go_on_where_they_are_allowed(partial, snapshot, monkeypatch):
    key, real = "jaxlib", fingerprint()
    monkeypatch.setattr(work, "fingerprint", lambda: {**real, key: "another"})
    before = snapshot(partial)
    assert run(partial, allow_numerics_change=True) == 4
    after = snapshot(partial)
    assert {name: after[name] for name in before} == before
    assert files.read_header(partial)["fingerprint"][key] == "another"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda patch: patch.setenv("NPROC", "7"), "threads"),
        (lambda patch: patch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true"), "xla_flags"),
    ],
    ids=["NPROC", "XLA_FLAGS"],
)
def test_what_the_environment_changes_is_seen(
    partial, one_line, snapshot, monkeypatch, change, key
):
    change(monkeypatch)
    assert refused(one_line, snapshot, partial, name=f"{key} was ")


@pytest.mark.slow
def test_another_precision_is_seen(partial, one_line, snapshot):
    held = files.read_header(partial)["fingerprint"]["matmul_precision"]
    with jax.default_matmul_precision("bfloat16"):
        name = f"matmul_precision was {held} and is bfloat16"
        assert refused(one_line, snapshot, partial, name=name)
