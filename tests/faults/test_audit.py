"""A whole run under an audit hook: no pickle, no code of strangers, no other process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, sys

seen = {"pickles": [], "processes": [], "sockets": []}
watched = {
    "pickle.find_class": "pickles",
    "subprocess.Popen": "processes",
    "os.system": "processes",
    "os.exec": "processes",
    "os.posix_spawn": "processes",
    "socket.bind": "sockets",
    "socket.connect": "sockets",
}


def hook(event, arguments):
    if event in watched:
        seen[watched[event]].append(f"{event} {arguments[0]!r}")


sys.addaudithook(hook)
sys.argv = ["experiments", *json.loads(sys.argv[1])]
from experiments.__main__ import run

codes = [run(), run()]  # trained, and found on disk
files = {str(getattr(module, "__file__", None)) for module in [*sys.modules.values()]}
json.dump({**seen, "codes": codes, "files": sorted(files)}, open("seen.json", "w"))
"""
TINY = ("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "evaluations.loss.batch_size=8")
DECOYS = ("numpy", "yaml", "hydra", "jinja2", "experiments", "superpos", "sitecustomize", "conf")
"""Modules that lie where the command is given, as in a folder that a stranger sent."""


@pytest.mark.slow
def test_a_run_reads_no_pickle_and_imports_nothing_from_where_it_is_given(tmp_path: Path) -> None:
    for name in DECOYS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger ran')")
    words = ["experiment=train", "sweep.seed=[0,1]", *TINY, "output_dir=out"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, json.dumps(words)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads((tmp_path / "seen.json").read_text())
    nothing = {"pickles": [], "processes": [], "sockets": []}
    assert {name: seen[name] for name in nothing} == nothing
    assert seen["codes"] == [0, 0]
    places = (str(ROOT), sys.prefix, sys.base_prefix)
    files = [file for file in seen["files"] if file.startswith("/")]
    assert [file for file in files if not file.startswith(places)] == []
