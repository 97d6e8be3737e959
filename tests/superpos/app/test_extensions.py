"""Packages of users: found, named in every message, and refused in one line."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins

from superpos.app import extensions
from superpos.app.boundary import UsageError, compose
from superpos.app.command import main
from superpos.app.extensions import ENTRY_POINTS, VARIABLE, ExtensionError
from superpos.app.overview import title_of
from superpos.app.registry import analyses, registry
from superpos.arguments import ArgumentError
from tests.superpos.app.package import FILES, write_package

FIRST = ["data=coins", "data.n_features=3"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_new_process: None) -> Iterator[Path]:
    """An empty folder to be in, no package named, and none imported afterwards."""
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr(sys, "path", [*sys.path])
    Plugins.instance()  # which keeps configs of its own in the store
    store = ConfigStore.instance()
    monkeypatch.setattr(store, "repo", copy.deepcopy(store.repo))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("mine_a", "mine_b"):
            del sys.modules[name]
    extensions._extensions.cache_clear()


@pytest.fixture
def mine(here: Path) -> Path:
    """The package of a user, named."""
    folder = write_package(here, "mine_a")
    extensions.name_packages(["mine_a"])
    return folder


def refusal() -> str:
    """The one line for what is named."""
    with pytest.raises(ExtensionError) as caught:
        registry()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.slow
def test_an_experiment_of_a_package_runs(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(here, "mine_a")
    monkeypatch.setattr(sys, "argv", ["superpos"])
    words = ["experiment=mine/first", "engine.check_fragile=false", "output_dir=out"]
    assert main(["--with", "mine_a", *words]) == 0, capsys.readouterr()
    [record] = json.loads((here / "out" / "claims.json").read_text())
    assert (record["id"], record["command"]) == (
        "mine/first/falls",
        f"superpos --with mine_a {' '.join(words)}",
    )
    assert (here / "out" / "mine.png").is_file()


def test_the_parts_of_a_package_are_listed(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out.splitlines()
    lines = dict(line.partition(": ")[::2] for line in printed)
    first = "superpos --with mine_a experiment=mine/first"
    assert [line.split("  ") for line in printed if "experiment=mine/first" in line] == [
        ["", first, "Coins"]
    ]
    assert "coins" in lines["data"].split(", ")
    assert "bias" in lines["evaluation"].split(", ")


def test_an_experiment_whose_file_cannot_be_read_is_listed_with_what_is_wrong(mine: Path) -> None:
    file = mine / "conf/experiment/mine/first.yaml"
    assert title_of("mine/first") == "Coins"
    assert title_of("train") == "Train a toy model"
    file.write_text("title: [")
    assert title_of("mine/first").startswith(f"{file}:")


def test_nothing_of_it_is_there_where_it_is_not_named(here: Path) -> None:
    write_package(here, "mine_a")
    assert "coins" not in registry()["data"]
    assert [*analyses()] == ["train"]
    with pytest.raises(UsageError, match=r"^data=coins: expected one of activations, "):
        compose(FIRST)
    with pytest.raises(UsageError, match=r"expected one of train; --with PACKAGE adds those of a"):
        compose(["experiment=mine/first"])


def test_a_component_without_a_yaml_has_the_defaults_of_its_signature(mine: Path) -> None:
    config = compose([*FIRST, "evaluations=bias"])
    assert config["data"] == {"kind": "coins", "n_features": 3, "density": 0.5}
    assert config["evaluations"] == {"bias": {}}
    with pytest.raises(UsageError) as caught:
        compose(["data=coins"])
    assert str(caught.value).startswith("data.n_features: missing")
    with pytest.raises(UsageError, match=r"coins, .*did you mean coins\?$"):
        compose(["data=coinz"])
    with pytest.raises(UsageError, match=r"did you mean mine/first\?$"):
        compose(["experiment=mine/frist"])


def test_what_an_analysis_takes_is_checked(mine: Path) -> None:
    from superpos.app.config.experiment import bind
    from superpos.app.config.sweep_plan import ConfigError

    config = compose(["experiment=mine/first", "+analysis.at_leas=3"])
    with pytest.raises(ConfigError, match=r"analysis\.at_leas: .*did you mean at_least\?"):
        bind(config, trace=False)


def test_a_package_may_be_an_entry_point(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(here, "mine_a")
    entry = metadata.EntryPoint("mine", "mine_a", ENTRY_POINTS)
    monkeypatch.setattr(metadata, "entry_points", lambda group: [entry][: group == ENTRY_POINTS])
    extensions._extensions.cache_clear()
    assert "coins" in registry()["data"]
    assert extensions.program() == "superpos"


def test_the_environment_names_packages_for_other_processes(mine: Path) -> None:
    extensions.name_packages(["experiments", "mine_a"])
    assert extensions.named() == ["mine_a", "experiments"]
    assert extensions.program() == "superpos --with mine_a --with experiments"
    assert {"coins", "sparse_uniform"} <= registry()["data"].keys()
    assert "gram" in registry()["model"]


@pytest.mark.parametrize("words", [["--with"], ["--with="], ["--with", ""]])
def test_a_flag_without_a_package(here: Path, words: list[str], capsys) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == (
        "superpos: --with: expected a package, as in --with my_package\n"
    )


def test_a_package_that_is_not_there_says_where_it_was_looked_for(here: Path) -> None:
    extensions.name_packages(["mine_b"])
    line = refusal()
    assert line.startswith("--with mine_b: no such package; looked in ")
    assert str(here) in line


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"mine_b.py": ""}, "--with mine_b: a module, expected a package"),
        ({"mine_b/__init__.py": ""}, "mine_b has none of components.py, conf, guides and no"),
        ({"mine_b/components.py": "1 / 0"}, "cannot be imported (ZeroDivisionError: division by"),
        ({"mine_b/components.py": "X = {}"}, "mine_b.components has no COMPONENTS"),
        (
            {"mine_b/components.py": "COMPONENTS = {'datum': {}}"},
            "mine_b.components has the group 'datum', expected one of asset, data,",
        ),
        (
            {"mine_b/components.py": "COMPONENTS = {'model': {'mlp': print}}"},
            "component model mlp is in superpos.app already, expected another name",
        ),
        ({"mine_b/train/measure.py": ""}, "experiment train is in superpos.app already"),
        (
            {"mine_b/conf/data/finite.yaml": ""},
            "config data/finite.yaml is in superpos.app already",
        ),
    ],
)
def test_a_package_that_cannot_be_used(here: Path, files: dict[str, str], line: str) -> None:
    for file, text in files.items():
        (here / file).parent.mkdir(parents=True, exist_ok=True)
        (here / file).write_text(text)
    extensions.name_packages(["mine_b"])
    assert line in refusal()


def test_two_packages_with_one_component(here: Path) -> None:
    write_package(here, "mine_a")
    (here / "mine_b").mkdir()
    (here / "mine_b" / "components.py").write_text(FILES["components.py"])
    extensions.name_packages(["mine_a", "mine_b"])
    assert "--with mine_b: component data coins is in mine_a already" in refusal()


def test_a_name_that_is_no_package(here: Path) -> None:
    extensions.name_packages(["../mine"])
    assert refusal().startswith("--with ../mine: expected the name of a Python package")


def test_an_experiment_without_a_function_measure(here: Path) -> None:
    write_package(here, "mine_a", mine__first__measure="")
    extensions.name_packages(["mine_a"])
    with pytest.raises(ExtensionError, match=r"mine_a\.mine\.first\.measure has no function meas"):
        analyses()["mine/first"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "name", "returned", "told"),
    [
        ("claims", "judge", "None", "None, expected a list of superpos.app.claims.ledger.Verdict"),
        ("figures", "draw", "None", "None, expected a list of superpos.app.findings.Figure"),
        ("figures", "draw", "['a.png']", r"\['a.png'\], expected a list of .*Figure"),
        ("figures", "tables", "3", "3, expected a list of superpos.app.findings.Table"),
        ("figures", "questions", "3", "3, expected a list of superpos.app.findings.Question"),
    ],
)
def test_what_an_analysis_returns_is_checked(
    mine: Path, file: str, name: str, returned: str, told: str
) -> None:
    (mine / f"mine/first/{file}.py").write_text(f"def {name}(*given): return {returned}")
    analysis = analyses().analysis("mine/first")
    first = f"^mine_a/mine/first/{file}.py: {name} returned {told}$"
    with pytest.raises(ArgumentError, match=first):
        analysis.findings(0.5, mine)


@pytest.mark.slow
def test_a_figure_is_a_file_of_the_folder(mine: Path) -> None:
    code = "from superpos.app.findings import Figure\ndef draw(*_): return [Figure('a', '', '')]\n"
    (mine / "mine/first/figures.py").write_text(code)
    with pytest.raises(ArgumentError, match=r"^draw returned a Figure named 'a', .* and all$"):
        analyses().analysis("mine/first").findings(0.5, mine)


def test_claims_without_a_function_judge_are_refused(here: Path) -> None:
    write_package(here, "mine_a", mine__first__claims="def jugde(_): return []")
    extensions.name_packages(["mine_a"])
    with pytest.raises(ExtensionError, match=r"mine_a\.mine\.first\.claims has no function judge"):
        analyses()["mine/first"]


def test_analyses_and_plots_are_imported_when_they_are_used(tmp_path: Path) -> None:
    code = (
        "import sys; from superpos.app.command import main; main(['--with', 'experiments', '-h']);"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "experiments.components" in loaded
    assert not {"matplotlib", "jinja2", "experiments.elhage", "scipy.optimize"} & {*loaded}
