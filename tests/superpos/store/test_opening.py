"""Folders that are no results, told with those inside that are."""

import re
from pathlib import Path

import pytest

from superpos.train import StoreError, store

NEITHER = "expected a folder with a sweep.json or a multirun.json"


def told(folder: Path) -> str:
    with pytest.raises(StoreError) as refused:
        store.open(folder)
    return str(refused.value)


def test_the_folder_of_a_run_names_the_sweeps_inside(tmp_path: Path) -> None:
    assert told(tmp_path) == f"{tmp_path}: {NEITHER}"
    for name in ("base", "double"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sweep.json").write_text("{}")
    inside = f"{tmp_path / 'base'} or {tmp_path / 'double'}"
    assert told(tmp_path) == f"{tmp_path}: {NEITHER}; did you mean {inside}?"


def test_a_static_variant_is_named_and_a_folder_of_many_named_in_part(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"a{number}").mkdir()
        (tmp_path / f"a{number}" / "multirun.json").write_text("{}")
    assert len(re.findall("/a[0-9]", told(tmp_path))) == 5
