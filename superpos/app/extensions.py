"""Packages that add to superpos what it has itself: components, experiments, configs and guides.

Such a package is laid out as `experiments/` is, and what it does not have it leaves out:

- `components.py` has `COMPONENTS`, group of the config -> kind -> factory;
- `<group>/<name>/` has `measure.py`, `claims.py` and `figures.py`: an experiment (`analysis.py`);
- `conf/` has configs as in superpos's own: `conf/experiment/<group>/<name>.yaml`;
- `guides/` has pages of text (`report/guide.py`).

A package is named by `--with`, in the environment variable SUPERPOS_WITH (names with commas
between), which processes that are started inherit, or by an entry point of the group
`superpos.extensions` that an installed distribution declares. No config can name one.
"""

import functools
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from superpos.arguments import did_you_mean
from superpos.components import Factory

VARIABLE = "SUPERPOS_WITH"
ENTRY_POINTS = "superpos.extensions"
OWN = "superpos.app"
"""The package that is always there, laid out as the others are."""
CLONE = Path(__file__).resolve().parents[2]
"""Where superpos is not installed from a wheel, conf/ lies at the top of its repository."""
PARTS = ("components.py", "conf", "guides")
MEASURE = "measure.py"
"""The file that makes a folder an experiment."""


class ExtensionError(Exception):
    """A package that cannot be used as it was named, as one line."""


class Extension(NamedTuple):
    """A package that is used.

    Attributes:
        name: dotted name of the package.
        folder: where it lies.
        named_by: how it was named, for messages.
    """

    name: str
    folder: Path
    named_by: str

    @property
    def configs(self) -> Path:
        """The folder of its configs, which may not be there."""
        own = self.folder / "conf"
        return own if own.is_dir() or self.name != OWN else CLONE / "conf"

    @property
    def guides(self) -> Path:
        """The folder of its guides, which may not be there."""
        return self.folder / "guides"

    def experiments(self) -> list[str]:
        """Names of its experiments, such as "elhage/intro", without importing them."""
        folders = {path.parent for path in self.folder.rglob(MEASURE)}
        return sorted(path.relative_to(self.folder).as_posix() for path in folders)

    def components(self) -> Mapping[str, Mapping[str, Factory]]:
        """Group -> kind -> factory, imported now.

        Raises:
            ExtensionError: they cannot be imported.
        """
        if not (self.folder / "components.py").is_file():
            return {}
        try:
            return self.imported("components").COMPONENTS
        except AttributeError:
            raise ExtensionError(
                f"{self.named_by}: {self.name}.components has no COMPONENTS, kinds by group"
            ) from None

    def imported(self, part: str) -> Any:
        """A module of the package, by its dotted name inside.

        Raises:
            ExtensionError: it cannot be imported.
        """
        try:
            return importlib.import_module(f"{self.name}.{part}")
        except Exception as error:
            if self.name == OWN:
                raise
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise ExtensionError(
                f"{self.named_by}: {self.name}.{part} cannot be imported ({reason})"
            ) from error


def named() -> list[str]:
    """Packages that the environment names, in order."""
    names = (name.strip() for name in os.environ.get(VARIABLE, "").split(","))
    return [*dict.fromkeys(name for name in names if name)]


def name_packages(names: Iterable[str]) -> None:
    """Name packages, for this process and for those that it starts.

    A package may lie in the folder where the command is given, as with `python -m`.
    """
    if added := [name for name in names if name]:
        os.environ[VARIABLE] = ",".join(dict.fromkeys([*named(), *added]))


def program() -> str:
    """What a command line begins with, to have the packages of this one."""
    if named() == ["experiments"]:
        return "python -m experiments"
    return " ".join(["superpos", *(f"--with {name}" for name in named())])


def extensions() -> tuple[Extension, ...]:
    """The packages that are used: superpos's own, the installed, and the named ones.

    Raises:
        ExtensionError: one of them is not there, or two have something of the same name.
    """
    return _extensions(tuple(named()))


@functools.cache
def _extensions(names: tuple[str, ...]) -> tuple[Extension, ...]:
    found = {OWN: Extension(OWN, Path(__file__).resolve().parent, "superpos")}
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        found.setdefault(entry.value, _find(entry.value, f"entry point {entry.name}"))
    for name in names:
        found.setdefault(name, _find(name, f"--with {name}"))
    every = tuple(found.values())
    _unique("experiment", ((name, each) for each in every for name in each.experiments()))
    _unique("config", ((name, each) for each in every for name in _configs(each)))
    return every


def _find(name: str, named_by: str) -> Extension:
    """A package that lies on the path of imports, or in the current folder.

    Raises:
        ExtensionError: it does not.
    """
    if not all(part.isidentifier() for part in name.split(".")):
        raise ExtensionError(f"{named_by}: expected the name of a Python package, as in an import")
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise ExtensionError(f"{named_by}: cannot be imported ({error})") from None
    if spec is None:
        looked = ", ".join(dict.fromkeys(path or os.getcwd() for path in sys.path))
        raise ExtensionError(f"{named_by}: no such package; looked in {looked}")
    if not spec.submodule_search_locations:
        raise ExtensionError(f"{named_by}: a module, expected a package with components.py or conf")
    extension = Extension(name, Path(next(iter(spec.submodule_search_locations))), named_by)
    parts = ("components.py", "conf", "guides")
    if (
        not any((extension.folder / part).exists() for part in parts)
        and not extension.experiments()
    ):
        raise ExtensionError(
            f"{named_by}: {extension.folder} has none of {', '.join(parts)} and no folder with"
            f" {MEASURE}"
        )
    return extension


def _configs(extension: Extension) -> Iterator[str]:
    folder = extension.configs
    for path in sorted(folder.rglob("*.yaml")):
        yield path.relative_to(folder).as_posix()


def _unique(what: str, pairs: Iterable[tuple[str, Extension]]) -> None:
    """Refuse a name that two packages have, as one of them would be used without a word.

    Raises:
        ExtensionError: there is one.
    """
    first: dict[str, Extension] = {}
    for name, extension in pairs:
        if name in first:
            raise ExtensionError(
                f"{extension.named_by}: {what} {name} is in {first[name].name} already, expected"
                " another name"
            )
        first[name] = extension


def merged_components(every: Iterable[Extension]) -> dict[str, dict[str, Factory]]:
    """The components of packages together.

    Args:
        every: the packages, superpos's own first, which has all groups.

    Raises:
        ExtensionError: a group is unknown, or a name is taken.
    """
    [own, *others] = every
    found = {group: dict(kinds) for group, kinds in own.components().items()}
    pairs = [(f"{group} {kind}", own) for group, kinds in found.items() for kind in kinds]
    for extension in others:
        for group, kinds in extension.components().items():
            if group not in found:
                close = did_you_mean(group, found)
                raise ExtensionError(
                    f"{extension.named_by}: {extension.name}.components has the group {group!r},"
                    f" expected one of {', '.join(found)}{close}"
                )
            pairs += [(f"{group} {kind}", extension) for kind in kinds]
            found[group] |= kinds
    _unique("component", pairs)
    return {group: dict(sorted(kinds.items())) for group, kinds in found.items()}
