"""What the groups of the config offer: YAML files, and registered components without one.

A component without a YAML file is offered with the defaults of its signature.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from superpos.app.extensions import extensions
from superpos.app.registry import registry
from superpos.arguments import annotation, is_plain

FOLDERS = {"evaluation": "evaluations"}
"""Group of components -> folder of its configs, where they differ."""
BY_NAME = ("evaluation", "regulariser")
"""Groups of which a config holds several, by name."""
NUMBERS = (bool, int, float, str, type(None))


def without_yaml() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(folder, name, config) of each registered component that has no YAML file."""
    for group, kinds in registry().items():
        folder = FOLDERS.get(group, group)
        written = _files(folder)
        for kind, factory in kinds.items():
            if kind not in written:
                arguments = dict(_defaults(factory, group))
                by_name = group in BY_NAME
                yield folder, kind, {kind: arguments} if by_name else {"kind": kind, **arguments}


def _files(group: str) -> list[str]:
    folders = [extension.configs / group for extension in extensions()]
    return [
        path.relative_to(folder).with_suffix("").as_posix()
        for folder in folders
        for path in folder.rglob("*.yaml")
    ]


def _defaults(factory: Callable[..., Any], group: str) -> Iterator[tuple[str, Any]]:
    """Arguments of a factory that a config can hold: its defaults; "???" where one must be given.

    What only the program can give, such as a model or an asset, is left out.
    """
    for name, parameter in inspect.signature(factory).parameters.items():
        required = parameter.default is inspect.Parameter.empty
        if required and name == "n_features" and group == "model":
            yield name, "${data.n_features}"
        elif required and is_plain(annotation(factory, name)):
            yield name, "???"
        elif not required and isinstance(parameter.default, NUMBERS):
            yield name, parameter.default
