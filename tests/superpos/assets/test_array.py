"""Arrays from files."""

from pathlib import Path

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.assets import array

ROWS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_a_file_is_read_as_it_is(tmp_path: Path, order: str) -> None:
    np.save(tmp_path / "a.npy", np.asarray(ROWS, order=order))
    found = array(path=str(tmp_path / "a.npy"))
    assert [*found.arrays] == ["inputs"]
    np.testing.assert_array_equal(found.arrays["inputs"], ROWS)
    assert found.arrays["inputs"].ctypes.data % 64 == 0
    assert array(path=str(tmp_path / "a.npy"), sha256=found.digest).digest == found.digest


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_of_an_archive_have_their_names(tmp_path: Path, save) -> None:
    targets = np.arange(5, dtype=np.int32)
    save(tmp_path / "a.npz", inputs=ROWS, targets=targets)
    found = array(path=str(tmp_path / "a.npz"))
    np.testing.assert_array_equal(found.arrays["inputs"], ROWS)
    np.testing.assert_array_equal(found.arrays["targets"], targets)


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    np.save(tmp_path / "short.npy", ROWS)
    whole = (tmp_path / "short.npy").read_bytes()
    for name, content in (("short", whole[:-1]), ("empty", b""), ("text", b"hello"), ("dir", None)):
        path = tmp_path / f"{name}.npy"
        path.mkdir() if content is None else path.write_bytes(content)
        words = r"\(Is a directory\)" if content is None else "damaged, expected arrays of numbers"
        with pytest.raises(ArgumentError, match=f"^path={path}: .*{words}") as refusal:
            array(path=str(path))
        assert "\n" not in str(refusal.value)
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    np.save(tmp_path / "objects.npy", np.array([{}, []], object), allow_pickle=True)
    for name in ("words", "objects"):  # and nothing is unpickled
        with pytest.raises(ArgumentError, match="damaged, expected arrays of numbers"):
            array(path=str(tmp_path / f"{name}.npy"))
