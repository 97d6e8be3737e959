"""The Python of the README runs as it stands there."""

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import yaml

import superpos
from superpos import metrics, models, trackers
from superpos.app import boundary, runner
from superpos.app.command import main
from tests.superpos.app.conftest import as_new_process as as_new_process
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, VOCABULARY
from tests.superpos.interp.prompted.oracle import oracle
from tests.superpos.interp.server import serving

README = Path(__file__).resolve().parent.parent / "README.md"
SHORTER = {
    **{"n_steps=2_000": "n_steps=4", "log_every=500": "log_every=2", "10_000, 8": "300, 8"},
    "n_steps=200, batch_size=256, log_every=100": "n_steps=4, batch_size=64, log_every=2",
}


def blocks(heading: str, language: str = "python") -> list[str]:
    """The blocks of a section, or of a part of one, in one language."""
    level, text = re.split(rf"^(##+) {heading}\n", README.read_text(), flags=re.MULTILINE)[1:3]
    section = re.split(rf"^#{{2,{len(level)}}} ", text, flags=re.MULTILINE)[0]
    every = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [block for each, block in every if each == language]


@pytest.mark.slow
def test_the_contract_on_a_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block of the functions, and all of one's own parts, one after the other."""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    for block in [
        blocks("Import the functions")[0],
        *blocks("Train sparse autoencoders"),
        blocks("Bring your own data, models and measures")[0],
    ]:
        for long, short in SHORTER.items():
            block = block.replace(long, short)
        exec(block, scope)  # noqa: S102
    assert scope["D"].shape == (3, 10, 5)
    l0 = scope["frontier"]["l0"].isel(step=-1, seed=0)
    assert (abs(l0 - l0["k"]) < 0.05).all()
    found = scope["found"]
    assert found["feature_norms"].dims == ("learning_rate", "seed", "step_norms", "feature")
    assert found["step_norms"].to_numpy().tolist() == [20, 40, 60, 80, 100]
    assert (found["step_overlap"] >= 10).any()
    opened = scope["store"].open(tmp_path / "outputs" / "own")
    assert opened["W_path"].equals(opened["W"].rename("W_path"))


@pytest.mark.slow
def test_a_first_experiment_with_claims_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files and the command as they stand there, in a process of its own."""
    heading = "Your first experiment with claims"
    for text in [*blocks(heading), *blocks(heading, "yaml")]:
        [name] = re.findall(r"^# (my_package/.*)$", text, re.MULTILINE)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    [command] = blocks(heading, "sh")
    _, *words = shlex.split(command, comments=True)
    monkeypatch.setenv("SUPERPOS_WITH", "")
    done = subprocess.run(
        [sys.executable, "-m", "superpos.app", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(README.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 claims of papers reproduced" in done.stdout
    records = json.loads((tmp_path / "outputs/pair/claims.json").read_text())
    assert [(each["id"], each["reproduced"]) for each in records] == [
        ("pair/0.02", True),
        ("pair/1", True),
    ]


def test_what_is_refused_is_printed_as_it_says(
    as_new_process: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [lines] = [text for text in blocks("Launch experiments", "") if text.startswith("superpos: ")]
    words = ("data.density=-0.1", "model.n_hiden=3", "sweep.optim.kind=[adamm]")
    for word, line in zip(words, lines.splitlines(), strict=True):
        monkeypatch.setattr(sys, "argv", ["superpos", word])
        assert main([word]) == 2
        pattern = re.escape(line).replace(re.escape("..."), ".*")
        assert re.fullmatch(pattern, capsys.readouterr().err.strip())


def test_an_audit_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    [block] = [text for text in blocks("Import the functions") if "gauge.audit" in text]
    [printed] = [text for text in blocks("Import the functions", "") if "permutation" in text]
    exec(block, {"jax": jax, "models": models, "metrics": metrics})  # noqa: S102
    assert capsys.readouterr().out == printed


def test_models_come_from_other_tools_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(blocks("To and from other tools")[0], scope)  # noqa: S102
    assert scope["params"].W.shape == (10, 5, 2)
    assert models.from_torch("toy.safetensors").b.shape == (10, 5)


@pytest.mark.slow
def test_trackers_log_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block as it stands, with trackers that keep what they are given."""
    monkeypatch.chdir(tmp_path)
    logged: dict[str, list[Any]] = {"tensorboard": [], "wandb": []}
    for name, rows in logged.items():
        signature = inspect.signature(getattr(trackers, name))

        def fake(signature: Any = signature, rows: Any = rows, **given: Any) -> trackers.Tracker:
            signature.bind(**given)
            log = lambda step, metrics: rows.append((given, step, dict(metrics)))  # noqa: E731
            return trackers.Tracker(log, lambda: None)

        monkeypatch.setattr(trackers, name, fake)
    [_, block] = blocks("To and from other tools")
    block = block.replace("n_steps=1_000", "n_steps=4").replace("log_every=100", "log_every=2")
    words = ["experiment=train", "fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8"]
    words += ["sweep.data.density=[0.1,1]", "output_dir=outputs/demo"]
    assert runner.run(boundary.compose(words)).code == 0
    exec(block, {})  # noqa: S102
    assert [step for _, step, _ in logged["tensorboard"]] == [2, 4]
    found = [(given["labels"]["density"], step) for given, step, _ in logged["wandb"]]
    assert found == [(0.1, 2), (0.1, 4), (1.0, 2), (1.0, 4)]
    assert all("loss" in metrics for _, _, metrics in logged["wandb"])


def test_the_citation_names_the_version() -> None:
    cited = yaml.safe_load((README.parent / "CITATION.cff").read_text())
    assert (cited["version"], cited["license"]) == (superpos.__version__, "Apache-2.0")


def test_latents_are_explained_as_it_says() -> None:
    [block] = blocks("Explain latents")
    scope: dict[str, Any] = {}
    exec(block, scope)  # noqa: S102
    summary, names = scope["summary"], scope["scores"].explainers
    listed = "constant, top_1, top_3, top_10, lexical, position, decision_list, "
    assert ", ".join(names).startswith(listed)
    top_1 = names.index("top_1")
    assert summary["simulation"][0, top_1] > 0.999 > summary["simulation"][1, top_1]
    assert (summary["simulation_floor"] == 0).all() and (summary["simulation_reseed_sd"] >= 0).all()
    gain = scope["interp"].context_gain(scope["scores"], context="bigram").mean(0)
    assert abs(gain[0]) < 0.01 and abs(gain[1] - 0.9) < 0.05


def test_latents_are_explained_by_a_language_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [block] = blocks("Explain latents by a language model")
    scope: dict[str, Any] = {"contexts": CONTEXTS, "vocabulary": VOCABULARY}
    scope["activations"] = BY_TOKEN.reshape(-1, 1)
    with serving(oracle) as server:
        exec(block.replace("http://localhost:8000/v1", server.url), scope)  # noqa: S102
    values = scope["scores"].values
    assert all(np.array_equal(each, np.ones((3, 1, 1))) for each in values.values())
    assert (tmp_path / "outputs" / "exchanges.jsonl").is_file()


def test_the_schedule_runs_and_its_log_is_audited_as_it_says() -> None:
    [block] = blocks("Evaluate on a schedule")
    scope: dict[str, Any] = {}
    exec(block, scope)  # noqa: S102
    decision, state, triggers = (scope[name] for name in ("decision", "state", "triggers"))
    assert decision.due and decision.reasons == ("start", "compute") and decision.overshoot > 4
    assert triggers.decode(scope["checkpoint"]) == state
    [log] = re.findall(r"^```json\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    found = triggers.audit(*triggers.read_log(log.splitlines())).violations
    assert [(each.number, each.kind) for each in found] == [(8, "calendar"), (9, "end")]
    assert "by 2026-05-21" in found[0].text
