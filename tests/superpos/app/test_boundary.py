"""Hydra's side of the wall: what comes through is plain, and its complaints are one line."""

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra

from experiments.registry import REGISTRY
from superpos.app import boundary, jobs
from superpos.app.boundary import UsageError, compose, experiments
from superpos.app.config.axes import expand, flat_axes
from superpos.app.config.written import as_written
from superpos.app.jobs import REFUSED

ROOT = Path(__file__).resolve().parents[3]
RunWith = Callable[..., tuple[int, list[dict[str, Any]]]]


def is_plain(node: Any) -> bool:
    if type(node) is dict:
        return all(type(key) is str and is_plain(value) for key, value in node.items())
    if type(node) is list:
        return all(is_plain(value) for value in node)
    return node is None or type(node) in (str, int, float, bool)


def no_batch(configs: Any, launch: Any) -> Any:
    pytest.fail("one job at a time was asked for")


@pytest.fixture
def run_with(as_new_process: None, monkeypatch: pytest.MonkeyPatch) -> RunWith:
    """Run `boundary.run` with a command line, in an empty folder; gives the code and configs."""

    def run(
        *words: str, code: int = 0, error: Exception | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        monkeypatch.setattr(sys, "argv", ["experiments", *words])
        seen: list[dict[str, Any]] = []

        def task(config: dict[str, Any]) -> boundary.Outcome:
            seen.append(config)
            if error is not None:
                raise error
            return boundary.Outcome(code if len(seen) == 1 else 0)

        return boundary.run(words, task, no_batch), seen

    return run


def refusal(*overrides: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The line for overrides that cannot be composed, as if they were the command line."""
    monkeypatch.setattr(sys, "argv", ["experiments", *overrides])
    with pytest.raises(UsageError) as caught:
        compose(list(overrides))
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_a_shell_completes_experiments_in_folders(
    run_with: RunWith, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", "superpos experiment=elhage/in")
    assert run_with("-sc", "query=bash")[1] == []
    assert capsys.readouterr().out.split() == ["experiment=elhage/intro"]


# Composing


@pytest.mark.parametrize(
    "words",
    [
        ["sweep.data.density=[0.1,1]", "sweep.seed=[0,1]"],
        ["sweep.seed={range:2}", "sweep.optim.eps=[1e-8]", "sweep.data.density=[1]"],
        ["+sweep.optim.weight_decay=[0]", "sweep.model.n_hidden=[2]", "++sweep.seed=[1]"],
    ],
)
def test_axes_are_in_the_order_as_written(words: list[str]) -> None:
    axes = [key for key, _ in flat_axes(compose(["experiment=train", *words])["sweep"])]
    assert axes == [word.lstrip("+").split("=")[0].removeprefix("sweep.") for word in words]


def test_an_axis_of_a_file_keeps_its_place_and_more_come_after_it() -> None:
    words = ["sweep.seed=[1]", "sweep.optim.eps=[1e-8]", "sweep.data.density=[1]"]
    axes = flat_axes(compose(["experiment=elhage/intro", *words])["sweep"])
    assert [key for key, _ in axes] == ["data.density", "seed", "optim.eps"]


def test_compose_gives_a_plain_resolved_config() -> None:
    config = compose(["experiment=elhage/intro", "model.n_hidden=3"])
    assert is_plain(config)
    json.dumps(config, allow_nan=False)
    assert yaml.safe_load(yaml.safe_dump(config)) == config
    assert config["experiment"] == "elhage/intro"
    assert config["model"]["n_hidden"] == 3
    assert config["model"]["n_features"] == config["data"]["n_features"] == 5
    assert config["optim"]["schedule"] == config["schedule"]
    assert "hydra" not in config
    assert "${" not in json.dumps(config)


def test_the_command_makes_the_same_config_again() -> None:
    words = ["experiment=train", "sweep.seed={range:3}", "title=It's a test: 50% $HOME", "seed=4"]
    words[2] = 'title="It\'s 50% of it"'
    config = compose(words)
    command = shlex.split(config["command"])
    assert command[:3] == ["python", "-m", "experiments"]
    assert {"experiment=train", "seed=4"} <= set(command[3:])
    assert compose(command[3:]) == config
    assert config["title"] == "It's 50% of it"


def test_output_dir_names_the_experiment_and_what_was_changed() -> None:
    config = compose(["experiment=elhage/intro", "seed=3"])
    assert config["output_dir"] == "outputs/elhage/intro/seed=3"
    assert compose(["experiment=train", "output_dir=/a/b"])["output_dir"] == "/a/b"


@pytest.mark.parametrize("title", ["../../../../up", "/abs", "..", "a/../../../../up"])
def test_output_dir_stays_inside_outputs(title: str) -> None:
    folder = Path(compose(["experiment=train", f"title={title}"])["output_dir"])
    inside = os.path.normpath(folder).split(os.sep)
    assert inside[:2] == ["outputs", "train"]
    assert len(inside) == 3


def test_numbers_keep_their_types() -> None:
    config = compose(["experiment=train", "optim.learning_rate=1e-3", "fit.n_steps=100"])
    assert type(config["optim"]["learning_rate"]) is float
    assert type(config["fit"]["n_steps"]) is int
    assert compose(["experiment=train", "fit.n_steps=1e4"])["fit"]["n_steps"] == 10000.0


@pytest.mark.parametrize(
    ("key", "override", "values"),
    [
        ("seed", "[4,5]", [4, 5]),
        ("seed", "{range:3}", [0, 1, 2]),
        ("seed", "{choice:[4,5]}", [4, 5]),
        ("seed", "[7,{range:2}]", [7, 0, 1]),
        ("seed", "null", None),
        ("data.density", "[0.1,1.0]", [0.1, 1.0]),
        ("data.density", "{logspace:[0.01,1,3]}", [0.01, 0.1, 1.0]),
        ("data.density", "{linspace:[0,1,3]}", [0.0, 0.5, 1.0]),
        ("optim.learning_rate", "[0.1]", [0.1]),
    ],
)
def test_an_axis_of_an_experiment_can_be_replaced(key: str, override: str, values: Any) -> None:
    """elhage/intro sweeps the seed by {range: 10} and the density by {logspace: ...}."""
    axes = dict(flat_axes(compose(["experiment=elhage/intro", f"sweep.{key}={override}"])["sweep"]))
    if values is None:
        assert key not in axes
    else:
        assert expand(key, axes[key]) == pytest.approx(values)


def test_compose_twice_leaves_nothing_behind() -> None:
    changed = compose(["experiment=train", "optim=sgd", "seed=3"])
    assert changed["optim"]["kind"] == "sgd"
    plain = compose(["experiment=train"])
    assert (plain["optim"]["kind"], plain["seed"]) == ("adamw", 0)
    assert not GlobalHydra.instance().is_initialized()


def test_experiments_lists_every_file() -> None:
    names = experiments()
    assert names == sorted(names)
    assert {"train", "elhage/intro", "elhage/phase_change"} <= set(names)
    folders = (ROOT / "conf" / "experiment", ROOT / "experiments" / "conf" / "experiment")
    n_files = sum(len(list(folder.rglob("*.yaml"))) for folder in folders)
    assert len(names) == n_files


# Complaints


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["data.densty=1"], "data.densty=1: unknown key; did you mean data.density?"),
        (["model.n_hiden=3"], "model.n_hiden=3: unknown key; did you mean model.n_hidden?"),
        (["fit.n_stepz=3"], "fit.n_stepz=3: unknown key; did you mean fit.n_steps?"),
        (["lrrrr=3"], "lrrrr=3: unknown key"),
        (["densty=3"], "densty=3: unknown key; did you mean data.density?"),
        (["learning_rate=3"], "learning_rate=3: unknown key; did you mean optim.learning_rate?"),
        (
            ["optim.schedule.final=1"],
            "optim.schedule.final=1: unknown key; where optim.schedule takes it, expected "
            "+optim.schedule.final=1",
        ),
        (
            ["optim=adamm"],
            f"optim=adamm: expected one of {', '.join(REGISTRY['optim'])}; did you mean adam?",
        ),
        (["schedule=step"], "schedule=step: expected one of constant, cosine, linear, oscillating"),
        (["data=foo"], f"data=foo: expected one of {', '.join(REGISTRY['data'])}"),
    ],
)
def test_unknown_key_or_option(
    overrides: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = refusal("experiment=train", *overrides, monkeypatch=monkeypatch)
    assert found == line or found.startswith(f"{line}; did you mean ")


def test_unknown_key_is_looked_up_in_the_experiment_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = refusal("experiment=train", "optim=sgd", "optim.momentm=1", monkeypatch=monkeypatch)
    assert found == "optim.momentm=1: unknown key; did you mean optim.momentum?"


def test_no_experiment_is_train() -> None:
    assert compose(["seed=3"])["experiment"] == "train"


def test_unknown_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = refusal("experiment=elhage/intr", monkeypatch=monkeypatch)
    listed = ", ".join(experiments())
    assert found == (
        f"experiment=elhage/intr: expected one of {listed}; did you mean elhage/intro?"
    )


@pytest.mark.parametrize(
    ("override", "word"),
    [
        ("data.density", "data.density"),
        ("data.density=[1", "[1"),
        ("+data.density=1", "data.density"),
        ("~data.densty", "data.densty"),
        ("data.density=${foo}", "foo"),
        ("data=null", "data"),
        ("optim=null", "optim"),
        ("sweep=[1]", "sweep"),
        ("experiment=null", "experiment"),
        ("variants={a:{model:{n_hidden:1}}}", "variants"),
        ("=3", "=3"),
    ],
)
def test_what_hydra_cannot_take_is_one_line(
    override: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert word in refusal("experiment=train", override, monkeypatch=monkeypatch)


def test_known_key_is_not_called_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydra cannot set a mapping in an empty one without a +; say that, not `unknown`."""
    line = refusal("experiment=train", "variants={a:{seed:1}}", monkeypatch=monkeypatch)
    assert "did you mean variants?" not in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["experimnt=train"], "experimnt=train: unknown key; did you mean experiment?"),
        (
            ["sweep.seed=range(10)"],
            "sweep.seed=range(10): expected a list or a generator, as sweep.seed=[1,2] or"
            " sweep.seed={range: 10}",
        ),
        (
            ["experiment=train,elhage/intro"],
            "experiment=train,elhage/intro: several values, expected one, or -m for a job each",
        ),
        (["hydra/launcher=vmp"], "hydra/launcher=vmp: expected one of basic, vmap; did you mean"),
        (["--config-dir", "own", "experiment=mine", "data.densty=1"], "data.densty=1: unknown key"),
        (["--config-dir", "own", "experiment=min"], "experiment=min: expected one of"),
        (["--config-dir", "own", "experiment=train"], "{}/train.yaml: is in "),
        (["--config-dir", "own", "experiment=octal"], "{}/octal.yaml:2: seed: 010: YAML reads 8"),
        (["--config-dir", "own", "experiment=a_list"], "{}/a_list.yaml: no mapping, expected"),
        (["--config-dir", "own", "experiment=empty"], "{}/empty.yaml: empty, expected keys and"),
        (["--config-dir", "none"], "--config-dir none: expected a folder with configs"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_what_is_wrong_is_said_of_the_word_that_it_is_wrong_with(
    run_with: RunWith, tmp_path: Path, words: list[str], line: str
) -> None:
    texts = {"mine": "title: x", "octal": "title: x\nseed: 010", "a_list": "- 1", "empty": ""}
    folder = tmp_path / "own" / "experiment"
    folder.mkdir(parents=True)
    for name, text in {**texts, "train": "title: x"}.items():
        (folder / f"{name}.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        run_with(*words)
    assert str(caught.value).startswith(line.replace("{}", str(folder)))
    assert len(str(caught.value).splitlines()) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["own"]


@pytest.mark.parametrize("density", ["{linspace: [0.5,1,2]}", "[0.5,1]"])
def test_axes_in_the_normal_form_of_hydra(density: str) -> None:
    """elhage/intro has {logspace: ...}, into which Hydra would merge another generator."""
    for word in (f"sweep.data={{density: {density}}}", f"sweep={{data: {{density: {density}}}}}"):
        axes = dict(flat_axes(compose(["experiment=elhage/intro", word])["sweep"]))
        assert expand("data.density", axes["data.density"]) == [0.5, 1.0]


# What a config may not do


def test_a_search_path_names_no_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = refusal("hydra.searchpath=[pkg://antigravity]", monkeypatch=monkeypatch)
    assert line.startswith("hydra.searchpath=[pkg://antigravity]: expected folders")
    assert "antigravity" not in sys.modules


CALL = "{_target_: pathlib.Path.touch, self: {_target_: pathlib.Path, _args_: [called]}}"
HANDLER = "{class: logging.FileHandler, filename: called}"


@pytest.mark.parametrize(
    "hydra",
    [
        f"{{callbacks: {{x: {CALL}}}}}",
        f"{{job_logging: {{handlers: {{x: {HANDLER}}}, root: {{handlers: [x]}}}}}}",
        f"{{hydra_logging: {{handlers: {{x: {HANDLER}}}, root: {{handlers: [x]}}}}}}",
        f"{{sweeper: {{params: {CALL}}}}}",
    ],
)
@pytest.mark.parametrize("words", [(), ("-m",), ("-m", "seed=0,1")])
def test_nothing_that_a_config_names_is_called(
    run_with: RunWith, tmp_path: Path, hydra: str, words: tuple[str, ...]
) -> None:
    """Whether it comes from a file of an experiment or from the command line."""
    path = tmp_path / "own" / "experiment" / "evil.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"# @package _global_\nhydra: {hydra}\n")
    for more in (["experiment=evil"], [f"+hydra={hydra.replace(': ', ':')}"]):
        with pytest.raises(UsageError, match=r"^hydra\."):
            run_with(*words, "--config-dir", "own", *more)
    assert [each.name for each in tmp_path.iterdir()] == ["own"]


@pytest.mark.parametrize("option", ["--experimental-rerun", "--config-name", "--config-path"])
def test_options_that_would_go_around_the_checks(run_with: RunWith, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option}: not taken"):
        run_with(option, "x")


# Running


def test_what_is_refused_leaves_nothing_behind(run_with: RunWith, tmp_path: Path) -> None:
    words = ("-m", "experiment=train", "seed=1,2", "+foo.api_key=hunter2")
    assert run_with(*words, code=REFUSED)[0] == REFUSED
    [folder] = (tmp_path / "outputs" / "train").iterdir()  # of the second, which is taken
    assert folder.name.endswith("seed=2")
    run_with("experiment=train", "output_dir=out")
    before = (tmp_path / "out" / ".hydra" / "overrides.yaml").read_text()
    run_with("experiment=train", "output_dir=out", "+foo.api_key=hunter2", code=REFUSED)
    assert (tmp_path / "out" / ".hydra" / "overrides.yaml").read_text() == before


def test_a_config_is_checked_before_its_folder_is_made(
    as_new_process: None, tmp_path: Path
) -> None:
    def check(config: dict[str, Any]) -> None:
        raise UsageError(f"seed={config['seed']}: expected another")

    words = ["experiment=train", "seed=3", "output_dir=out"]
    with pytest.raises(UsageError, match="seed=3: expected another"):
        boundary.run(words, lambda config: pytest.fail("it ran"), no_batch, check)
    assert list(tmp_path.iterdir()) == []


def test_what_hydra_notes_down_is_the_config_as_written(run_with: RunWith, tmp_path: Path) -> None:
    run_with("experiment=train", "seed=3", "title=${question}", "output_dir=out")
    noted = {
        name: yaml.safe_load((tmp_path / "out" / ".hydra" / f"{name}.yaml").read_text())
        for name in ("config", "hydra", "overrides")
    }
    assert noted["overrides"] == [
        "experiment=train",
        "seed=3",
        "title=${question}",
        "output_dir=out",
    ]
    assert (noted["config"]["seed"], noted["config"]["title"]) == (3, "${question}")
    assert "hydra" not in noted["config"]
    assert noted["hydra"]["hydra"]["output_subdir"] == ".hydra"


def test_what_is_noted_down_follows_no_link(run_with: RunWith, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".hydra").symlink_to(tmp_path / "other")
    with pytest.raises(UsageError, match=r"config\.yaml: a link, expected a file of this run"):
        run_with("experiment=train", "output_dir=out")
    assert list((tmp_path / "other").iterdir()) == []


def test_values_of_the_environment_are_not_stored(
    run_with: RunWith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    words = ("experiment=train", "title=${oc.env:TOKEN}", "question='a ${title}'", "output_dir=out")
    _, [config] = run_with(*words)
    assert (config["title"], config["question"]) == ("hunter2", "a hunter2")
    kept = as_written(config)
    assert (kept["title"], kept["question"]) == ("${oc.env:TOKEN}", "a ${oc.env:TOKEN}")
    assert "hunter2" not in json.dumps(kept)
    assert kept["seed"] == config["seed"]
    assert not any("hunter2" in path.read_text() for path in tmp_path.rglob("*.yaml"))
    assert compose(["experiment=train", "title=${oc.env:TOKEN}"])["title"] == "hunter2"


@pytest.mark.parametrize("words", [(), ("-m",)])
def test_jobs_run_where_the_command_was_given(
    run_with: RunWith, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []
    monkeypatch.setattr(
        boundary, "Outcome", lambda *values: seen.append(Path.cwd()) or jobs.Outcome(*values)
    )
    run_with(*words, "experiment=train", "output_dir=rel", "hydra.job.chdir=True")
    assert seen == [tmp_path]
    assert Path.cwd() == tmp_path


def test_run_hands_over_one_config(run_with: RunWith, tmp_path: Path) -> None:
    code, [config] = run_with("experiment=train", "seed=3", "output_dir=out")
    assert code == 0
    assert is_plain(config)
    assert (config["seed"], config["experiment"]) == (3, "train")
    assert config["command"] == "python -m experiments experiment=train seed=3 output_dir=out"
    assert (tmp_path / "out").is_dir()


def test_run_and_compose_agree(run_with: RunWith) -> None:
    words = ["experiment=elhage/intro", "seed=3", "output_dir=out"]
    _, [config] = run_with(*words)
    assert config == compose(words)


def test_run_returns_the_code_of_the_task(run_with: RunWith) -> None:
    assert run_with("experiment=train", "output_dir=out", code=3)[0] == 3


def test_multirun_runs_every_job_in_a_folder_of_its_own(run_with: RunWith, tmp_path: Path) -> None:
    code, configs = run_with("-m", "experiment=train", "model.n_hidden=1,2,3", "seed=4", code=3)
    assert [config["model"]["n_hidden"] for config in configs] == [1, 2, 3]
    assert code == 3  # the highest of the codes 3, 0, 0
    folders = {config["output_dir"] for config in configs}
    assert len(folders) == 3
    for folder in folders:
        assert (tmp_path / folder / ".hydra").is_dir()
        assert folder.startswith("outputs/train/")


def test_multirun_over_experiments_keeps_them_apart(run_with: RunWith, tmp_path: Path) -> None:
    _, configs = run_with("-m", "experiment=train,elhage/intro", "seed=4")
    folders = [config["output_dir"] for config in configs]
    assert folders == ["outputs/train/seed=4", "outputs/elhage/intro/seed=4"]
    assert all((tmp_path / folder).is_dir() for folder in folders)


@pytest.mark.parametrize("words", [["experiment=train", "data.densty=1"], ["experiment=foo"]])
def test_run_refuses_in_one_line_and_runs_nothing(
    run_with: RunWith, words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        run_with(*words)
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_run_refuses_a_folder_it_cannot_make(run_with: RunWith, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError) as caught:
        run_with("experiment=train", "output_dir=file/below")
    assert str(caught.value) == (
        "output_dir=file/below: expected a folder to write to (Not a directory)"
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_error_of_the_task_is_not_taken_for_one_of_the_command_line(run_with: RunWith) -> None:
    """An OSError while training must not be reported as an output folder that cannot be made."""
    with pytest.raises(FileNotFoundError):
        run_with(
            "experiment=train", "output_dir=out", error=FileNotFoundError(2, "No such file", "a.b")
        )
