"""The faults that `make mutants` puts in, and the tests that it chooses for each."""

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import choose, summary
from tests.mutants.faults import GROUPS, Mutant, applied, changes_in, sample

ROOT = Path(__file__).resolve().parents[2]
SOURCE = '''"""Doc 1."""
from typing import Annotated

def f(x: Annotated[int, 3], y=2.0) -> bool:
    """Doc 2."""
    if not x < 4 and y:
        g(x, axis=-1)
    return x + 1 if x is None else True
'''


def mutants() -> list[Mutant]:
    tree = ast.parse(SOURCE)
    return [applied("g", "f.py", tree, change) for change in changes_in(tree)]


def test_each_kind_of_fault_is_made_and_annotations_and_texts_are_left_alone() -> None:
    changes = {mutant.change for mutant in mutants()}
    assert changes >= {
        "2.0  ->  4.0",
        "x < 4  ->  x <= 4",
        "not x < 4 and y  ->  not x < 4 or y",
        "not x < 4  ->  x < 4",
        "4  ->  5",
        "if not x < 4 and y:  ->  if not (not x < 4 and y):",
        "g(x, axis=-1)  ->  pass",
        "g(x, axis=-1)  ->  g(x)",
        "-1  ->  1",
        "x + 1  ->  x - 1",
        "x is None  ->  x is not None",
        "True  ->  False",
    }
    assert not any(change.startswith(("3 ", "'", '"')) for change in changes)


def test_a_fault_is_one_change_of_a_file_that_is_otherwise_the_same() -> None:
    whole = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in mutants():
        lines = mutant.source.splitlines()
        assert lines != whole
        assert sum(a != b for a, b in zip(lines, whole, strict=True)) == 1, mutant


@pytest.mark.slow
def test_the_sample_is_the_same_each_time_and_of_every_group() -> None:
    first = sample(ROOT)
    assert len(first) == len({(m.file, m.source) for m in first}) == 200
    assert [*map(str, first)] == [*map(str, sample(ROOT))]
    groups = [mutant.group for mutant in first]
    assert min(groups.count(group) for group in GROUPS) > 20 and set(groups) == set(GROUPS)


def test_the_mirrored_file_comes_first_and_then_what_runs_the_line() -> None:
    mutant = Mutant("data", "superpos/data/a.py", range(5, 7), "", "")
    seconds = {"tests/superpos/data/test_a.py::x": 50.0, "tests/b.py::y": 60.0, "tests/c.py::z": 1}
    lines = {5: {"tests/b.py::y"}, 6: {"tests/c.py::z"}, 9: {"tests/d.py::w"}}
    assert choose(mutant, Path("/r"), {"/r/superpos/data/a.py": lines}, seconds) == [
        ["tests/superpos/data/test_a.py"],
        ["tests/b.py::y", "tests/c.py::z"],
    ]


def test_survivors_are_counted_by_group() -> None:
    first, second, third = (
        Mutant(group, "a.py", range(3, 4), f"{n}  ->  0", str(n))
        for n, group in enumerate(("data", "data", "grid"))
    )
    assert summary({first: True, second: False, third: True}) == [
        "survived: a.py:3: 1  ->  0",
        "data: 1 of 2 survived",
        "grid: 0 of 1 survived",
        "1 of 3 mutants survived",
    ]
