"""Arrays in parts on disk: made once, checked, and gone on with after an interruption."""

from pathlib import Path

import jax
import numpy as np
import pytest

from superpos.store import shards
from superpos.store.bounded import StoreError

SHAPES = {"x": jax.ShapeDtypeStruct((2, 3), np.dtype(np.float32))}
ABOUT = {"of": "counts", "layer": 1}


class Parts:
    """Parts whose numbers are asked for, until one fails."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.asked: list[int] = []
        self.fails_at = fails_at

    def __call__(self, number: int) -> dict[str, np.ndarray]:
        if number == self.fails_at:
            raise KeyboardInterrupt
        self.asked.append(number)
        return {"x": np.full((2, 3), number, np.float32)}


def kept(folder: Path, parts: Parts) -> list[float]:
    """The number that each part is full of."""
    return [float(part["x"].mean()) for part in shards.kept(folder, ABOUT, SHAPES, 3, parts)]


def test_an_interrupted_run_goes_on_with_the_next_part(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path, Parts(fails_at=2))
    later = Parts()
    assert kept(tmp_path, later) == [0, 1, 2]
    assert later.asked == [2]
    assert kept(tmp_path, Parts(fails_at=0)) == [0, 1, 2]


@pytest.mark.parametrize("damage", [b"", b"superpos-shard 1 00001 0\nx", None])
def test_a_damaged_part_is_set_aside_and_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    kept(tmp_path, Parts())
    path = tmp_path / "00001.shard"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + b"9" + whole[-8:] if damage is None else damage)
    again = Parts()
    assert kept(tmp_path, again) == [0, 1, 2]
    assert again.asked == [1]
    assert kept(tmp_path, Parts(fails_at=1)) == [0, 1, 2]
    assert [each.name for each in (tmp_path / "quarantine").iterdir()] == ["00001.shard"]


def test_a_part_under_the_name_of_another_is_damaged(tmp_path: Path) -> None:
    kept(tmp_path, Parts())
    (tmp_path / "00001.shard").write_bytes((tmp_path / "00002.shard").read_bytes())
    again = Parts()
    assert kept(tmp_path, again) == [0, 1, 2]
    assert again.asked == [1]


@pytest.mark.parametrize(
    ("about", "shapes", "n_shards"),
    [
        ({**ABOUT, "layer": 2}, SHAPES, 3),
        (ABOUT, {"x": jax.ShapeDtypeStruct((3, 2), np.dtype(np.float32))}, 3),
        (ABOUT, SHAPES, 4),
    ],
)
def test_a_folder_of_other_arrays_is_refused(
    tmp_path: Path, about: dict, shapes: dict, n_shards: int
) -> None:
    kept(tmp_path, Parts())
    asked = Parts()
    with pytest.raises(StoreError, match="holds other arrays; choose another folder"):
        list(shards.kept(tmp_path, about, shapes, n_shards, asked))
    assert asked.asked == []


def test_a_link_in_place_of_a_part_is_not_followed(tmp_path: Path) -> None:
    folder, other = tmp_path / "own", tmp_path / "other"
    kept(folder, Parts())
    other.write_bytes(b"mine")
    (folder / "00000.shard").unlink()
    (folder / "00000.shard").symlink_to(other)
    with pytest.raises(StoreError, match="expected no link"):
        kept(folder, Parts())
    assert other.read_bytes() == b"mine"
