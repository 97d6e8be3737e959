"""Constructed runs: no training, but every kind of verdict, figure and hostile text."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from superpos.app.claims import ledger
from superpos.app.claims.everything import Ran
from superpos.app.findings import Figure, Findings, Question, Table
from superpos.app.plots.figures import new_figure, save
from superpos.app.report import guide, stored
from superpos.app.report.cells import cells_of

ATTACK = (
    "<script>window.owned = 1</script></script></style></title><img src=x onerror='owned = 1'>"
    "\" autofocus onfocus='owned = 1' <a href=javascript:owned=1>&amp; {{ 7 * 7 }} ]]> \u2028 'q'"
)
DENSITIES, IMPORTANCES = np.geomspace(0.01, 1, 5), np.geomspace(0.1, 10, 4)


def records(name: str, paper: str, *measured: float | None, text: str = "") -> list[dict[str, Any]]:
    return ledger.to_records(
        [
            ledger.Claim(
                id=f"{name}/claim_{number}",
                paper=paper,
                section=f"section {text}",
                setting=f"n = 2 {text}",
                claimed=1.0,
                tolerance=0.1,
                relation="=",
                statement=f"the value is 1 {text}",
                source="paper",
                written="before",
            ).judge(value, text)
            for number, value in enumerate(measured)
        ],
        f"python -m experiments experiment={name} {text}",
    )


def weights(n_features: int, n_hidden: int) -> np.ndarray:
    shape = (len(IMPORTANCES), len(DENSITIES), n_features, n_hidden)
    return np.random.default_rng(n_hidden).normal(size=shape).round(3)


def figure_with_cells(folder: Path, name: str, W: np.ndarray, text: str = "") -> Figure:
    figure, axes = new_figure(1, 2, width=8, height=3)
    mesh = axes[0].pcolormesh(DENSITIES, IMPORTANCES, W[..., 0, 0], shading="nearest")
    axes[0].set(xscale="log", yscale="log")
    save(figure, folder / name)
    cells = cells_of(
        mesh,
        texts=lambda row, column: {"cell": f"{row}, {column}{text}"},
        W=W,
        b=W.mean(-1),
    )
    return Figure(name, f"A mesh {text}", f"A caption {text}", cells)


def named(one: guide.Guide, macro: str) -> list[str]:
    """What the text of a guide calls a macro with."""
    text = (one.folder / f"{one.name}.html.jinja").read_text()
    return re.findall(rf"{macro}\(([^)]*)\)", text)


def claims_of(one: guide.Guide) -> list[str]:
    """Ids of claims whose numbers a guide shows."""
    return [each.strip('"') for each in named(one, "measured")]


def figures_of(one: guide.Guide) -> list[tuple[str, str]]:
    """Experiment and file of each figure that a guide shows."""
    found = [re.findall(r'"([^"]*)"', each) for each in named(one, "show")]
    return [(name, file) for name, file in found]


def plain_figure(folder: Path, name: str) -> Figure:
    figure, axis = new_figure(1, 1)
    axis.plot([0, 1])
    save(figure, folder / name)
    return Figure(name, "A line that rises", "A caption")


def keep(
    folder: Path, name: str, rows: list[dict[str, Any]], figures: list[Figure], text: str = ""
) -> Ran:
    config = {
        "title": f"Title of {name} {text}",
        "question": f"What of {name}? {text}",
        "command": f"python -m experiments experiment={name} {text}",
        "model": {"n_hidden": 1, "text": text},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    ledger.write(folder / "claims.json", rows)
    tables = [Table(f"Caption {text}", ["of", f"{text}"], [[f"row {text}", f"{text}"]])]
    questions = [Question(f"Latent {text}", [[(f"{text} ", 1)]], {f"model {text}": f"{text}"})]
    facts = {"Time taken": "3 s", "superpos": f"0 {text}"}
    stored.write_findings(folder, Findings([], figures, tables, questions), facts)
    return Ran(name, 0, folder)


def make_runs(folder: Path) -> list[Ran]:
    """Four runs of three papers, one of them hostile, and one that failed."""
    first, second, third, hostile = (folder / name for name in ("1", "2", "3", "hostile"))
    for path in (first, second, third, hostile):
        path.mkdir(parents=True)
    return [
        keep(first, "one/first", records("one/first", "Paper one", 1.0, 0.0, None), [
            figure_with_cells(first, "mesh.png", weights(2, 1)),
            figure_with_cells(first, "plane.png", weights(5, 2)),
            figure_with_cells(first, "wide.png", weights(4, 3)),
            plain_figure(first, "line.png"),
        ]),
        keep(second, "one/deep/second", records("one/deep/second", "Paper one", 1.05, 2.0), [
            plain_figure(second, "line.png"),
        ]),
        keep(third, "two/third", records("two/third", "Paper two", 1.0), []),
        keep(hostile, "hostile", records("hostile", f"Paper {ATTACK}", 5.0, text=ATTACK), [
            figure_with_cells(hostile, "mesh.png", weights(2, 1), ATTACK),
        ], ATTACK),
        Ran("two/failed", 137, folder / "none"),
    ]  # fmt: skip
