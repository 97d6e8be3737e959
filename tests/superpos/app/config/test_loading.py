"""Assets and evaluations of a config: what a run is given, what it is, and what is refused."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from superpos.app import runner
from superpos.app.boundary import compose
from superpos.app.config.sweep_plan import ConfigError
from superpos.app.multirun import worker
from superpos.train import StoreError, store
from tests.superpos.app.multirun.workers import groups, ids_of

NOVEL = "experiments/corpus/excerpt/northanger_abbey.txt"
SMALL = ("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations=loss")
TINY = (*SMALL, "evaluations.loss.batch_size=8", "engine.check_fragile=false", "sweep.seed=[0,1]")
ROWS = ("data=examples", "data.n_features=6", "+asset@assets.examples=array")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.npy"
    np.save(path, np.random.default_rng(0).uniform(size=(40, 6)).astype(np.float32))
    return path


@pytest.fixture
def no_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    launch = importlib.import_module("superpos.engine.choices")
    monkeypatch.setattr(launch, "compile_chunk", lambda *args, **kw: pytest.fail("compiled"))


def config(folder: Path, *words: str, **changes: Any) -> dict[str, Any]:
    composed = compose(["experiment=train", *TINY, *words])
    return {**composed, "output_dir": str(folder), **changes}


def of_rows(folder: Path, rows: Path, *words: str) -> dict[str, Any]:
    return config(folder, *ROWS, f"assets.examples.path={rows}", *words)


def refused(given: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        runner.bind(given)
    assert not any("\n" in problem for problem in caught.value.problems)
    return caught.value.problems


# Assets


@pytest.mark.slow
def test_a_run_is_given_the_rows_of_a_file_and_is_another_with_other_rows(
    rows: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    runner.run(of_rows(out, rows))
    dataset = store.open(out / "sweep")
    digest = store.config_of(dataset)["assets.examples"]
    assert len(digest) == 64 and (dataset["status"] == "ok").all()
    moved = rows.rename(tmp_path / "moved.npy")  # a place is no content
    [variant] = runner.bind(of_rows(out, moved))[0].values()
    assert variant.plans[0].spec["assets.examples"] == digest
    np.save(rows, np.load(moved) + 1)
    with pytest.raises(StoreError, match=f"assets.examples={digest}, asked for"):
        runner.run(of_rows(out, rows, "engine.allow_numerics_change=true"))


@pytest.mark.usefixtures("no_compile")
def test_an_asset_that_cannot_be_used_is_one_line(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = "assets.examples.path"
    [line] = refused(of_rows(out, tmp_path / "none.npy"))
    assert line.startswith(f"{path}={tmp_path / 'none.npy'}: expected a file to read (No such")
    [line] = refused(of_rows(out, tmp_path / "rows.txt"))
    assert line.startswith(f"{path}={tmp_path / 'rows.txt'}: expected a file that ends in .npy")
    [line] = refused(of_rows(out, rows, "assets.examples.sha256=abc"))
    assert line.startswith("assets.examples.sha256=abc: ") and "choose another file" in line
    [line] = refused(of_rows(out, rows, "data.n_features=5"))
    assert line == "data.n_features=5: expected 6, the columns of examples"
    rows.write_bytes(rows.read_bytes()[:-7])
    [line] = refused(of_rows(out, rows))
    assert line == f"{path}={rows}: damaged, expected arrays of numbers"
    assert not out.exists()


@pytest.mark.usefixtures("no_compile")
def test_a_factory_that_asks_for_what_nothing_supplies_is_one_line(tmp_path: Path) -> None:
    assert refused(config(tmp_path, "data=examples")) == [
        "data.examples: missing, and there is no asset called examples"
    ]


@pytest.mark.usefixtures("no_compile")
def test_loaders_are_checked_like_components(tmp_path: Path) -> None:
    taken = {"model": {"kind": "digits"}, "x-y": {"kind": "digits"}}
    lines = refused(config(tmp_path, assets=taken))
    assert lines == [f"assets.{n}: expected another name, which no component has" for n in taken]
    [line] = refused(config(tmp_path, assets={"rows": {"kind": "digit"}}))
    assert line.startswith(
        "assets.rows.kind='digit': expected one of activations, array, checkpoint, digits, members"
    )
    [line] = refused(config(tmp_path, assets={"rows": {"kind": "digits", "spilt": "test"}}))
    assert line.endswith("did you mean split?")
    [line] = refused(config(tmp_path, assets=[1]))
    assert line == "assets=[1]: expected a loader for each name"


def test_an_asset_is_loaded_for_those_variants_alone_that_ask_for_it(
    rows: Path, tmp_path: Path
) -> None:
    plain = {"data": compose(["experiment=train", "data.n_features=6"])["data"]}
    given = {**of_rows(tmp_path, rows), "variants": {"stored": {}, "drawn": plain}}
    variants, _ = runner.bind(given)
    assert [*variants["stored"].plans[0].assets] == ["examples"]
    assert variants["drawn"].plans[0].assets == {}
    assert not any(key.startswith("assets") for key in variants["drawn"].plans[0].spec)


@pytest.mark.slow
def test_a_variant_reads_what_an_earlier_one_learned(tmp_path: Path) -> None:
    codes = {
        "data": {"kind": "activations", "n_features": 2, "data": compose([])["data"]},
        "model": {"n_features": 2, "n_hidden": 1},
        "assets": {"members": {"kind": "members", "variant": "toy"}},
        "sweep": {"data": {"member": [0, 1]}},
    }
    given = config(tmp_path, variants={"toy": {}, "codes": codes})
    runner.run(given)
    toys, found = (store.open(tmp_path / name) for name in ("toy", "codes"))
    assert found.sizes["member"] == 2 and (found["status"] == "ok").all()
    member = store.member(toys, runner.REGISTRY, seed=0) if hasattr(runner, "REGISTRY") else None
    assert member is None or member.params.W.shape == (5, 2)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")}
    runner.run(given)  # resumes both
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")} == before


@pytest.mark.usefixtures("no_compile")
def test_a_variant_that_does_not_come_before_is_refused(tmp_path: Path) -> None:
    codes = {
        "data": {"kind": "activations", "n_features": 2, "data": compose([])["data"]},
        "model": {"n_features": 2},
        "assets": {"members": {"kind": "members", "variant": "toi"}},
    }
    [line] = refused(config(tmp_path, variants={"toy": {}, "codes": codes}))
    expected = "assets.members.variant=toi: expected an earlier one, of toy; did you mean toy?"
    assert line == expected


@pytest.mark.usefixtures("no_compile")
def test_variants_are_trained_before_those_that_take_their_members(tmp_path: Path) -> None:
    codes = {
        "data": {"kind": "activations", "n_features": 2, "data": compose([])["data"]},
        "model": {"n_features": 2, "n_hidden": 1},
        "assets": {"members": {"kind": "members", "variant": "toy"}},
    }
    variants, _ = runner.bind(config(tmp_path, variants={"codes": codes, "other": {}, "toy": {}}))
    assert [*variants] == ["toy", "codes", "other"]
    taking = {**codes, "assets": {"members": {"kind": "members", "variant": "codes"}}}
    [line] = refused(config(tmp_path, variants={"codes": taking}))
    assert line == "assets.members.variant=codes: expected an earlier one, of none"


# Assets of assets


OWN = "tests/golden/language_models/own"
TOKENS = {"kind": "tokens", "novel": NOVEL, "tokeniser": OWN, "n_tokens": 1024, "context": 16}
ACTIVATIONS = {
    "kind": "activations",
    "arms": ["trained", "gaussian"],
    "layers": [0],
    "n_texts": 200,
}


def of_activations(folder: Path, **changes: Any) -> dict[str, Any]:
    """Autoencoders of the activations of a transformer on a novel."""
    transformers = {"kind": "checkpoint", "path": OWN}
    assets = {"tokens": TOKENS, "activations": ACTIVATIONS, "transformers": transformers}
    return {
        **config(folder, "model=sae_topk", "optim=sae_adam"),
        "data": {"kind": "text_activations", "n_features": 256, "row": 0},
        "model": {**compose(["model=sae_topk"])["model"], "d_in": 256},
        "assets": {**assets, **changes},
        "sweep": {"data": {"row": [0, 1]}},
    }


@pytest.mark.slow
def test_an_asset_is_made_of_others_in_the_folder_of_the_run(tmp_path: Path) -> None:
    given = of_activations(tmp_path)
    [variant] = runner.bind(given)[0].values()
    assert [*variant.plans[0].assets] == ["activations"]
    assert not (tmp_path / "activations").exists()
    runner.run(given)
    found = store.open(tmp_path / "sweep")
    assert (found["status"] == "ok").all() and found.sizes["row"] == 2
    [kept] = (tmp_path / "activations").iterdir()
    assert len([*kept.glob("*.shard")]) == 2
    assert store.config_of(found)["assets.activations"]


@pytest.mark.usefixtures("no_compile")
@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"tokens": {**TOKENS, "contxt": 8}},
            "assets.tokens.contxt: unknown",
        ),
        (
            {"tokens": None},
            "assets.activations.tokens: missing, and there is no asset called tokens",
        ),
        (
            {"transformers": None},
            "assets.activations.transformers: missing, and there is no asset called transformers",
        ),
        (
            {"idle": {"kind": "orthonormal", "n_features": 2, "n_inputs": 2}},
            "assets.idle: no component has an argument of that name",
        ),
    ],
)
def test_what_an_asset_needs_is_there_and_nothing_else(
    tmp_path: Path, changes: dict[str, Any], line: str
) -> None:
    [found] = refused(of_activations(tmp_path, **changes))
    assert found.startswith(line)


@pytest.mark.slow
def test_a_folder_of_another_run_is_refused_before_an_asset_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = {"batch_size": 8, "after": True}
    given = {**of_activations(tmp_path), "evaluations": {"loss": after}, "objective": "train_loss"}
    runner.run(given)
    changed = {**given, "optim": {**given["optim"], "learning_rate": 0.5}}
    fewer = {**given, "sweep": {"data": {"row": [0]}}}
    later = {**given, "evaluations": {"loss": {**after, "batch_size": 16}}}
    module = importlib.import_module("superpos.assets.activations")
    monkeypatch.setattr(module, "_kept", lambda *args: pytest.fail("made"))
    for other, line in (
        (changed, r"holds a sweep with optim\.learning_rate=.*, asked for 0\.5; choose another fo"),
        (fewer, r"holds data\.row=1\.0, which is not on the axis asked for"),
        (later, r"holds loss with evaluations\.loss\.batch_size=8, asked for 16; give the eva"),
    ):
        with pytest.raises(StoreError, match=line) as caught:
            runner.run(other)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_worker_refuses_a_file_that_has_changed(rows: Path, tmp_path: Path) -> None:
    words = f"{' '.join(ROWS)} assets.examples.path={rows} {' '.join(SMALL)}"
    [group] = groups(*(f"{words} seed={seed}" for seed in range(2)))
    part = worker.payload(group, ids_of(group), tmp_path / "store")
    assert part["assets"].keys() == {"examples"} and "rows.npy" in str(part["config"])
    np.save(rows, np.load(rows) + 1)
    line = worker.train(part)
    assert line is not None and "\n" not in line
    assert line.startswith("assets.examples: has ") and part["assets"]["examples"] in line
    assert not (tmp_path / "store").exists()


# Evaluations


@pytest.mark.slow
def test_each_evaluation_has_its_own_time_and_a_later_one_trains_nothing(tmp_path: Path) -> None:
    when = {
        "loss": {"batch_size": 8},
        "geometry": {"every": 1, "threshold": 0.1},
        "superposition": {"every": {"kind": "falls", "to": 0.999999, "every": 1, "most": 2}},
        "path": {"kind": "trajectory", "every": 3, "at_end": True},
    }
    given = config(tmp_path, evaluations=when)
    runner.run(given)
    dataset = store.open(tmp_path / "sweep")
    assert dataset["step"].to_numpy().tolist() == [2, 4]
    assert dataset["step_geometry"].to_numpy().tolist() == [1, 2, 3, 4]
    assert dataset["step_path"].to_numpy().tolist() == [3, 4]
    assert dataset["feature_norms"].dims == ("seed", "time_superposition", "feature")
    np.testing.assert_array_equal(dataset["W_path"].sel(step_path=4), dataset["W"])
    chunks = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")}
    later = {**when, "fresh": {"kind": "loss", "batch_size": 4096, "after": True}}
    [line] = refused(config(tmp_path, evaluations=later))
    assert line == "evaluations.fresh: loss is taken, expected another name"
    later = {"loss": when["loss"], "geometry": when["geometry"], "path": when["path"]}
    later |= {"superposition": when["superposition"]}
    runner.run(config(tmp_path, evaluations=later))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")} == chunks


@pytest.mark.slow
def test_stored_members_are_measured_afterwards_over_numbers_of_the_evaluation(
    tmp_path: Path,
) -> None:
    """A threshold above every product leaves each feature alone: component sizes of 1."""
    runner.run(config(tmp_path))
    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")}
    loss = {"batch_size": 8, "n_batches": 64}
    later = {"loss": loss, "geometry": {"after": True, "threshold": 0.1}}
    words = ("+sweep.evaluations.geometry.threshold=[0,100]",)
    runner.run(config(tmp_path, *words, evaluations=later))
    dataset = store.open(tmp_path / "sweep")
    assert dataset["component_sizes"].dims == ("seed", "threshold", "feature")
    assert (dataset["component_sizes"].sel(threshold=100) == 1).all()
    assert (dataset["component_sizes"].sel(threshold=0) == 5).all()
    first = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")}
    assert trained.items() <= first.items() and len(first) > len(trained)
    runner.run(config(tmp_path, *words, "sweep.seed=[0,1,2]", evaluations=later))
    grown = store.open(tmp_path / "sweep")
    assert (grown["component_sizes"].sel(threshold=0) == 5).all() and grown.sizes["seed"] == 3
    now = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.chunk")}
    assert first.items() <= now.items()
    other = {**later, "geometry": {"after": True, "threshold": 0.1, "kind": "superposition"}}
    del other["geometry"]["threshold"]
    with pytest.raises(StoreError, match="evaluations.geometry.kind=geometry, asked for"):
        runner.run(config(tmp_path, "sweep.seed=[0,1,2]", evaluations=other))


@pytest.mark.usefixtures("no_compile")
@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"geometri": {}}, "evaluations.geometri: unknown, expected one of "),
        ({"geometry": {"every": 0}}, "evaluations.geometry.every=0: expected an integer in"),
        ({"geometry": {"every": 9}}, "evaluations.geometry.every=9: expected at most n_steps=4"),
        ({"geometry": {"every": {"kind": "fall"}}}, "evaluations.geometry.every.kind='fall': exp"),
        ({"geometry": {"at_end": 1}}, "evaluations.geometry.at_end=1: expected true or false"),
        (
            {"geometry": {"after": True, "every": 2}},
            "evaluations.geometry.after=True: expected no",
        ),
        ({"geometry": 3}, "evaluations.geometry=3: expected the arguments of geometry"),
        ({"again": {"kind": "loss", "batch_size": 8}}, "evaluations.again: loss"),
    ],
)
def test_an_evaluation_that_cannot_be_made_is_one_line(
    changes: dict[str, Any], line: str, tmp_path: Path
) -> None:
    given = {"loss": {"batch_size": 8, "every": 2}, **changes}
    [problem] = refused(config(tmp_path, evaluations=given))
    assert problem.startswith(line)


def test_null_leaves_an_evaluation_out(tmp_path: Path) -> None:
    given = config(tmp_path, evaluations={"loss": {"batch_size": 8}, "geometry": None})
    [variant] = runner.bind(given)[0].values()
    assert not any("geometry" in key for key in variant.plans[0].spec)


@pytest.mark.usefixtures("no_compile")
def test_a_static_number_of_a_later_evaluation_is_no_axis(tmp_path: Path) -> None:
    later = {"loss": {"batch_size": 8, "after": True}}
    words = ("+sweep.evaluations.loss.batch_size=[8,16]", "objective=train_loss")
    [line] = refused(config(tmp_path, *words, evaluations=later))
    expected = "sweep.evaluations.loss.batch_size: static, expected an input of one program"
    assert line == expected
