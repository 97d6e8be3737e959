"""A run as it is on disk: what its page is made of.

config.yaml     the config of the run
claims.json     the records of its claims
figures.json    its figures, with their cells, its tables and questions, and the facts that its page
                states
"""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from superpos.app.claims import ledger
from superpos.app.config.yaml_files import read_yaml
from superpos.app.findings import (
    PLAIN_NAME,
    STRONGEST,
    Cell,
    Figure,
    Findings,
    Question,
    Table,
    with_formats,
)
from superpos.arguments import shown
from superpos.store.bounded import StoreError, read_json
from superpos.store.derived import replace

NEEDED = ("title", "question", "command")
"""Texts that a page needs of a config."""


class Run(NamedTuple):
    """What a run left in its folder.

    Attributes:
        config: plain, with title, question, command.
        records: of its claims, as `superpos.app.claims.ledger.to_records` returns them.
        figures: files in the folder.
        tables: of texts.
        questions: texts to be judged.
        facts: label and text of time taken, versions, machine.
    """

    config: dict[str, Any]
    records: list[dict[str, Any]]
    figures: list[Figure]
    tables: list[Table]
    questions: list[Question]
    facts: dict[str, str]


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Keep the config of a run.

    Raises:
        StoreError: If it cannot be written.
    """
    text = yaml.safe_dump(dict(config), sort_keys=False)
    replace(folder / "config.yaml", text.encode())


def write_findings(folder: Path, findings: Findings, facts: Mapping[str, str]) -> None:
    """Keep the figures, tables, questions and facts of a run.

    Raises:
        ValueError: If a number of a cell is not finite.
        StoreError: If they cannot be written.
    """
    rows = [
        {**figure._asdict(), "formats": [], "cells": [cell._asdict() for cell in figure.cells]}
        for figure in findings.figures
    ]
    kept = {
        "figures": rows,
        "tables": [*map(Table._asdict, findings.tables)],
        "questions": [*map(Question._asdict, findings.questions)],
        "facts": dict(facts),
    }
    text = json.dumps(kept, allow_nan=False)
    replace(folder / "figures.json", text.encode())


def read_facts(folder: Path) -> dict[str, str]:
    """The facts of the run before; none where there was none, or where they are damaged."""
    path = folder / "figures.json"
    try:
        return _facts(read_json(path)) if path.exists() else {}
    except (StoreError, ValueError, TypeError, KeyError):
        warnings.warn(f"{path}: damaged, made anew", stacklevel=2)
        return {}


def read(folder: Path) -> Run:
    """Read what a run left in its folder.

    Raises:
        StoreError: If a file is missing or not as a run writes it; one line.
    """
    try:
        kept = read_json(folder / "figures.json")
        return Run(
            _config(folder / "config.yaml"),
            ledger.read(folder / "claims.json"),
            [with_formats(folder, _figure(row)) for row in kept["figures"]],
            [_table(row) for row in kept["tables"]],
            [_question(row) for row in kept.get("questions", ())],
            _facts(kept),
        )
    except (StoreError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise StoreError(f"{folder} does not hold a finished run: {reason}") from None


def _config(path: Path) -> dict[str, Any]:
    config = read_yaml(path)
    if any(type(config.get(key)) is not str for key in NEEDED):
        raise ValueError(f"{path.name}: expected the texts {', '.join(NEEDED)}")
    return config


def _figure(row: Mapping[str, Any]) -> Figure:
    figure = Figure(**{**row, "cells": [Cell(**cell) for cell in row["cells"]]})
    _check_texts(figure.name, figure.alt, figure.caption)
    if not PLAIN_NAME.fullmatch(figure.name):
        raise ValueError(f"figure {figure.name!r}: expected a plain file name")
    return figure


def _table(row: Mapping[str, Any]) -> Table:
    table = Table(**row)
    _check_texts(table.caption, *table.header, *(text for each in table.rows for text in each))
    return table


def _question(row: Mapping[str, Any]) -> Question:
    question = Question(**row)
    pieces = [piece for excerpt in question.excerpts for piece in excerpt]
    _check_texts(question.title, *(text for text, _ in pieces), *question.answer.values())
    if any(strength not in range(STRONGEST + 1) for _, strength in pieces):
        raise ValueError(f"question {question.title!r}: expected marks from 0 to {STRONGEST}")
    return question


def _facts(kept: Mapping[str, Any]) -> dict[str, str]:
    facts = dict(kept["facts"])
    _check_texts(*facts.values())
    return facts


def _check_texts(*values: Any) -> None:
    for value in values:
        if type(value) is not str:
            raise ValueError(f"{shown(value)}: expected a text")
