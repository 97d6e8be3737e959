"""A small Hydra application of its own, with groups, run in its own process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from superpos.app import boundary
from superpos.app.extensions import extensions

APP = """
import json, os, sys
import hydra
from hydra.core.hydra_config import HydraConfig

class Vmap:
    def prepare(self, config):
        number = HydraConfig.get().job.num
        return {"a": config.a, "c": config.b.c, "kind": config.b.kind, "num": number}

    def run(self, jobs, launch):
        print(json.dumps({"jobs": jobs, "swept": launch.swept, "options": launch.options,
                          "x": os.environ.get("X")}))
        return [self.finishing(job) for job in jobs]

    def finishing(self, job):
        def finish():
            if job["a"] == 13:
                raise ValueError("unlucky")
            folder = HydraConfig.get().runtime.output_dir
            with open("here", "w") as file:
                file.write(folder)
            with open(os.path.join(folder, "value"), "w") as file:
                file.write(str(job["a"]))
            return float(job["a"])
        return finish

def main(config):
    print("task", config.a)
    return float(config.a)

if not os.environ.get("WITHOUT_VMAP"):
    main.vmap = Vmap()
hydra.main(version_base="1.3", config_path="conf", config_name="config")(main)()
assert "jax" not in sys.modules
"""
FILES = {
    "app.py": APP,
    "conf/config.yaml": """
defaults: [{b: x}, _self_]
a: 1
twice: ${a}${b.c}
where: ${hydra:job.override_dirname}
hydra: {sweep: {dir: out}, job_logging: {root: {level: WARNING}}}
""",
    "conf/b/x.yaml": "{kind: x, c: 2.0}",
    "conf/b/y.yaml": "{kind: y, c: 3.0, d: {e: [1, 2]}}",
}


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """The folder of the application."""
    folder = tmp_path_factory.mktemp("app")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def multirun(app, tmp_path):
    """Run the application with `-m` and words, in an empty folder; gives the finished process."""

    def run(*words, **environment):
        command = [sys.executable, str(app / "app.py"), "-m", *words]
        root = str(Path(__file__).resolve().parents[2])
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": root, "HYDRA_FULL_ERROR": "1", **environment},
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture
def loader_and_master(monkeypatch):
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
    boundary.prepare()
    with initialize_config_dir(str(extensions()[0].configs), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        yield loader, loader.load_configuration("config", [], RunMode.MULTIRUN)
