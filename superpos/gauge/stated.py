"""What a metric states of itself: the section `Gauge:` of its docstring, to be held to by an audit.

It lists the actions on W under which the metric is invariant or equivariant, by name. Under those
that it does not list, it is not invariant.
"""

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import jax

from superpos.gauge import symmetries
from superpos.gauge.audit import Metric, Verdict
from superpos.gauge.groups import Group, scaling
from superpos.metrics.entry import Names
from superpos.types import Array

SECTION = re.compile(r"^Gauge:\n((?: {4}.*(?:\n|$))+)", re.MULTILINE)
LISTED = re.compile(r"(invariant|equivariant) under ([^.]*)\.")


def actions(path: str = "W") -> list[Group]:
    """The actions on feature directions, a feature is a row, that a metric says something of."""
    return [
        symmetries.rotation(path),
        symmetries.unit_permutation({path: -1}),
        scaling("scale of W", {path: 1}),
        symmetries.unit_rescaling({path: -1}, {}),
    ]


def weight_metrics(module: ModuleType, held: Mapping[str, Any]) -> dict[str, Metric]:
    """The metrics of W that a module has, as functions of W alone.

    Args:
        module: public functions of arrays.
        held: name -> value of what some need beside W, such as labels; it stays when W moves.

    Returns:
        Name -> W -> array, of the functions that need W and nothing else that is not held, and give
        numbers. They are compiled.
    """
    found = {}
    for name, function in inspect.getmembers(module, inspect.isfunction):
        signature = inspect.signature(function)
        parameters = signature.parameters.values()
        needed = {each.name for each in parameters if each.default is each.empty}
        numbers = signature.return_annotation is not Names
        if numbers and "W" in needed and needed <= {"W", *held}:
            others = {key: held[key] for key in needed - {"W"}}
            found[name] = functools.partial(_compiled(function), **others)
    return found


@functools.cache
def _compiled(function: Callable[..., Array]) -> Callable[..., Array]:
    """One compiled function for all who ask, so that each shape is compiled once."""
    return jax.jit(function)


def stated(metric: Callable[..., Array]) -> dict[str, Verdict]:
    """Verdict by name of the action, as the docstring of a metric says.

    Raises:
        ValueError: the docstring has no section Gauge, or lists an action that is not known.
    """
    section = SECTION.search(inspect.getdoc(metric) or "")
    if section is None:
        raise ValueError(f"{metric.__name__}: expected a section Gauge in the docstring")
    known = [action.name for action in actions()]
    found: dict[str, Verdict] = dict.fromkeys(known, "not invariant")
    for verdict, names in LISTED.findall(section[1]):
        for name in map(str.strip, names.split(",")):
            if name not in known:
                raise ValueError(f"{metric.__name__}: unknown action {name!r}, expected {known}")
            found[name] = verdict
    return found
