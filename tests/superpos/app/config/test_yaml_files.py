"""A file that YAML would take for something else is refused, with the line."""

from pathlib import Path

import pytest

from superpos.app.config.yaml_files import problems_of
from superpos.app.extensions import extensions

BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": empty, expected keys and values"),
        ("# @package _global_\n", ": empty, expected keys and values"),
        ("---\n", ": no mapping, expected keys and values"),
        ("- 1\n", ": no mapping, expected keys and values"),
        ("3", ": no mapping, expected keys and values"),
        ("a:\n  b: 010\n", ":2: b: 010: YAML reads 8, expected 8, or '010' for text"),
        ("a: [1, -017]\n", ":1: a: [1, -017]: YAML reads -15, expected"),
        ("a: 1:30\n", ":1: a: 1:30: YAML reads 90, expected 90, or '1:30' for text"),
        ("a: 00\n", ":1: a: 00: YAML reads 0, expected"),
        (BOMB, ":5: expected at most 100,000 values, 50 deep"),
        ("a: " + "[" * 100_000, ":1: expected at most 100,000 values, 50 deep"),
        ("a: [1\nb: 2", ":2: expected YAML ("),
        ("a: 'x" + "x" * 1_000_000 + "'", ": larger than 1,000,000 bytes, expected a config"),
        (b"a: \xff", ": byte 3 is no UTF-8, expected text"),
        ("a: \x07", ": expected YAML ("),
    ],
)
def test_a_file_that_says_something_else(tmp_path: Path, text: str | bytes, problem: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    [line] = problems_of(path)
    assert line.startswith(f"{path}{problem}")
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["{}", "a: 10\nb: 0\nc: 0.5\nd: '010'\ne: 08\nf: 1e-3\ng: ${a}\n", "a: &x [1]\nb: *x\n"]
)
def test_a_file_that_says_what_it_means(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert problems_of(path) == []


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == [f"{tmp_path}: expected a file to read (Is a directory)"]


def test_every_config_of_ours_says_what_it_means() -> None:
    files = [path for each in extensions() for path in each.configs.rglob("*.yaml")]
    assert len(files) > 40
    assert [problem for path in files for problem in problems_of(path)] == []
