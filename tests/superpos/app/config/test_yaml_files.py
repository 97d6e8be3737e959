"""A file that says what it means is read; bad ones stand in tests/faults/bad_inputs."""

from pathlib import Path

import pytest

from superpos.app.config.yaml_files import problems_of, read_yaml
from superpos.app.extensions import extensions
from superpos.store.bounded import StoreError


@pytest.mark.parametrize(
    "text", ["{}", "a: 10\nb: 0\nc: 0.5\nd: '010'\ne: 08\nf: 1e-3\ng: ${a}\n", "a: &x [1]\nb: *x\n"]
)
def test_a_file_that_says_what_it_means(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert problems_of(path) == []


def test_the_values_are_those_of_the_file_and_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("a: {b: [1, x, null]}\nc: '010'\n")
    assert read_yaml(path) == {"a": {"b": [1, "x", None]}, "c": "010"}
    for text in ("a: 010", "a: !!python/name:os.getcwd", "a: 2024-99-99"):
        path.write_text(text)
        with pytest.raises(StoreError, match=f"^{path}.*expected") as refused:
            read_yaml(path)
        assert len(str(refused.value).splitlines()) == 1


def test_every_config_of_ours_says_what_it_means() -> None:
    files = [path for each in extensions() for path in each.configs.rglob("*.yaml")]
    assert len(files) > 40
    assert [problem for path in files for problem in problems_of(path)] == []
