"""Who may import whom, what nobody may use, what an import may do, and how long a file may be."""

import ast
import functools
import graphlib
import importlib.metadata
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import superpos

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("superpos", "experiments", "hydra_plugins")
FILES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

TIERS = (
    ("types",),
    ("memory", "required"),
    ("arguments",),
    ("components", "safetensors"),
    ("losses", "metrics", "random", "environments"),
    ("optim",),
    ("data", "models", "gauge"),
    ("saes",),
    ("interp",),
    ("evaluations", "triggers"),
    ("train",),
    ("store",),
    ("engine",),
    ("assets", "trackers"),
    ("app",),
    ("experiments",),
)
RANKS = {name: rank for rank, tier in enumerate(TIERS) for name in tier}
TRAINING = {"train", "store", "engine"}
"""Rooms that import no data, model or metric: who calls them hands those in."""
MAY_IMPORT = {"types", "memory", "required", "arguments", "components", "random", *TRAINING}
MAY_IMPORT |= {"safetensors"}  # a format of files
OFFERED = "superpos/train/__init__.py"
"""Offers what the rooms above it have, loaded when first asked for."""
HYDRA = {"hydra", "omegaconf"}
OUTER = HYDRA | {"experiments", "rich", "matplotlib", "jinja2", "yaml"}
"""What nothing under superpos/ may import, but for superpos/app/."""
BOUNDARY = "superpos/app/boundary.py"
"""The only file that imports Hydra, beside its plugin."""
PLUGIN = HYDRA | {"hydra_plugins", "yaml"} | set(sys.stdlib_module_names)
"""All that a file may import that Hydra loads in every application on the machine."""
MODULES = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
CALLS = {"eval", "exec", "instantiate", "system", "popen", "__import__", "serialize_executable"}
FLAGS = {"shell", "allow_pickle"}
MAX_FILE, MAX_FUNCTION = 300, 60

EXTRAS = {
    "superpos/app/": "app",
    "superpos/models/transformer/": "lm",
    "superpos/interp/backends/": "transformers",
    "superpos/trackers/mlflow_runs.py": "mlflow",
    "superpos/trackers/tensorboard_events.py": "tensorboard",
    "superpos/trackers/weights_and_biases.py": "wandb",
}
"""Parts of the tree that need an extra."""
DISTRIBUTIONS = {"mlflow": "mlflow-skinny"}
"""Module -> distribution, of what may not be installed and is not called alike."""

Check = Callable[[str, str], list[str]]


@functools.cache
def source_of(name: str) -> str:
    return (ROOT / name).read_text()


@functools.cache
def parsed(source: str) -> ast.Module:
    """A file is parsed once for all rules."""
    return ast.parse(source)


def imports(source: str, name: str) -> Iterator[str]:
    """Every module that a file imports, with the names taken from it, anywhere in the file."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unit(module: str) -> str | None:
    """The part of the tree that a dotted module belongs to; None outside it or at its root."""
    first, *rest = module.split(".")
    if first == "experiments":
        return "experiments"
    return rest[0] if first == "superpos" and rest else None


def unit_of_file(name: str) -> str | None:
    return unit(".".join(Path(name).with_suffix("").parts).removesuffix(".__init__"))


def bad_layers(source: str, name: str) -> list[str]:
    """Imports that go upwards or sideways."""
    own = unit_of_file(name)
    found = []
    for module in () if name == OFFERED else imports(source, name):
        other = unit(module)
        if other is None or other == own:
            continue
        assert other in RANKS, f"{name} imports {module}: give {other} a place in TIERS"
        down = own is not None and RANKS[other] < RANKS[own]
        if not down or (own in TRAINING and other not in MAY_IMPORT):
            found.append(f"{name}: {own} imports {module}")
    return found


def bad_outsiders(source: str, name: str) -> list[str]:
    """Hydra outside the boundary, and what only superpos/app/ and experiments/ may use."""
    banned = OUTER
    if name.startswith("superpos/app/"):
        banned = {"experiments"} if name == BOUNDARY else HYDRA | {"experiments"}
    elif name.startswith("experiments/"):
        banned = HYDRA
    first = {module: module.split(".")[0] for module in imports(source, name)}
    if name.startswith("hydra_plugins/"):
        return [f"{name}: {module}" for module, top in first.items() if top not in PLUGIN]
    return [f"{name}: {module}" for module, top in first.items() if top in banned]


def bad_uses(source: str, name: str) -> list[str]:
    """Ways to run what a file says, and shells."""
    found = [m for m in imports(source, name) if {m.split(".")[0], m.split(".")[-1]} & MODULES]
    found += [m for m in imports(source, name) if m.split(".")[-1] in CALLS]
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Name) and node.id in CALLS:
            found.append(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            found.append(node.attr)
        elif isinstance(node, ast.keyword) and node.arg in FLAGS:
            safe = isinstance(node.value, ast.Constant) and node.value.value is False
            found += [] if safe else [f"{node.arg}="]
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("yaml.load", "yaml.Loader"):
            found.append(ast.unparse(node))
    return [f"{name}: {use}" for use in found]


def bad_lengths(source: str, name: str) -> list[str]:
    """A file or a function that is too long."""
    n_lines = len(source.splitlines())
    found = [f"{name}: {n_lines} lines"] if n_lines > MAX_FILE else []
    return found + [
        f"{name}: {function} has {length} lines"
        for function, length in function_lengths(source)
        if length > MAX_FUNCTION
    ]


def function_lengths(source: str) -> Iterator[tuple[str, int]]:
    """Lines of each function without its docstring."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            doc = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0
            yield node.name, node.end_lineno - node.lineno + 1 - doc


def bad_docstrings(source: str, name: str) -> list[str]:
    """A module without a docstring, or with an empty one."""
    return [] if (ast.get_docstring(parsed(source)) or "").strip() else [f"{name}: no docstring"]


CHECKS: dict[str, Check] = {
    "layers": bad_layers,
    "outsiders": bad_outsiders,
    "uses": bad_uses,
    "lengths": bad_lengths,
    "docstrings": bad_docstrings,
}


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_every_file_keeps_the_rule(check: str) -> None:
    assert [bad for name in NAMES for bad in CHECKS[check](source_of(name), name)] == []


def test_every_part_of_the_tree_has_a_place() -> None:
    assert len(FILES) > 30
    units = {unit_of_file(name) for name in NAMES} - {None}
    assert {"types", "arguments", "data", "train", "experiments"} <= units <= set(RANKS)


def test_no_files_import_each_other_in_a_circle() -> None:
    files = {
        ".".join(Path(name).with_suffix("").parts).removesuffix(".__init__"): name
        for name in NAMES
        if name != OFFERED
    }

    def file_of(module: str) -> str | None:
        parent = module.rpartition(".")[0]
        return module if module in files else file_of(parent) if parent else None

    graph = {
        file: {file_of(module) for module in imports(source_of(name), name)} - {None, file}
        for file, name in files.items()
    }
    graphlib.TopologicalSorter(graph).prepare()


BROKEN = [
    ("layers", "superpos/metrics/a.py", "from superpos.losses import mse"),
    ("layers", "superpos/metrics/a.py", "from superpos import data"),
    ("layers", "superpos/optim/a.py", "import superpos.models.mlp"),
    ("layers", "superpos/types.py", "from superpos.arguments import Count"),
    ("layers", "superpos/train/a.py", "def f():\n    from superpos.metrics import capacity"),
    ("layers", "superpos/train/a.py", "from superpos import models"),
    ("layers", "superpos/train/a.py", "from superpos.store import files"),
    ("layers", "superpos/store/a.py", "from superpos.engine import plan"),
    ("layers", "superpos/engine/a.py", "from superpos.evaluations import loss"),
    ("layers", "superpos/optim/a.py", "from superpos.app.config.axes import expand"),
    ("layers", "superpos/__init__.py", "from superpos.data import sparse_uniform"),
    ("outsiders", "superpos/models/a.py", "if 1:\n    import rich.console"),
    ("outsiders", "superpos/types.py", "from matplotlib import pyplot"),
    ("outsiders", "superpos/types.py", "from experiments import registry"),
    ("outsiders", "superpos/app/runner.py", "from hydra.utils import get_method"),
    ("outsiders", "superpos/app/boundary.py", "from experiments import registry"),
    ("layers", "superpos/store/a.py", "from superpos.app import boundary"),
    ("outsiders", "experiments/elhage/a.py", "import omegaconf"),
    ("outsiders", "hydra_plugins/superpos_launcher/a.py", "def f():\n    import jax"),
    ("outsiders", "hydra_plugins/superpos_launcher/a.py", "from experiments import registry"),
    ("uses", "experiments/a.py", "import pickle"),
    ("uses", "experiments/a.py", "from numpy.compat import pickle"),
    ("uses", "superpos/app/boundary.py", "from hydra.utils import instantiate"),
    ("uses", "superpos/app/boundary.py", "import hydra\nhydra.utils.instantiate(config)"),
    ("uses", "superpos/a.py", "eval('1')"),
    ("uses", "superpos/a.py", "import builtins\nbuiltins.exec('x')"),
    ("uses", "superpos/a.py", "import os\nos.system('ls')"),
    ("uses", "superpos/a.py", "run('ls', shell=True)"),
    ("uses", "superpos/a.py", "run('ls', shell=flag)"),
    ("uses", "superpos/a.py", "np.load(path, allow_pickle=True)"),
    ("uses", "superpos/a.py", "import yaml\nyaml.load(text, yaml.Loader)"),
    ("lengths", "superpos/a.py", "\n" * 301),
    ("lengths", "superpos/a.py", "def f():\n" + "    x = 1\n" * 60),
    ("docstrings", "superpos/a.py", "x = 1"),
    ("docstrings", "superpos/a.py", '"""   """'),
]
SOUND = [
    ("layers", "superpos/models/a.py", "from superpos.losses import mse"),
    ("layers", "superpos/evaluations/a.py", "from superpos import metrics"),
    ("layers", "superpos/train/a.py", "from superpos.train import schedule"),
    ("layers", "superpos/engine/a.py", "from superpos.store import files"),
    ("layers", "experiments/a.py", "from superpos import train, data"),
    ("outsiders", "superpos/app/boundary.py", "import hydra"),
    ("outsiders", "superpos/app/a.py", "import rich"),
    ("outsiders", "experiments/a.py", "import rich"),
    ("outsiders", "hydra_plugins/superpos_launcher/a.py", "import os, hydra, omegaconf"),
    ("uses", "superpos/a.py", "np.savez(file, allow_pickle=False)"),
    ("uses", "superpos/a.py", "import yaml\nyaml.safe_load(text)"),
    (
        "lengths",
        "superpos/a.py",
        'def f():\n    """Say.' + "\n" * 60 + '"""\n' + "    x = 1\n" * 59,
    ),
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_rule_notices_what_breaks_it_and_nothing_else(check: str) -> None:
    broken = [(name, source) for each, name, source in BROKEN if each == check]
    sound = [(name, source) for each, name, source in SOUND if each == check]
    assert broken
    assert [case for case in broken if not CHECKS[check](case[1], case[0])] == []
    assert [case for case in sound if CHECKS[check](case[1], case[0])] == []


WATCH = """
import importlib, json, sys
import chex, flax.struct, jax, numpy, optax, psutil
from jax._src import xla_bridge

OUTER = {"hydra", "matplotlib", "jinja2", "experiments"}
before, loaded = dict(jax.config.values), set(sys.modules)
ready = xla_bridge.backends_are_initialized()
for name in sys.argv[1:]:
    importlib.import_module(name)
changed = [key for key, value in jax.config.values.items() if before.get(key, value) != value]
backend = xla_bridge.backends_are_initialized() != ready
outer = sorted(OUTER & (set(sys.modules) - loaded))
n_arrays = len(jax.live_arrays())
print(json.dumps({"changed": changed, "backend": backend, "n_arrays": n_arrays, "outer": outer}))
"""


def watch_import(*modules: str, folder: Path) -> dict[str, object]:
    """Import modules in a fresh process and say what that did to JAX."""
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", WATCH, *modules],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_importing_superpos_does_nothing_to_jax(tmp_path: Path) -> None:
    modules = [m.name for m in pkgutil.walk_packages(superpos.__path__, "superpos.")]
    library = [name for name in modules if not name.startswith("superpos.app")]
    assert len(library) > 20
    nothing = {"changed": [], "backend": False, "n_arrays": 0}
    assert watch_import("superpos", *library, folder=tmp_path) == {**nothing, "outer": []}
    seen = watch_import(*modules, folder=tmp_path)
    assert seen == {**nothing, "outer": ["hydra", "jinja2", "matplotlib"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "key", "value"),
    [
        ("import jax\nKEY = jax.random.key(0)", "n_arrays", 1),
        ("import jax.numpy as jnp\ntotal = float(jnp.ones(3).sum())", "backend", True),
        ("import jax\njax.config.update('jax_enable_x64', True)", "changed", ["jax_enable_x64"]),
        ("import matplotlib", "outer", ["matplotlib"]),
    ],
)
def test_the_watch_notices(tmp_path: Path, source: str, key: str, value: object) -> None:
    (tmp_path / "a_bad_module.py").write_text(source)
    assert watch_import("a_bad_module", folder=tmp_path)[key] == value


def test_everything_imported_is_a_declared_dependency() -> None:
    """What superpos/ imports comes with a plain install, or with the extra of its part."""
    packages = importlib.metadata.packages_distributions()
    for name in NAMES:
        if name.startswith("superpos/") and "/workers/" not in name:
            extra = next((EXTRAS[part] for part in EXTRAS if name.startswith(part)), "")
            declared = declared_for(extra)
            wanted = {module.split(".")[0] for module in imports(source_of(name), name)}
            for module in wanted - set(sys.stdlib_module_names) - {"superpos", "hydra_plugins"}:
                found = packages.get(module, [DISTRIBUTIONS.get(module, module)])
                assert {d.lower() for d in found} & declared, (name, module)


@functools.cache
def declared_for(extra: str) -> set[str]:
    """Distributions that superpos brings without an extra, or with one."""
    lines = importlib.metadata.requires("superpos") or []
    chosen = [each for each in lines if "extra ==" not in each or f"extra == '{extra}'" in each]
    return {re.split("[><=;[ ]", line)[0].strip().lower() for line in chosen}
