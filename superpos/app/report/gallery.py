"""The static site: a page for each experiment, and one with all of them and the whole ledger."""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from superpos.app.claims.counts import OF_PAPERS, SOURCES, counted, headline, mark
from superpos.app.claims.everything import Ran
from superpos.app.findings import PLAIN_NAME, Figure
from superpos.app.report import guide, stored
from superpos.app.report.page import anchor, write_run
from superpos.app.report.templates import render
from superpos.store.derived import replace
from superpos.store.files import make_folder, one_line, own

TITLE = "Claims of papers, checked"
QUESTION = (
    "Each experiment trains the models of a paper and measures what the paper states. What papers"
    " state is counted apart from what we added. A claim says whether it was written before or"
    " after a run that was seen, and one that does not hold stays in the table."
)
COMMAND = "make report"
NOTHING = "Without claims"


class Group(NamedTuple):
    """Records of a paper, or of a source."""

    name: str
    records: Sequence[Mapping[str, Any]]

    @property
    def marks(self) -> list[str]:
        """The verdict of each claim."""
        return [mark(record) for record in self.records]


class Card(NamedTuple):
    """What the first page shows of an experiment.

    Attributes:
        name: of the experiment.
        title: of its page.
        question: what it asks.
        address: of its page.
        image: its first figure, with its address as name.
        records: of its claims.
        summary: of its claims, in a line.
    """

    name: str
    title: str
    question: str
    address: str
    image: Figure | None
    records: Sequence[dict[str, Any]]
    summary: str


def build(folder: Path, runs: Sequence[Ran]) -> Path:
    """Build the site from what the runs left on disk, in the place of an older one.

    Args:
        folder: of the site; it is made anew.
        runs: experiments that were run, in the order in which they are shown; one that did not
            finish is named.

    Returns:
        The path of the first page.

    Raises:
        ValueError: If the name of a run is no path of plain names.
        StoreError: If the folder of a run that finished does not hold one, or the site cannot be
            written; one line.
    """
    for ran in runs:
        if not all(PLAIN_NAME.fullmatch(part) for part in ran.name.split("/")):
            raise ValueError(f"experiment {ran.name!r} is not a plain name")
    read = [(ran, stored.read(ran.folder)) for ran in runs if ran.finished]
    with one_line(folder, "expected a folder to make anew"):
        if own(folder.parent, folder.name).exists():
            shutil.rmtree(folder)
        make_folder(folder)
    cards = [_card(folder, ran, run) for ran, run in read]
    rows = [
        (record, f"{card.address}#{anchor(at)}")
        for card in cards
        for at, record in enumerate(card.records)
    ]
    papers = by_paper([record for record, _ in rows])
    guides = guide.write_all(folder, {ran.name: run for ran, run in read})
    numbers = {paper.name: f" paper-{at}" for at, paper in enumerate(papers, 1)}
    records = [record for record, _ in rows]
    html = render(
        "index.html.jinja",
        title=TITLE,
        question=QUESTION,
        command=COMMAND,
        summary=headline(records),
        records=records,
        marks=Counter(map(mark, records)),
        papers=papers,
        counts=tallies(records),
        failures=[ran for ran in runs if not ran.finished],
        guides=guides,
        groups=[*_groups(cards)],
        rows=[
            (record, f"{numbers[record['paper']]} source-{record['source']}", "", address)
            for record, address in rows
        ],
    )
    path = folder / "index.html"
    replace(path, html.encode())
    return path


def by_paper(records: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Records by their paper, papers in the order in which they first occur."""
    names = dict.fromkeys(record["paper"] for record in records)
    return [Group(name, [r for r in records if r["paper"] == name]) for name in names]


def tallies(records: Sequence[Mapping[str, Any]]) -> list[Group]:
    """What is counted: statements by their paper, then claims of other sources, then identities."""
    others = [Group(SOURCES[name], counted(records, name)) for name in SOURCES]
    identities = Group("identities, not counted", [r for r in records if r["identity"]])
    rest = [*others[len(OF_PAPERS) :], identities]
    return [*by_paper(counted(records, *OF_PAPERS)), *(each for each in rest if each.records)]


def _card(folder: Path, ran: Ran, run: stored.Run) -> Card:
    """Write the page of a run, and say what the first page shows of it."""
    place = folder / ran.name
    with one_line(place, "cannot write"):
        make_folder(place)
        for name in itertools.chain(*(figure.files for figure in run.figures)):
            shutil.copyfile(ran.folder / name, place / name)
    write_run(place, run, home="../" * len(Path(ran.name).parts) + "index.html")
    first = run.figures[0] if run.figures else None
    return Card(
        name=ran.name,
        title=run.config["title"],
        question=run.config["question"],
        address=f"{ran.name}/index.html",
        image=first and first._replace(name=f"{ran.name}/{first.name}"),
        records=run.records,
        summary=headline(run.records),
    )


def _groups(cards: Sequence[Card]) -> Iterator[tuple[str, list[Card]]]:
    """Cards by the paper of their first claim."""
    headings = [card.records[0]["paper"] if card.records else NOTHING for card in cards]
    for heading in dict.fromkeys(headings):
        yield heading, [c for c, h in zip(cards, headings, strict=True) if h == heading]
