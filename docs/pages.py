"""Pages of the site that are made from the repository: the experiments, and the API reference.

A new experiment, or a new public name, has its place here by existing.
"""

import ast
import html
import importlib
import inspect
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from docs import keep
from superpos.app.claims.counts import SOURCES, WORDS, headline, mark
from superpos.app.claims.ledger import SIGNS
from superpos.app.claims.shown import measured_text, number_text

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENTS = ROOT / "experiments"
PUBLIC = (
    *("data", "models", "models.transformer", "saes", "losses", "metrics", "gauge", "optim"),
    *("evaluations", "triggers", "interp", "random", "train", "store", "assets", "types"),
)
"""Packages of superpos that users import from; modules that one of them offers come with it."""


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


def _config(name: str) -> Mapping[str, Any]:
    return yaml.safe_load((EXPERIMENTS / "conf" / "experiment" / f"{name}.yaml").read_text())


def _heading(group: str) -> str:
    """The first line of what the package of a group says of itself."""
    tree = ast.parse((EXPERIMENTS / group / "__init__.py").read_text())
    return (ast.get_docstring(tree) or group).splitlines()[0].rstrip(".")


def _index(groups: Mapping[str, list[str]]) -> str:
    kept = [each for names in groups.values() for name in names if (each := keep.read(name))]
    records = [record for each in kept for record in each.records]
    rows = [
        f"| [{_heading(group)}]({group}.md) | {len(names)} | {_summary(names)} |"
        for group, names in groups.items()
    ]
    parts = [
        "# Papers and questions",
        "Each experiment trains the models of a paper, or of a question of our own, and checks what"
        " is claimed of them. [How to read claims](../../claims.md) says what the words mean.",
        f"Results of {len(kept)} of {sum(map(len, groups.values()))} experiments are kept in the"
        f" repository and shown here. {headline(records)}. Each was measured by a run at the"
        " registered setting. `make report` runs all of them and writes all figures.",
        "\n".join(["| paper or question | experiments | claims |", "|---|---|---|", *rows]),
        "\n".join(["```{toctree}", ":hidden:", *groups, "```"]),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(names: list[str]) -> str:
    kept = [each for name in names if (each := keep.read(name))]
    records = [record for each in kept for record in each.records]
    held = sum(mark(record) == "yes" for record in records)
    return f"{held} of {len(records)} hold" if records else "no results are kept here"


def _group(group: str, names: list[str]) -> str:
    return "\n\n".join([f"# {_heading(group)}", *(_experiment(name) for name in names)]) + "\n"


def _experiment(name: str) -> str:
    config, kept = _config(name), keep.read(name)
    command = f"```sh\n.venv/bin/python -m experiments experiment={name}\n```"
    parts = [f"## {_plain(config['title'])}", _plain(config["question"]), command]
    if kept is None:
        files = f"`experiments/{name}/claims.py`"
        parts.append(f"No results are kept here. What is claimed is written in {files}.")
        return "\n\n".join(parts)
    if kept.figure:
        path, alt, caption = kept.figure
        place = Path("../..") / path.relative_to(keep.KEPT.parent)
        parts.append(f":::{{figure}} {place.as_posix()}\n:alt: {alt}\n\n{_plain(caption)}\n:::")
    rows = [
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(record)) + "</tr>"
        for record in kept.records
    ]
    head = "".join(f"<th>{word}</th>" for word in ("claim", "claimed", "measured", "verdict"))
    table = f'<table class="claims"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}'
    parts += [f"{headline(kept.records)}.", f"{table}</tbody></table>"]
    return "\n\n".join(parts)


def _cells(record: Mapping[str, Any]) -> Iterator[str]:
    """Cells of the row of a claim, in HTML."""
    source, written = SOURCES[record["source"]], record["written"]
    identity = ", identity" if record["identity"] else ""
    note = f"<br><small>{source}; written {written} a run was seen{identity}</small>"
    yield html.escape(record["statement"]) + note
    tolerance = number_text(record["tolerance"])
    yield f"{SIGNS[record['relation']]} {number_text(record['claimed'])} (± {tolerance})"
    yield measured_text(record)
    yield WORDS[mark(record)]


def _plain(text: str) -> str:
    """Text as Markdown that shows it as it is."""
    for sign in "\\*_$<[`":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _reference() -> dict[str, str]:
    """Name of each public package and module -> its page."""
    found: dict[str, str] = {}
    waiting, seen = [f"superpos.{name}" for name in PUBLIC], set[int]()
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
        if not sources:
            parts[1:] = [f".. automodule:: {name}\n   :members:"]
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
