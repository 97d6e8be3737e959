"""A run as it is on disk: what its page is made of.

config.yaml     the config of the run
claims.json     the records of its claims
figures.json    its figures, with their cells, its tables, and the facts that its page states
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from superpos.app.claims import ledger
from superpos.app.findings import Cell, Figure, Findings, Table
from superpos.store.files import commit

NEEDED = ("title", "question", "command")
"""What a page needs of a config."""


class Run(NamedTuple):
    """What a run left in its folder.

    Attributes:
        config: plain, with title, question, command.
        records: of its claims, as `superpos.app.claims.ledger.to_records` returns them.
        figures: files in the folder.
        tables: of texts.
        facts: label and text of time taken, versions, machine.
    """

    config: dict[str, Any]
    records: list[dict[str, Any]]
    figures: list[Figure]
    tables: list[Table]
    facts: dict[str, str]


def write_findings(folder: Path, findings: Findings, facts: Mapping[str, str]) -> None:
    """Keep the figures, tables and facts of a run.

    Raises:
        ValueError: If a number of a cell is not finite.
    """
    rows = [
        {**figure._asdict(), "cells": [cell._asdict() for cell in figure.cells]}
        for figure in findings.figures
    ]
    kept = {"figures": rows, "tables": [*map(Table._asdict, findings.tables)], "facts": dict(facts)}
    text = json.dumps(kept, allow_nan=False)
    commit(folder / "figures.json", text.encode())


def read_facts(folder: Path) -> dict[str, str]:
    """The facts of the run before; none where there was none."""
    path = folder / "figures.json"
    return json.loads(path.read_text("utf-8"))["facts"] if path.exists() else {}


def read(folder: Path) -> Run:
    """Read what a run left in its folder.

    Raises:
        ValueError: If a file is missing or not as a run writes it.
    """
    try:
        config = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
        _ = [config[key] for key in NEEDED]
        kept = json.loads((folder / "figures.json").read_text("utf-8"))
        figures = [
            Figure(**{**row, "cells": [Cell(**cell) for cell in row["cells"]]})
            for row in kept["figures"]
        ]
        tables = [Table(**row) for row in kept["tables"]]
        records = ledger.read(folder / "claims.json")
        return Run(config, records, figures, tables, dict(kept["facts"]))
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{folder} does not hold a finished run: {reason}") from None
