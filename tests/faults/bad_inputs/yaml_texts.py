"""Texts of YAML files that say something else than they seem to, or too much."""

import os
from pathlib import Path
from typing import Any

from tests.faults.bad_inputs.rows import Row, row

BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
OTHERWISE = "YAML reads"


def text(name: str, content: str | bytes, starts: str, expected: str = "expected") -> Row:
    """A file with this content; the line starts with its path, and what follows here."""

    def make(path: Path) -> Any:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return row(name, make, starts, expected)


TABLE = [
    text("nothing", "", ": empty, expected keys and values"),
    text("a comment", "# @package _global_\n", ": empty, expected keys and values"),
    text("a document of nothing", "---\n", ": no mapping, expected keys and values"),
    text("a list", "- 1\n", ": no mapping, expected keys and values"),
    text("a number", "3", ": no mapping, expected keys and values"),
    text("octal", "a:\n  b: 010\n", ":2: b: 010: YAML reads 8, expected 8, or '010' for text"),
    text("octal below 0", "a: [1, -017]\n", ":1: a: [1, -017]: YAML reads -15, expected"),
    text("sexagesimal", "a: 1:30\n", ":1: a: 1:30: YAML reads 90, expected 90, or '1:30'"),
    text("two noughts", "a: 00\n", ":1: a: 00: YAML reads 0, expected"),
    text("aliases of aliases", BOMB, ":5: expected at most 100,000 values, 50 deep"),
    text("deep", "a: " + "[" * 100_000, ":1: expected at most 100,000 values, 50 deep"),
    text("deep in blocks", "a:\n" + "- " * 100_000, ":2: expected at most 100,000 values, 50 deep"),
    text("not closed", "a: [1\nb: 2", ":2: expected YAML ("),
    text(
        "large", "a: 'x" + "x" * 1_000_000 + "'", ": larger than 1,000,000 bytes, expected a conf"
    ),
    text("no text", b"a: \xff", ": byte 3 is no UTF-8, expected text"),
    text("a bell", "a: \x07", ": expected YAML ("),
    row("a pipe", os.mkfifo, ": expected a file to read (Not a regular file)"),
    row("a folder", Path.mkdir, ": expected a file to read (Is a directory)"),
    row(
        "a device",
        lambda path: path.symlink_to("/dev/zero"),
        ": expected a file to read (Not a regular file)",
    ),
    row("missing", lambda path: None, ": expected a file to read (No such file or directory)"),
]
EXPERIMENTS = [
    text("a number for text", "# @package _global_\ntitle: 3", "title=3: expected a text", ""),
    text("no package", "title: A", "experiment=own: ", "expected # @package _global_ as its first"),
    text(
        "code", "a: !!python/object/apply:os.getcwd []", "experiment=own: could not determine", ""
    ),
]
