"""Write the page of one run: its question, figures, claims, and how to run it again.

The page is one static file. It loads nothing but the figures beside it and runs no script; its
content security policy says so to the browser. Jinja escapes every value.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments.claims.ledger import SIGNS, WORDS, measured_text, number_text
from superpos.train.files import commit

FIGURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PLAIN_TEXT = re.compile(r"[A-Za-z_][\w./-]*")
MARKS = {True: "yes", False: "no", None: "unrun"}


def write_page(
    folder: Path,
    *,
    title: str,
    question: str,
    figures: Sequence[tuple[str, str, str]],
    records: Sequence[Mapping[str, Any]],
    config: Mapping[str, Any],
    command: str,
    facts: Mapping[str, str],
) -> Path:
    """Write `index.html` into the folder of a run.

    Args:
        folder: Where the figures are and the page goes.
        title: Name of the experiment.
        question: What the run asks, in a sentence or two.
        figures: For each figure its file name in the folder, its alt text and its caption.
        records: What `experiments.claims.ledger.to_records` returns.
        config: The configuration of the run, nested plain values.
        command: The command that reproduces the run.
        facts: Label and text of anything else worth knowing: time taken, versions, machine.

    Returns:
        The path of the page.

    Raises:
        ValueError: If a figure is not named by a plain file name.
        FileNotFoundError: If a figure is not in the folder.
    """
    for name, _, _ in figures:
        if not FIGURE_NAME.fullmatch(name):
            raise ValueError(f"figure {name!r} is not a plain file name")
        if not (folder / name).is_file():
            raise FileNotFoundError(f"figure {name} is not in {folder}")
    html = (
        _environment()
        .get_template("page.html.jinja")
        .render(
            title=title,
            question=question,
            summary=summary(records),
            figures=figures,
            records=records,
            command=command,
            facts=facts,
            config=config_text(config),
        )
    )
    path = folder / "index.html"
    commit(path, html.encode())
    return path


def summary(records: Sequence[Mapping[str, Any]]) -> str:
    """Say in one line how many claims were reproduced, and how many failed or were not run."""
    states = [record["reproduced"] for record in records]
    line = f"{states.count(True)} of {len(states)} claims reproduced"
    rest = {"not reproduced": states.count(False), "not run": states.count(None)}
    return ", ".join([line, *(f"{count} {word}" for word, count in rest.items() if count)])


def config_text(config: Mapping[str, Any], *, depth: int = 0) -> str:
    """Lay nested plain values out as indented text, close to YAML."""
    lines = []
    for key, value in config.items():
        head = f"{'  ' * depth}{_inline(str(key))}:"
        if isinstance(value, Mapping) and value:
            lines += [head, config_text(value, depth=depth + 1)]
        else:
            lines.append(f"{head} {_inline(value)}")
    return "\n".join(lines)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inline(str(k))}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str) and PLAIN_TEXT.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"csp_hash": _csp_hash, "number": number_text, "measured": measured_text}
    environment.globals |= {"signs": SIGNS, "words": WORDS, "marks": MARKS}
    return environment


def _csp_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
