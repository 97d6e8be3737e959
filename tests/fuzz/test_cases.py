"""What was once found at random is refused as it should be, and a few cases that never were."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target, check

KEPT = sorted((Path(__file__).parent / "cases").glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_found_is_refused(path: Path, tmp_path: Path) -> None:
    kept = json.loads(path.read_text())
    check(TARGETS[kept["target"]], kept["case"], tmp_path)


@pytest.mark.parametrize(
    ("error", "found"), [(KeyError("a"), KeyError), (ValueError(), AssertionError)]
)
def test_a_reader_that_raises_anything_else_is_found(
    error: Exception, found: type[BaseException]
) -> None:
    def read(case: Any, folder: Path) -> None:
        raise error

    with pytest.raises(found):
        check(Target(st.none(), read, (ValueError,)), None, Path())
