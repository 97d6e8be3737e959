"""`make wheel`: build the wheel, and try it in an empty environment, without and with `app`.

The source distribution has to give the same wheel, so that what is tried holds for both.
Versions are those of requirements.lock. What goes wrong ends in an AssertionError with the output.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from pathlib import Path

from tests.superpos.app.package import write_package

ROOT = Path(__file__).resolve().parents[2]
PLAIN = """
import importlib.util, jax, superpos
from superpos import data, metrics, models, optim, train

def build(point):
    return train.training(
        model=models.autoencoder(n_features=3, n_hidden=2),
        source=data.sparse_uniform(n_features=3, density=point["density"]),
        tx=optim.adam(learning_rate=1e-2), evaluations={}, spec=spec,
    )

spec = train.FitSpec(n_steps=4, batch_size=8, log_every=2)
dataset = train.sweep(build, key=jax.random.key(0), axes={"density": [0.5, 1.0]})
assert (dataset["status"] == "ok").all()
assert metrics.feature_norms(dataset["W"].to_numpy()).shape == (2, 3)
assert superpos.__version__
for name in ("hydra", "matplotlib", "jinja2"):
    assert importlib.util.find_spec(name) is None, name
"""
TINY = ("fit.n_steps=4", "fit.log_every=2", "fit.batch_size=8", "engine.check_fragile=false")


def main() -> int:
    """Build and try.

    Returns:
        0.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(ROOT, folder, "wheel")
        check_content(wheel)
        check_source(folder, wheel)
        (folder / "constraints.txt").write_text(pinned())
        venv.create(folder / "env", with_pip=False)
        install(folder, str(wheel))
        run(folder, "python", "-c", PLAIN)
        refused = run(folder, "superpos", "--help", code=2)
        assert refused.startswith("superpos: the command line needs hydra,"), refused
        install(folder, f"{wheel}[app]")
        text = run(folder, "superpos", "--help")
        assert "\n  superpos experiment=train  Train a toy model\n" in text, text
        run(folder, "superpos", "experiment=train", *TINY)
        assert (folder / "work" / "outputs" / "train").is_dir()
        write_package(folder / "work", "mine_a")
        run(folder, "superpos", "--with", "mine_a", "experiment=mine/first")
        refused = run(folder, "superpos", "experiment=elhage/intro", code=2)
        assert "expected one of train" in refused, refused
    seconds = time.monotonic() - start
    print(f"the wheel works, without and with app, and the sdist gives it: {seconds:.0f} s")
    return 0


def build(root: Path, folder: Path, target: str) -> Path:
    """Build the wheel or the sdist of a tree; its path."""
    words = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(words, cwd=root, check=True, capture_output=True)
    [built] = folder.glob({"wheel": "*.whl", "sdist": "*.tar.gz"}[target])
    return built


def check_source(folder: Path, wheel: Path) -> None:
    """Whether the source distribution gives the same wheel, byte for byte."""
    with tarfile.open(build(ROOT, folder, "sdist")) as archive:
        archive.extractall(folder / "source", filter="data")
    [tree] = (folder / "source").iterdir()
    again = zipfile.ZipFile(build(tree, folder / "again", "wheel"))
    first = zipfile.ZipFile(wheel)
    assert again.namelist() == first.namelist()
    changed = [name for name in first.namelist() if first.read(name) != again.read(name)]
    assert not changed, changed
    for needed in ("LICENSE", "README.md", "CITATION.cff", "experiments/registry.py"):
        assert (tree / needed).is_file(), needed


def check_content(wheel: Path) -> None:
    """What is in the wheel, and what is not."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"superpos", "hydra_plugins"}
    for needed in ("py.typed", "app/conf/config.yaml", "app/report/style.css", "types/base.py"):
        assert f"superpos/{needed}" in names, needed
    papers = [name for name in names if "/conf/experiment/" in name]
    assert papers == ["superpos/app/conf/experiment/train.yaml"], papers


def pinned() -> str:
    """The versions of requirements.lock, without their hashes."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return "\n".join(re.sub(r"\s*\\$", "", line) for line in lines if re.match(r"[A-Za-z]", line))


def install(folder: Path, what: str) -> None:
    """Install into the empty environment, by the pip of this one."""
    words = [sys.executable, "-m", "pip", "--python", str(folder / "env" / "bin" / "python")]
    words += [
        "install",
        "--quiet",
        "--no-compile",
        "--disable-pip-version-check",
        "-c",
        "constraints.txt",
        what,
    ]
    subprocess.run(words, cwd=folder, check=True, stderr=subprocess.DEVNULL)


def run(folder: Path, program: str, *words: str, code: int = 0) -> str:
    """Run a program of the environment, in a folder of its own; what it printed."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    command = [str(folder / "env" / "bin" / program), *words]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert done.returncode == code, f"{program} {words}: {done.returncode}\n{output}"
    return output


if __name__ == "__main__":
    sys.exit(main())
