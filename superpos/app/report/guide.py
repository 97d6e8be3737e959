"""Guides: pages of text that explain several experiments, with their figures and measured numbers.

The text of a guide is a template in the folder `guides/` of a package, beside a YAML file of the
same name with its title, its question and its experiments. It holds no number that an experiment
measures: such a number is named by the id of its claim.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from superpos.app.config.yaml_files import read_yaml
from superpos.app.extensions import Extension, ExtensionError, extensions
from superpos.app.findings import Figure
from superpos.app.report import stored
from superpos.app.report.page import anchor
from superpos.app.report.templates import render
from superpos.store.bounded import StoreError
from superpos.store.derived import replace
from superpos.store.files import make_folder

FOLDER = "guides"


class Guide(NamedTuple):
    """A page of text.

    Attributes:
        name: of its template and its file.
        title: of the page.
        question: that it answers.
        experiments: whose figures and claims it shows.
        folder: of its template.
    """

    name: str
    title: str
    question: str
    experiments: tuple[str, ...]
    folder: Path

    @property
    def address(self) -> str:
        """Of its page, from that of the site."""
        return f"{FOLDER}/{self.name}.html"


def guides() -> list[Guide]:
    """The guides of the packages that are used.

    Raises:
        ExtensionError: a guide has other keys than it should have.
    """
    return [
        _read(extension, path)
        for extension in extensions()
        for path in sorted(extension.guides.glob("*.yaml"))
    ]


def _read(extension: Extension, path: Path) -> Guide:
    try:
        node = read_yaml(path)
    except StoreError as error:
        raise ExtensionError(f"{extension.named_by}: {error}") from None
    known = {"title", "question", "experiments"}
    if node.keys() != known:
        raise ExtensionError(f"{extension.named_by}: {path}: expected {', '.join(sorted(known))}")
    experiments = tuple(map(str, node["experiments"]))
    return Guide(path.stem, str(node["title"]), str(node["question"]), experiments, path.parent)


def write_all(folder: Path, runs: Mapping[str, stored.Run]) -> list[Guide]:
    """Write the guides whose experiments are all there.

    Args:
        folder: of the site, with a folder for each experiment.
        runs: by name of the experiment.

    Returns:
        Those that were written.
    """
    written = [guide for guide in guides() if runs.keys() >= {*guide.experiments}]
    for guide in written:
        make_folder(folder / FOLDER)
        html = _html(guide, {name: runs[name] for name in guide.experiments})
        replace(folder / guide.address, html.encode())
    return written


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
        f"{guide.name}.html.jinja",
        guide.folder,
        title=guide.title,
        question=guide.question,
        experiments=guide.experiments,
        home="../index.html",
        page=page,
        figure=figure,
        record=records.__getitem__,
    )
