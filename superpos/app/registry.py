"""What a config may name by its `kind`: components, and the analyses of experiments.

Nothing else can be named there.
"""

import functools
from collections.abc import Iterator, Mapping

from superpos.app.analysis import Analysis, analysis_of
from superpos.app.extensions import Extension, extensions, merged_components
from superpos.components import Factory, Registry


def registry() -> Registry:
    """Group of the config -> kind -> factory, in the packages that are used.

    Raises:
        ExtensionError: one of them cannot be imported, or two have a component of one name.
    """
    return _registry(extensions())


@functools.cache
def _registry(every: tuple[Extension, ...]) -> Registry:
    return merged_components(every)


class Analyses(Mapping[str, Factory]):
    """Kind of an analysis -> what measures, imported when it is asked for."""

    def __init__(self, every: tuple[Extension, ...]) -> None:
        """Keep where each experiment lies."""
        self._homes = {name: each for each in every for name in each.experiments()}

    def analysis(self, kind: str) -> Analysis:
        """All parts of one.

        Raises:
            ExtensionError: it cannot be imported.
        """
        return analysis_of(self._homes[kind], kind)

    def __getitem__(self, kind: str) -> Factory:
        """What measures."""
        return self.analysis(kind).measure

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


def analyses() -> Analyses:
    """The analyses of the packages that are used."""
    return _analyses(extensions())


@functools.cache
def _analyses(every: tuple[Extension, ...]) -> Analyses:
    return Analyses(every)
