"""The analysis of an experiment: three files that read stored results, and never train.

- `measure.py`: `measure(datasets, ...)`, stored results -> what is measured. Further arguments are
  keys of `analysis:` in the config.
- `claims.py`: `judge(measured)` -> verdicts. A package that judges no claims has no such file.
- `figures.py`: `draw(measured, folder)` -> figures, and where there are any, `tables(measured)` and
  `questions(measured)`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray

from superpos.app.claims.ledger import Verdict
from superpos.app.extensions import Extension, ExtensionError
from superpos.app.findings import Figure, Findings, Question, Table
from superpos.arguments import ArgumentError, shown


class Analysis(NamedTuple):
    """What an experiment does with its results, in three steps.

    Attributes:
        measure: (datasets by variant, further arguments) -> what is measured.
        judge: what is measured -> verdicts.
        draw: (what is measured, folder) -> figures in that folder.
        tables: what is measured -> tables.
        questions: what is measured -> texts for a person to judge.
    """

    measure: Callable[..., Any]
    judge: Callable[[Any], Sequence[Verdict]]
    draw: Callable[[Any, Path], Sequence[Figure]]
    tables: Callable[[Any], Sequence[Table]]
    questions: Callable[[Any], Sequence[Question]]

    def findings(self, measured: Any, folder: Path) -> Findings:
        """All that is found, with the figures in a folder.

        Raises:
            ArgumentError: a figure is not in the folder; one line.
        """
        verdicts, figures = self.judge(measured), self.draw(measured, folder)
        for figure in figures:
            if not (folder / figure.name).is_file():
                expected = f"expected a file in {folder}, suffix and all"
                raise ArgumentError(f"draw returned a Figure named {figure.name!r}, {expected}")
        return Findings(verdicts, figures, self.tables(measured), self.questions(measured))

    def analyse(self, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
        """The whole analysis, with the defaults of `measure`."""
        return self.findings(self.measure(datasets), folder)


def analysis_of(extension: Extension, experiment: str) -> Analysis:
    """The analysis of an experiment of a package, imported now.

    Args:
        extension: the package.
        experiment: such as "elhage/intro", a folder of the package.

    Returns:
        Its parts, which raise ArgumentError where they return something else than they are to.

    Raises:
        ExtensionError: it cannot be imported.
    """
    from superpos.app.plots.figures import styled  # Matplotlib, which a refusal does not wait for

    place = experiment.replace("/", ".")

    def has(file: str) -> bool:
        return (extension.folder / experiment / f"{file}.py").is_file()

    def part(file: str, name: str) -> Callable[..., Any]:
        return getattr(extension.imported(f"{place}.{file}"), name, _none) if has(file) else _none

    def listing(file: str, name: str, kind: type) -> Callable[..., Any]:
        if name == "judge" and has(file) and part(file, name) is _none:
            raise ExtensionError(
                f"{extension.named_by}: {extension.name}.{place}.{file} has no function {name}"
            )
        return _listing(part(file, name), f"{extension.name}/{experiment}/{file}.py", kind)

    measure = part("measure", "measure")
    if measure is _none:
        raise ExtensionError(
            f"{extension.named_by}: {extension.name}.{place}.measure has no function measure"
        )
    return Analysis(
        measure=measure,
        judge=listing("claims", "judge", Verdict),
        draw=styled(listing("figures", "draw", Figure)),
        tables=listing("figures", "tables", Table),
        questions=listing("figures", "questions", Question),
    )


def _listing(function: Callable[..., Any], file: str, kind: type) -> Callable[..., Any]:
    """A function that returns what another one does, where that is a sequence of one type."""

    @functools.wraps(function)
    def checked(*given: Any) -> Any:
        found = function(*given)
        if not isinstance(found, Sequence) or not all(isinstance(each, kind) for each in found):
            expected = f"expected a list of {kind.__module__}.{kind.__name__}"
            name = function.__name__
            raise ArgumentError(f"{file}: {name} returned {shown(found)}, {expected}")
        return found

    return checked


def _none(*_: Any) -> tuple[()]:
    return ()
