"""Guides: pages of text that explain several experiments, with their figures and measured numbers.

The text of a guide is a template in `guides/`. It holds no number that an experiment measures: such
a number is named by the id of its claim.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from experiments.findings import Figure
from experiments.report import stored
from experiments.report.page import anchor
from experiments.report.templates import render
from superpos.store.files import commit, make_folder

FOLDER = "guides"


class Guide(NamedTuple):
    """A page of text.

    Attributes:
        name: of its template and its file.
        title: of the page.
        question: that it answers.
        experiments: whose figures and claims it shows.
    """

    name: str
    title: str
    question: str
    experiments: tuple[str, ...]

    @property
    def address(self) -> str:
        """Of its page, from that of the site."""
        return f"{FOLDER}/{self.name}.html"


GUIDES = (
    Guide(
        "gauge",
        "Gauge freedom",
        "Many settings of the weights give the same network. What, then, does a number measure that"
        " is computed from the weights?",
        ("gauge/audit", "gauge/scale", "gauge/dynamics", "gauge/noise", "gauge/rescaling"),
    ),
)


def write_all(folder: Path, runs: Mapping[str, stored.Run]) -> list[Guide]:
    """Write the guides whose experiments are all there.

    Args:
        folder: of the site, with a folder for each experiment.
        runs: by name of the experiment.

    Returns:
        Those that were written.
    """
    guides = [guide for guide in GUIDES if runs.keys() >= {*guide.experiments}]
    for guide in guides:
        make_folder(folder / FOLDER)
        html = _html(guide, {name: runs[name] for name in guide.experiments})
        commit(folder / guide.address, html.encode())
    return guides


def _html(guide: Guide, runs: Mapping[str, stored.Run]) -> str:
    def page(name: str) -> str:
        return f"../{name}/index.html"

    def figure(name: str, file: str) -> Figure:
        found = {each.name: each for each in runs[name].figures}
        return found[file]._replace(name=f"../{name}/{file}")

    records: dict[str, tuple[dict[str, Any], str]] = {
        record["id"]: (record, f"{page(name)}#{anchor(at)}")
        for name, run in runs.items()
        for at, record in enumerate(run.records)
    }
    return render(
        f"{FOLDER}/{guide.name}.html.jinja",
        title=guide.title,
        question=guide.question,
        experiments=guide.experiments,
        home="../index.html",
        page=page,
        figure=figure,
        record=records.__getitem__,
    )
