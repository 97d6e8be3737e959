"""One experiment from a plain config: refused before anything is compiled, or run to its page."""

import importlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import xarray
import yaml
from rich.console import Console

from experiments.elhage.phase_change import sampling
from superpos.app import runner, sweeping
from superpos.app.boundary import compose
from superpos.app.config.sweep_plan import ConfigError, SweepPlan
from superpos.app.findings import Findings
from superpos.app.report import stored
from superpos.train import StoreError, best_of, store
from tests.small import shrunk

TINY = ("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8")
SMALL_SWEEP = ("sweep.data.density=[0.5,1.0]", "sweep.seed=[0,1]")
DIVERGING = ("optim=sgd", "optim.learning_rate=1e38")


@pytest.fixture
def no_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when anything is compiled for a sweep."""

    def compiled(*args: Any, **kwargs: Any) -> None:
        pytest.fail("compiled")

    module = importlib.import_module("superpos.engine.choices")
    monkeypatch.setattr(module, "compile_chunk", compiled)


def tiny(
    folder: Path, *overrides: str, experiment: str = "train", changes: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """A small config that writes to a folder, with top-level keys replaced."""
    words = [f"experiment={experiment}", *TINY, *overrides]
    return {**compose(words), "output_dir": str(folder), **changes}


def problems(config: Mapping[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        runner.bind(config)
    assert not any("\n" in problem for problem in caught.value.problems)
    return caught.value.problems


def only_jobs(config: Mapping[str, Any]) -> dict[str, SweepPlan]:
    """The jobs of variants that are one program each."""
    return {name: job for name, variant in runner.bind(config)[0].items() for job in variant.plans}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


# Binding


def test_bind_without_variants_is_one_job(tmp_path: Path) -> None:
    jobs, analyse = runner.bind(tiny(tmp_path, *SMALL_SWEEP))
    assert list(jobs) == ["sweep"]
    assert jobs["sweep"].n_members == 4
    assert callable(analyse)


def test_each_variant_is_a_job_with_its_changes(tmp_path: Path) -> None:
    variants = {
        "small": {"model": {"n_hidden": 1}},
        "linear": {"model": {"activation": "linear"}, "seed": 5},
        "dense": {"sweep": {"data": {"density": [1.0]}}, "fit": {"n_steps": 2}},
        "plain": None,
    }
    config = tiny(tmp_path, *SMALL_SWEEP, changes={"variants": variants})
    before = json.dumps(config)
    jobs = only_jobs(config)
    assert list(jobs) == list(variants)
    assert [job.spec["model.n_hidden"] for job in jobs.values()] == [1, 2, 2, 2]
    assert jobs["linear"].spec["model.activation"] == "linear"
    assert jobs["plain"].spec["model.activation"] == "relu"
    assert jobs["dense"].axes == {"seed": [0, 1], "data.density": [1.0]}
    assert jobs["dense"].fit.n_steps == 2
    assert jobs["small"].fit.n_steps == 4
    assert json.dumps(config) == before


def test_a_variant_of_another_kind_keeps_what_that_kind_takes(tmp_path: Path) -> None:
    variants = {
        "other": {"data": {"kind": "one_sparse"}, "model": {"kind": "mlp", "n_outputs": 5}},
        "same": {"model": {"kind": "autoencoder", "n_hidden": 3}},
    }
    words = ("evaluations=loss", "model.n_hidden=4")
    jobs = only_jobs(tiny(tmp_path, *words, changes={"variants": variants}))
    data, model = (jobs["other"].config[group] for group in ("data", "model"))
    assert data == {"kind": "one_sparse", "n_features": 5}
    assert model["n_hidden"] == 4 and model["init"] == {"kind": "glorot", "init_scale": 1.0}
    kept = {"n_features", "n_hidden", "n_used", "width", "bias", "init"}
    assert set(model) == {"kind", "n_outputs", *kept}
    assert jobs["same"].config["model"]["importance_decay"] == 1.0


def test_a_variant_may_name_another_kind_inside_a_component(tmp_path: Path) -> None:
    variants = {
        "power": {"model": {"error": {"kind": "power", "loss_exponent": 3.0}}},
        "polygon": {"model": {"init": {"kind": "polygon", "vertices": 4, "radius": 1.0}}},
        "noisy": {"model": {"regularisers": {"noise": {"distribution": "bernoulli"}}}},
        "silent": {"model": {"regularisers": {"noise": None}}},
    }
    words = ("model.error.reduction=sum", "+regulariser@model.regularisers=[noise,l1_code]")
    jobs = only_jobs(tiny(tmp_path, *words, changes={"variants": variants}))
    model = {name: job.config["model"] for name, job in jobs.items()}
    error = {"loss_exponent": 3.0, "importance": None, "importance_power": None}
    assert model["power"]["error"] == {"kind": "power", "reduction": "sum", **error}
    assert model["polygon"]["init"] == {"kind": "polygon", "vertices": 4, "radius": 1.0}
    assert model["noisy"]["regularisers"] == {
        "noise": {"noise_scale": 0.1, "distribution": "bernoulli"},
        "l1_code": {"l1_coefficient": 0.01},
    }
    assert model["silent"]["regularisers"]["noise"] is None
    assert "model.regularisers.noise.noise_scale" in jobs["noisy"].spec


def test_a_variant_of_another_kind_keeps_the_arguments_that_it_takes(tmp_path: Path) -> None:
    variants = {
        "noisy": {"optim": {"kind": "sgld", "inverse_temperature": 100.0}},
        "wrong": {"optim": {"kind": "sgld", "inverse_temperature": 100.0, "momentum": 0.5}},
    }
    base = tiny(tmp_path, *SMALL_SWEEP, "optim.learning_rate=0.25")
    jobs = only_jobs(base | {"variants": {"noisy": variants["noisy"]}})
    expected = {"kind": "sgld", "inverse_temperature": 100.0, "learning_rate": 0.25}
    assert jobs["noisy"].config["optim"] == expected
    with pytest.raises(ConfigError, match=r"optim\.momentum: unknown"):
        runner.bind(base | {"variants": variants})


def test_variants_may_have_static_axes_and_tables_of_their_own(tmp_path: Path) -> None:
    variants = {
        "sizes": {"sweep": {"model": {"n_hidden": [2, 3]}}},
        "table": {"points": [{"data": {"n_features": n}, "model.n_features": n} for n in (4, 6)]},
        "plain": {},
    }
    found, _ = runner.bind(tiny(tmp_path, *SMALL_SWEEP, changes={"variants": variants}))
    assert [len(each.plans) for each in found.values()] == [2, 2, 1]
    assert [each.n_members for each in found.values()] == [8, 8, 4]
    assert found["table"].static == ("data.n_features", "model.n_features")


def test_a_problem_that_variants_share_is_listed_once(tmp_path: Path) -> None:
    variants = {"a": {"model": {"n_hidden": 0}}, "b": {"model": {"n_hidden": -1}}, "c": {}}
    config = tiny(tmp_path, "data.density=2", changes={"variants": variants})
    assert problems(config) == [
        "data.density=2: expected a number in (0, 1]",
        "model.n_hidden=0: expected an integer in [1, 2147483647]",
        "model.n_hidden=-1: expected an integer in [1, 2147483647]",
    ]


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ({"a": {"modell": {"n_hidden": 1}}}, ["variants.a.modell", "did you mean model"]),
        ({"a": {"model": {"n_hiden": 1}}}, ["model.n_hiden", "did you mean n_hidden"]),
        ({"a": {"objective": "loss"}}, ["variants.a.objective"]),
        ({"a": {"schedule": {"kind": "linear"}}}, ["variants.a.schedule"]),
        ({"a": {"title": "b"}}, ["variants.a.title"]),
        ({"a": 3}, ["variants.a=3", "expected"]),
        ({"a": [1]}, ["variants.a=[1]", "expected"]),
        ({"a": {"model": {"kind": "mlpp"}}}, ["model.kind='mlpp'", "did you mean mlp"]),
        ({"a": {"model": {"kind": "mlp"}}}, ["model.n_outputs: missing"]),
        ({"a": {"model": 3}}, ["model=3", "expected a component with a kind"]),
        ({"../up": {"seed": 1}}, ["variants", "../up"]),
        ({"a/b": {"seed": 1}}, ["variants", "a/b"]),
        ({"": {"seed": 1}}, ["variants"]),
        ({"..": {"seed": 1}}, ["variants", ".."]),
        ("abc", ["variants='abc'", "expected"]),
        (3, ["variants=3", "expected"]),
    ],
)
def test_bad_variants_are_one_problem(tmp_path: Path, variants: Any, words: list[str]) -> None:
    [found] = problems(tiny(tmp_path, changes={"variants": variants}))
    assert all(word in found for word in words)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"foo": 1}, "foo: unknown key"),
        ({"modl": 1}, "modl: unknown key; did you mean model?"),
        ({"engine.foo": 1}, "engine.foo: unknown"),
        ({"engine.chunks": 1}, "engine.chunks: unknown; did you mean chunk?"),
        ({"engine.chunk": 0}, "engine.chunk=0: expected an integer in [1, 4000000]"),
        ({"engine.chunk": 2.0}, "engine.chunk=2.0: expected an integer in [1, 4000000]"),
        ({"engine.memory_fraction": 2}, "engine.memory_fraction=2: expected a number in (0, 1]"),
        ({"engine.memory_fraction": 0}, "engine.memory_fraction=0: expected a number in (0, 1]"),
        ({"engine.allow_numerics_change": 1}, "engine.allow_numerics_change=1: expected true or"),
        ({"engine.matmul_precision": "foo"}, "engine.matmul_precision='foo': expected"),
        ({"engine.matmul_precision": 3}, "engine.matmul_precision=3: expected"),
        ({"engine": None}, "engine=None: expected"),
        ({"analysis": None}, "analysis=None: expected a component with a kind"),
        ({"analysis": {"kind": "foo"}}, "analysis.kind='foo': expected one of train, "),
        ({"analysis": {"kind": "train", "foo": 1}}, "analysis.foo: unknown"),
        ({"output_dir": ""}, "output_dir='': expected a folder"),
        ({"output_dir": None}, "output_dir=None: expected a folder"),
    ],
)
def test_bad_config_is_one_problem(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    config = tiny(tmp_path, *SMALL_SWEEP)
    for key, value in changes.items():
        top, _, name = key.partition(".")
        config[top] = {**config[top], name: value} if name else value
    [found] = problems(config)
    assert found.startswith(problem)


@pytest.mark.parametrize("key", ["engine", "analysis", "points", "zipped", "assets", "data", "fit"])
def test_missing_section_is_one_problem(tmp_path: Path, key: str) -> None:
    config = tiny(tmp_path)
    del config[key]
    [found] = problems(config)
    assert found.startswith(key)


def test_problems_of_every_section_are_listed_at_once(tmp_path: Path) -> None:
    config = tiny(
        tmp_path,
        "engine.chunk=0",
        "analysis.kind=foo",
        "data.density=0",
        "fit.n_steps=-1",
        "+foo=1",
        "sweep.optim.learning_rate=[0]",
    )
    found = [problem.split("=")[0].split(":")[0] for problem in problems(config)]
    assert found == [
        *("foo", "engine.chunk", "analysis.kind", "data.density", "fit.n_steps"),
        "sweep.optim.learning_rate",
    ]


def test_refused_config_compiles_and_writes_nothing(tmp_path: Path, no_compile: None) -> None:
    with pytest.raises(ConfigError):
        runner.run(tiny(tmp_path, "data.density=0"))
    assert list(tmp_path.iterdir()) == []


# Running


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a small run, made new, and its config."""
    folder = tmp_path_factory.mktemp("runner") / "new" / "folder"
    config = tiny(folder, *SMALL_SWEEP, changes={"title": "A <small> run", "question": "Why?"})
    folder.mkdir(parents=True)
    assert runner.run(config).code == 0
    return folder, config


def test_run_makes_its_folder_and_leaves_none_without_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a multirun with output_dir, where Hydra makes another folder."""

    def stop(*args: Any, **kwargs: Any) -> None:
        assert (tmp_path / "new" / "folder").is_dir()
        raise InterruptedError

    monkeypatch.setattr(sweeping, "sweep", stop)
    with pytest.raises(InterruptedError):
        runner.run(tiny(tmp_path / "new" / "folder"))
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_run_writes_everything(finished: tuple[Path, dict[str, Any]]) -> None:
    folder, config = finished
    kept = {key: value for key, value in config.items() if key != "unresolved"}
    assert yaml.safe_load((folder / "config.yaml").read_text()) == kept
    assert json.loads((folder / "claims.json").read_text()) == []
    assert (folder / "summary.png").read_bytes().startswith(b"\x89PNG")
    page = (folder / "index.html").read_text()
    assert "A &lt;small&gt; run" in page
    assert "4 models in" in page
    dataset = store.open(folder / "sweep")
    assert dict(dataset.sizes) | {"step": 2} == dict(dataset.sizes)
    assert dataset["density"].values.tolist() == [0.5, 1.0]
    assert (dataset["status"] == "ok").all()
    assert np.isfinite(dataset["loss"]).all()


@pytest.mark.slow
def test_run_again_trains_nothing_and_says_so(
    finished: tuple[Path, dict[str, Any]],
    no_compile: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, config = finished
    before = contents(folder / "sweep")
    assert runner.run(config).code == 0
    assert contents(folder / "sweep") == before
    out = capsys.readouterr().out
    assert "found on disk" in out
    assert "compiling" not in out
    assert "4 models, found on disk" in (folder / "index.html").read_text()


@pytest.mark.slow
def test_run_again_still_says_how_long_the_training_took(
    finished: tuple[Path, dict[str, Any]], no_compile: None
) -> None:
    folder, config = finished
    for _ in range(2):
        runner.run(config)
        facts = stored.read(folder).facts
        assert facts["Training, sweep"] == "4 models, found on disk"
        [share] = re.findall(r"at most (.*) % of it", facts["Standard error of the loss, sweep"])
        last = store.open(folder / "sweep").isel(step=-1)
        assert float(share) == pytest.approx(
            100 * (last["loss_standard_error"] / last["loss"]).max().item(), rel=0.05
        )
        assert re.fullmatch(r"4 models in \d+\.\d s", facts["Time taken, sweep"])
    (folder / "figures.json").unlink()
    runner.run(config)
    assert "Time taken, sweep" not in stored.read(folder).facts


def test_run_prints_what_it_wrote(
    finished: tuple[Path, dict[str, Any]], no_compile: None, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, config = finished
    runner.run(config)
    lines = capsys.readouterr().out.splitlines()
    assert "train sweep: 4 models x 4 steps" in lines
    assert f"figure  {folder / 'summary.png'}" in lines
    assert f"page    {folder / 'index.html'}" in lines


@pytest.mark.slow
def test_one_more_value_trains_only_the_new_members(
    finished: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, config = finished
    before = contents(folder / "sweep" / "chunks")
    sweep = {**config["sweep"], "seed": [0, 1, 2]}
    assert runner.run({**config, "sweep": sweep}).code == 0
    after = contents(folder / "sweep" / "chunks")
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before
    assert "2 models in" in (folder / "index.html").read_text()
    assert (store.open(folder / "sweep")["status"] == "ok").all()


def test_folder_of_another_sweep_is_refused_and_left_alone(
    tmp_path: Path, finished: tuple[Path, dict[str, Any]], no_compile: None
) -> None:
    folder, config = finished
    before = contents(folder)
    changed = {**config, "model": {**config["model"], "n_hidden": 3}}
    with pytest.raises(StoreError) as caught:
        runner.run(changed)
    assert contents(folder) == before
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert "model.n_hidden=2" in message and "3" in message and str(folder) in message


@pytest.mark.slow
def test_a_run_without_evaluation_of_the_loss_has_a_page(tmp_path: Path) -> None:
    words = ("~evaluations.loss", "objective=train_loss", "sweep.seed=[0,1]")
    composed = compose(["experiment=train", *TINY[:3], *words])
    assert runner.run({**composed, "output_dir": str(tmp_path)}).code == 0
    assert "loss" not in store.open(tmp_path / "sweep")
    assert (tmp_path / "index.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("n_steps", [0])
def test_a_run_of_no_steps_keeps_the_models_at_their_start(tmp_path: Path, n_steps: int) -> None:
    assert runner.run(tiny(tmp_path, *SMALL_SWEEP, f"fit.n_steps={n_steps}")).code == 0
    dataset = store.open(tmp_path / "sweep")
    assert dataset.sizes["step"] == 0
    assert np.isfinite(dataset["W"]).all()


@pytest.mark.slow
def test_diverged_members_are_named_and_the_code_is_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    axis = "sweep.optim.learning_rate=[0.01,1e38]"
    config = tiny(tmp_path, *DIVERGING, axis, "sweep.seed=[4,5]")
    assert runner.run(config).code == 3
    out = capsys.readouterr().out
    failed = [line for line in out.splitlines() if line.startswith("failed")]
    assert len(failed) == 2
    assert all("learning_rate=1e+38" in line and "diverged@" in line for line in failed)
    assert [("seed=4" in line, "seed=5" in line) for line in failed] == [
        (True, False),
        (False, True),
    ]
    assert (tmp_path / "index.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "experiment",
    ["train", "elhage/intro", pytest.param("elhage/phase_change", marks=pytest.mark.slow)],
)
def test_an_experiment_in_which_every_member_diverged_says_so(
    tmp_path: Path,
    experiment: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampling, "MONTE_CARLO_POINTS", sampling.MONTE_CARLO_POINTS[:1])
    monkeypatch.setattr(sampling, "MONTE_CARLO_BATCHES", 1)
    monkeypatch.setattr(sampling, "MONTE_CARLO_BATCH", 2**12)
    config = tiny(tmp_path, experiment=experiment)
    config["optim"] = {"kind": "sgd", "learning_rate": 1e38, "momentum": 0.0, "schedule": None}
    config["sweep"] = shrunk(config["sweep"])
    if "data" in config["sweep"]:
        config["sweep"]["data"]["density"] = [0.5, 1.0]  # so that no batch is all zero
    assert runner.run(config).code == 3
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("failed")]
    dataset = store.open(tmp_path / "sweep")
    assert len(failed) == dataset["status"].size
    assert not (dataset["status"] == "ok").any()
    if (tmp_path / "claims.json").exists():
        records = json.loads((tmp_path / "claims.json").read_text())
        held = [record["id"] for record in records if record["reproduced"]]
        assert all("closed_form" in name for name in held)  # that one trains nothing


def test_precision_is_that_of_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def stop(*args: Any, **kwargs: Any) -> None:
        seen.append((jax.config.jax_default_matmul_precision, jax.config.jax_enable_x64))
        raise InterruptedError

    monkeypatch.setattr(sweeping, "sweep", stop)
    for precision, wide in (("high", "true"), ("highest", "false")):
        words = (f"engine.matmul_precision={precision}", f"engine.x64={wide}")
        with pytest.raises(InterruptedError):
            runner.run(tiny(tmp_path, *words))
    assert seen == [("high", True), ("highest", False)]
    with pytest.raises(ConfigError, match="engine.x64=True: expected engine.kernel=xla"):
        runner.run(tiny(tmp_path, "engine.x64=true", "engine.kernel=pallas"))


def test_engine_settings_reach_the_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def stop(build: Callable[..., Any], **kwargs: Any) -> None:
        seen.update(kwargs)
        raise InterruptedError

    monkeypatch.setattr(sweeping, "sweep", stop)
    words = (
        "engine.chunk=3",
        "engine.memory_fraction=0.25",
        "engine.checkpoint_seconds=null",
        "engine.allow_numerics_change=true",
    )
    with pytest.raises(InterruptedError):
        runner.run(tiny(tmp_path, *SMALL_SWEEP, *words))
    assert (seen["chunk"], seen["memory_fraction"]) == (3, 0.25)
    assert seen["checkpoint_seconds"] is None
    assert seen["allow_numerics_change"] is True
    assert seen["axes"] == {"seed": [0, 1], "data.density": [0.5, 1.0]}
    assert seen["store"] == tmp_path / "sweep"
    assert seen["assets"] == {}


@pytest.mark.parametrize(
    ("losses", "errors", "text"),
    [
        ([[1.0, 4.0], [1.0, 2.0]], [[9.0, 0.04], [9.0, 0.05]], "at most 2.5 % of it"),
        ([[1.0, 0.0], [1.0, 2.0]], [[9.0, 0.0], [9.0, 0.05]], "at most 2.5 % of it"),
        ([[np.nan] * 2] * 2, [[np.nan] * 2] * 2, "not known"),
        (np.zeros((2, 0)), np.zeros((2, 0)), None),
    ],
)
def test_the_standard_error_of_the_loss_is_stated(losses: Any, errors: Any, text: Any) -> None:
    """After the last block; nothing of a variant without one."""
    members = {"status": ("seed", ["ok", "ok"])}
    curves = {"loss": (("seed", "step"), losses), "loss_standard_error": (("seed", "step"), errors)}
    dataset = xarray.Dataset(members | curves, {"step": np.arange(np.shape(losses)[1])})
    facts = runner._facts({"sweep": runner.TrainedSweep(dataset, 0, 0.0)}, {})
    assert facts.get("Standard error of the loss, sweep") == text


@pytest.mark.parametrize(("marks", "advised"), [([True, False], True), ([False, False], False)])
def test_members_that_are_sensitive_to_rounding_come_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], marks: list[bool], advised: bool
) -> None:
    members = {"fragile": ("seed", marks), "status": ("seed", ["ok", "ok"])}
    trained = {"sweep": runner.TrainedSweep(xarray.Dataset(members), 0, 0.0)}
    assert runner._report_failures(trained, Console(soft_wrap=True)) == 0
    printed = capsys.readouterr().out
    assert f"sensitive to rounding sweep: {sum(marks)} of 2 models" in printed
    assert ("compare means over seeds (sweep.seed)" in printed) == advised


def test_members_that_a_choice_leaves_out_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the terminal and on the page, once."""
    dataset = xarray.Dataset(
        {"loss": (("seed", "step"), [[1.0], [np.nan]]), "status": ("seed", ["ok", "diverged@1"])},
        {"seed": [0, 1], "step": [2]},
    )

    def analyse(datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
        del folder
        for _ in range(2):
            best_of(datasets["sweep"], datasets["sweep"]["loss"].isel(step=-1))
        return Findings()

    trained = {"sweep": runner.TrainedSweep(dataset, 0, 0.0)}
    runner.report(tiny(tmp_path), analyse, trained, tmp_path, Console(soft_wrap=True))
    line = "best of seed: 1 of 2 members left out, 1 without a finished run"
    assert capsys.readouterr().out.count(line) == 1
    assert line in stored.read(tmp_path).facts["Left out of a choice"]
    assert line in (tmp_path / "index.html").read_text()
