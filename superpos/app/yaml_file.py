"""Reading YAML that may come from a stranger: no larger and no deeper than a config can be."""

from pathlib import Path
from typing import Any

import yaml

from superpos.store.bounded import StoreError, read_bytes

MOST_BYTES = 2**20
MOST_DEPTH = 50
MOST_VALUES = 100_000
"""One that is reached by an alias counts each time."""


def read_yaml(path: Path) -> Any:
    """The value of a YAML file, made of plain values alone.

    Raises:
        StoreError: it is too large or too deep, no YAML, or cannot be read; one line.
    """
    data = read_bytes(path, MOST_BYTES)
    if data is None:
        raise StoreError(f"{path}: expected at most {MOST_BYTES:,} bytes")
    try:
        if _is_deep(data):  # before the loader, which goes down by calling itself
            raise StoreError(f"{path}: expected at most {MOST_DEPTH} levels")
        value = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError) as error:
        raise StoreError(f"{path}: expected YAML ({' '.join(str(error).split())})") from None
    if _is_large(value):
        raise StoreError(f"{path}: expected at most {MOST_VALUES:,} values")
    return value


def _is_deep(data: bytes) -> bool:
    depth = 0
    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            return True
    return False


def _is_large(value: Any) -> bool:
    values = [value]
    for number, each in enumerate(values):  # which grow as they are gone through
        if number >= MOST_VALUES:
            return True
        if isinstance(each, (dict, list)):
            values += each.values() if isinstance(each, dict) else each
    return False
