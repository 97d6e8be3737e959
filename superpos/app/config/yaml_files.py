"""Reading YAML that may come from a stranger: what is wrong is found before anything is made.

YAML reads some text otherwise than it looks, ignores what is not there, and lets a small file stand
for an enormous one. Only its events are looked at here, so that none of that happens.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from superpos.store.bounded import StoreError, open_file

MOST_BYTES = 1_000_000
MOST_NODES = 100_000
"""Values of a file, with those that its aliases stand for."""
DEEPEST = 50
OTHERWISE = re.compile(r"[-+]?0[0-9_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
"""Numbers that YAML takes for octal or sexagesimal ones."""
EVENTS = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def problems_of(path: Path) -> list[str]:
    """Find what is wrong with a file.

    Args:
        path: of the file.

    Returns:
        A line for each problem: the file, the line, what is there and what is expected.
    """
    try:
        with open_file(path) as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            return [f"{path}: larger than {MOST_BYTES:,} bytes, expected a config"]
        text = data.decode()
        return [f"{path}{problem}" for problem in _problems(text)]
    except UnicodeDecodeError as error:
        return [f"{path}: byte {error.start:,} is no UTF-8, expected text"]
    except OSError as error:
        return [f"{path}: expected a file to read ({error.strerror})"]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        return [f"{path}{line}: expected YAML ({error.problem or error.context})"]
    except yaml.YAMLError as error:
        return [f"{path}: expected YAML ({' '.join(str(error).split())})"]


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys and values of a file, plain values alone.

    Raises:
        StoreError: it is as `problems_of` says; one line.
    """
    for problem in problems_of(path):
        raise StoreError(problem)
    try:
        return yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, ValueError) as error:
        raise StoreError(f"{path}: expected YAML ({' '.join(str(error).split())})") from None


def _problems(text: str) -> Iterator[str]:
    lines = text.splitlines()
    root: Any = None
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and the nodes that came before
    n_nodes = 0
    for event in yaml.parse(text, Loader=EVENTS):
        where = f":{event.start_mark.line + 1}"
        if isinstance(event, yaml.NodeEvent):
            root = root or event
            n_nodes += sizes.get(event.anchor, 1) if isinstance(event, yaml.AliasEvent) else 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, n_nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            sizes |= {anchor: n_nodes - before + 1} if anchor else {}
        elif isinstance(event, yaml.ScalarEvent) and (problem := _otherwise(event)):
            yield f"{where}: {lines[event.start_mark.line].strip()}: {problem}"
        if n_nodes > MOST_NODES or len(open_nodes) > DEEPEST:
            yield f"{where}: expected at most {MOST_NODES:,} values, {DEEPEST} deep"
            return
    if not isinstance(root, yaml.MappingStartEvent):
        found = "empty" if root is None else "no mapping"
        yield f": {found}, expected keys and values"


def _otherwise(event: yaml.ScalarEvent) -> str:
    """What is wrong with a number that YAML reads otherwise than it looks; "" for any other."""
    if event.style or not event.implicit[0] or not OTHERWISE.fullmatch(event.value):
        return ""
    number = yaml.safe_load(event.value)
    if not isinstance(number, (int, float)):
        return ""
    return f"YAML reads {number}, expected {number}, or '{event.value}' for text"
