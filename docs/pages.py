"""Pages of the site that are made from the repository: the experiments, and the API reference.

A new experiment, or a new public name, has its place here by existing.
"""

import ast
import importlib
import inspect
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from markupsafe import Markup

from docs import keep
from superpos.app.claims.counts import SOURCES, WORDS, headline, mark
from superpos.app.claims.ledger import SIGNS
from superpos.app.claims.shown import measured_text, number_text
from superpos.app.report.typeset import typeset

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENTS = ROOT / "experiments"
PUBLIC = (
    *("data", "models", "models.transformer", "saes", "losses", "metrics", "gauge", "optim"),
    *("evaluations", "environments", "triggers", "interp", "random", "train", "store", "assets"),
    *("trackers", "types"),
)
"""Packages of superpos that users import from; modules that one of them offers come with it."""


class Row(NamedTuple):
    """What a page shows of a claim."""

    claim: str
    claimed: str
    measured: str
    verdict: str
    origin: str = ""


def write_all(folder: Path) -> None:
    """Write all pages into a folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    groups = {}
    for name in experiments():
        groups.setdefault(name.split("/")[0], []).append(name)
    texts = {f"papers/{group}.md": _group(group, names) for group, names in groups.items()}
    texts["papers/index.md"] = _index(groups)
    texts |= {f"api/{name}.rst": text for name, text in _reference().items()}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def experiments() -> list[str]:
    """Names of the registered experiments, such as "elhage/intro"; not those of another size."""
    folder = EXPERIMENTS / "conf" / "experiment"
    names = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.yaml"))
    return sorted(name.as_posix() for name in names if name.parts[0] != "full")


def claim_text(identity: str) -> str:
    """What a run that is kept measured for a claim, such as "elhage/intro/pentagon".

    Raises:
        KeyError: If no run is kept that has the claim.
    """
    found = keep.read(identity.rpartition("/")[0])
    records = {record["id"]: record for record in found.records} if found else {}
    return measured_text(records[identity])


def _config(name: str) -> dict[str, Any]:
    """The config of an experiment, over that of the experiment which it begins with, if any."""
    path, prefix = EXPERIMENTS / "conf" / "experiment" / f"{name}.yaml", "/experiment/"
    config = yaml.safe_load(path.read_text())
    for base in config.get("defaults", ()):
        if isinstance(base, str) and base.startswith(prefix):
            config = _config(base.removeprefix(prefix)) | config
    return config


def _heading(group: str) -> str:
    """The first line of what the package of a group says of itself."""
    tree = ast.parse((EXPERIMENTS / group / "__init__.py").read_text())
    return (ast.get_docstring(tree) or group).splitlines()[0].rstrip(".")


def _index(groups: Mapping[str, list[str]]) -> str:
    kept = [each for names in groups.values() for name in names if (each := keep.read(name))]
    records = [record for each in kept for record in each.records]
    drawn = sum(each.figure is not None for each in kept)
    head = "| paper or question | experiments | claims that hold |"
    rows = [
        f"| [{_heading(group)}]({group}.md) | {len(names)} | {_summary(names)} |"
        for group, names in groups.items()
    ]
    parts = [
        "# Papers and questions",
        "Each experiment trains the models of a paper, or of a question of our own, and checks what"
        " is claimed of them. [How to read claims](../../claims.md) says what the words mean.",
        f"Results of {len(kept)} of {sum(map(len, groups.values()))} experiments are kept in the"
        f" repository and shown here, {drawn} with a figure."
        f" {headline(records)}. Each was measured by a run at the registered setting."
        " `make report` runs all of them and writes all figures.",
        "\n".join([head, "|---|---|---|", *rows]),
        "\n".join(["```{toctree}", ":hidden:", *groups, "```"]),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(names: list[str]) -> str:
    kept = [each for name in names if (each := keep.read(name))]
    records = [record for each in kept for record in each.records]
    held = sum(mark(record) == "yes" for record in records)
    return f"{held} of {len(records)}" if records else "not kept here"


def _group(group: str, names: list[str]) -> str:
    """A page: those with a figure first."""
    ordered = sorted(names, key=lambda name: not ((kept := keep.read(name)) and kept.figure))
    return "\n\n".join([f"# {_heading(group)}", *map(_experiment, ordered)]) + "\n"


def _experiment(name: str) -> str:
    config, kept = _config(name), keep.read(name)
    command = f"```sh\n.venv/bin/python -m experiments experiment={name}\n```"
    parts = [f"## {_plain(config['title'])}", _plain(config["question"]), command]
    if kept is None:
        kind = config["analysis"]["kind"]
        file, rows = f"`experiments/{kind}/claims.py`", stated(kind)
        parts.append(f"No results are kept here. Its claims are in {file}{':' if rows else '.'}")
        return "\n\n".join([*parts, *([_table(rows)] if rows else [])])
    if kept.figure:
        path, alt, caption = kept.figure
        place = Path("../..") / path.relative_to(keep.KEPT.parent)
        options = f":alt: {alt}\n:width: 100%"  # with a width, Sphinx links to the whole image
        parts.append(f":::{{figure}} {place.as_posix()}\n{options}\n\n{_plain(caption)}\n:::")
    else:
        parts.append("Its figures are not kept here: the command draws them.")
    return "\n\n".join([*parts, f"{headline(kept.records)}.", _table(map(_row, kept.records))])


def stated(kind: str) -> list[Row]:
    """The claims that stand in the file of an analysis as rows: key, statement, sign, numbers."""
    path, found = EXPERIMENTS / kind / "claims.py", []
    tree = ast.parse(path.read_text() if path.is_file() else "")
    tuples = (node for node in ast.walk(tree) if isinstance(node, ast.Tuple))
    for node in sorted(tuples, key=lambda node: node.lineno):  # as they stand in the file
        match node:
            case ast.Tuple(
                elts=[
                    ast.Constant(value=str()),
                    ast.Constant(value=str(statement)),
                    ast.Constant(value=str(relation)),
                    claimed,
                    tolerance,
                ]
            ) if relation in SIGNS:
                numbers = (_number(kind, each) for each in (claimed, tolerance))
                text = "{} {} (± {})".format(SIGNS[relation], *numbers)
                found.append(Row(statement, text, "—", "not run"))
    return found


def _number(kind: str, node: ast.expr) -> str:
    """A number of a claim, which may be named in its file; as written where a function gives it."""
    text = ast.unparse(node)
    module = importlib.import_module(f"experiments.{kind.replace('/', '.')}.claims")
    try:
        return number_text(eval(text, vars(module)))  # noqa: S307
    except NameError:
        return text


def _row(record: Mapping[str, Any]) -> Row:
    source, identity = SOURCES[record["source"]], ", identity" if record["identity"] else ""
    numbers = (number_text(record[name]) for name in ("claimed", "tolerance"))
    return Row(
        record["statement"],
        "{} {} (± {})".format(SIGNS[record["relation"]], *numbers),
        measured_text(record),
        WORDS[mark(record)],
        f"{source}; written {record['written']} a run was seen{identity}",
    )


def _table(rows: Iterable[Row]) -> str:
    """Rows in HTML; the origin of a claim stands below it."""
    head = "".join(f"<th>{word}</th>" for word in Row._fields[:-1])
    body = []
    for row in rows:
        claim, *cells, origin = map(typeset, row)
        claim += Markup(f"<br><small>{origin}</small>" if origin else "")
        body.append("".join(f"<td>{cell}</td>" for cell in (claim, *cells)))
    lines = "".join(f"<tr>{cells}</tr>" for cells in body)
    table = f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody>"
    return f'<table class="claims">{table}</table>'


def _plain(text: str) -> str:
    """Text as Markdown that shows it as it is."""
    for sign in "\\*_$<[`":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _reference() -> dict[str, str]:
    """Name of each public package and module -> its page."""
    found: dict[str, str] = {}
    waiting, seen = [f"superpos.{name}" for name in PUBLIC], set[int]()
    constants = set[str]()  # told on the page of the package that offers them
    for name in waiting:
        module = importlib.import_module(name)
        parts = [f"{name}\n{'=' * len(name)}", f".. automodule:: {name}\n   :no-members:"]
        parts.append(f".. currentmodule:: {name}")
        sources = public_names(module.__file__)
        for public, source in sources.items():
            value = getattr(module, public)
            if inspect.ismodule(value):
                waiting.append(value.__name__)
                parts.append(f"Module :doc:`{value.__name__}`.")
            else:
                again = "\n   :no-index:" if id(value) in seen else ""
                parts.append(f".. {_documented(value, public, source)}{again}")
                seen.add(id(value))
                constants |= {f"{source}.{public}"} if "autodata" in parts[-1] else set()
        if not sources:
            others = (each for each in vars(module) if f"{name}.{each}" in constants)
            exclude = f"\n   :exclude-members: {', '.join(others)}"
            parts[1:] = [f".. automodule:: {name}\n   :members:{exclude}"]
        found[name] = "\n\n".join(parts) + "\n"
    return found


def public_names(path: str | None) -> dict[str, str]:
    """Names that a file offers, which it imports as themselves -> the modules they are from."""
    tree = ast.parse(Path(str(path)).read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: str(node.module)
        for node in nodes
        for alias in node.names
        if alias.asname == alias.name
    }


def _documented(value: Any, public: str, source: str) -> str:
    """The directive for a class or a function of superpos, or for anything else: a constant."""
    own = str(getattr(value, "__module__", "")).startswith("superpos.")
    if own and inspect.isclass(value):
        return f"autoclass:: {public}"
    if own and inspect.isfunction(value):
        return f"autofunction:: {public}"
    return f"autodata:: {source}.{public}\n   :no-value:"
