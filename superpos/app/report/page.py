"""Write the page of one run: its question, figures, claims, and how to run it again.

The page is one static file that loads nothing but the figures beside it. It runs no script
but those that copy its command and show the cells of its figures; its content security policy says
so to the browser.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superpos.app.claims.counts import headline
from superpos.app.findings import PLAIN_NAME, Figure, Question, Table
from superpos.app.report.stored import Run
from superpos.app.report.templates import render
from superpos.store.derived import replace

PLAIN_TEXT = re.compile(r"[A-Za-z_][\w./-]*")
NOT_SHOWN = ("title", "question", "shows", "command", "overrides")
"""Parts of a config that a page says elsewhere."""


def write_page(
    folder: Path,
    *,
    title: str,
    question: str,
    figures: Sequence[Figure],
    records: Sequence[Mapping[str, Any]],
    config: Mapping[str, Any],
    command: str,
    facts: Mapping[str, str],
    tables: Sequence[Table] = (),
    questions: Sequence[Question] = (),
    best: Sequence[str] = (),
    shows: str = "",
    home: str = "",
) -> Path:
    """Write `index.html` into a folder.

    Args:
        folder: Where the figures are and the page goes.
        title: Name of the experiment.
        question: What the run asks, in a sentence or two.
        figures: Files in the folder.
        records: What `superpos.app.claims.ledger.to_records` returns.
        config: The configuration of the run, nested plain values.
        command: The command that reproduces the run.
        facts: Label and text of anything else worth knowing: time taken, versions, machine.
        tables: Texts to be shown below the figures.
        questions: Texts to be judged, each with its answer behind a click.
        best: what a search has found, a line for each of the best trials.
        shows: What the run shows and what it does not, at the registered setting.
        home: Address of the page that lists all experiments, if there is one.

    Returns:
        The path of the page.

    Raises:
        ValueError: If a figure is not named by a plain file name.
        FileNotFoundError: If a figure is not in the folder.
        StoreError: If the page cannot be written.
    """
    for figure in figures:
        if not PLAIN_NAME.fullmatch(figure.name):
            raise ValueError(f"figure {figure.name!r} is not a plain file name")
        if not (folder / figure.name).is_file():
            raise FileNotFoundError(f"figure {figure.name} is not in {folder}")
    html = render(
        "page.html.jinja",
        title=title,
        question=question,
        summary=headline(records),
        changed=records[0]["changed"] if records else [],
        figures=figures,
        tables=tables,
        questions=questions,
        best=best,
        shows=shows,
        records=records,
        command=command,
        rows=[(record, "", anchor(at), "") for at, record in enumerate(records)],
        facts=facts,
        config=config_text(config),
        home=home,
    )
    path = folder / "index.html"
    replace(path, html.encode())
    return path


def write_run(folder: Path, run: Run, *, home: str = "") -> Path:
    """Write the page of a run into a folder that holds its figures, as `write_page` does."""
    return write_page(
        folder,
        title=run.config["title"],
        question=run.config["question"],
        figures=run.figures,
        records=run.records,
        config={key: value for key, value in run.config.items() if key not in NOT_SHOWN},
        command=run.config["command"],
        facts=run.facts,
        tables=run.tables,
        questions=run.questions,
        shows=run.config.get("shows", ""),
        home=home,
    )


def anchor(number: int) -> str:
    """The id of the row of a claim in the page of its run, by its number among the records."""
    return f"claim-{number + 1}"


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
