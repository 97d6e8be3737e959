"""Turn templates into pages: Jinja escapes every value, and what is inline is named by its hash."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from superpos.app.claims.counts import (
    SOURCES,
    WORDS,
    by_source,
    cited,
    grouped,
    mark,
    shared_parts,
)
from superpos.app.claims.ledger import SIGNS
from superpos.app.claims.shown import held_text, measured_text, number_text
from superpos.app.findings import Cell
from superpos.app.plots.figures import PALETTE
from superpos.app.report.typeset import typeset

HERE = Path(__file__).parent


def render(template: str, folder: Path | None = None, **values: Any) -> str:
    """Fill a template in, of this folder or of another one, which may use those of this."""
    environment = Environment(
        loader=FileSystemLoader([folder or HERE, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "csp_hash": _csp_hash,
        "number": number_text,
        "measured": measured_text,
        "mark": mark,
        "cells": _cells_json,
        "held": held_text,
        "grouped": grouped,
        "typeset": typeset,
    }
    environment.globals |= {
        "signs": SIGNS,
        "words": WORDS,
        "sources": SOURCES,
        "by_source": by_source,
        "shared_parts": shared_parts,
        "cited": cited,
    }
    return environment.get_template(template).render(**values)


def _cells_json(cells: Iterable[Cell]) -> Markup:
    """Cells and colours of features for hover.js, as JSON that cannot end its element."""
    data = {"cells": [cell._asdict() for cell in cells], "palette": PALETTE}
    return htmlsafe_json_dumps(data, allow_nan=False, separators=(",", ":"))


def _csp_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
