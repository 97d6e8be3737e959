"""A row of the tables of bad inputs."""

from typing import Any, NamedTuple


class Row(NamedTuple):
    """A bad input.

    Attributes:
        name: of the row, distinct in its table.
        given: what is given, as its table says.
        lines: for each problem how its line starts, with the key and the value, and what else it
            holds, as what is allowed.
        kind: of the exception, or the exit code of a command.
    """

    name: str
    given: Any
    lines: tuple[tuple[str, str], ...]
    kind: Any


def row(name: str, given: Any, starts: str, expected: str = "", *, kind: Any = ValueError) -> Row:
    """A row with one problem."""
    return Row(name, given, ((starts, expected),), kind)
