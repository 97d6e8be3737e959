"""Files of safetensors, beside one that safetensors wrote; damage is in test_saelens_file.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from superpos import safetensors
from superpos.arguments import ArgumentError

FROM_SAFETENSORS = bytes.fromhex(
    "40000000000000007b2277223a7b226474797065223a22463332222c227368617065223a5b322c33"
    "5d2c22646174615f6f666673657473223a5b302c32345d7d7d20202020202020"
)
"""What safetensors 0.8.0 writes before the numbers of "w", float32 (2, 3)."""


def test_the_format_is_that_of_safetensors(tmp_path: Path) -> None:
    numbers = np.arange(6, dtype="<f4").reshape(2, 3)
    (tmp_path / "theirs").write_bytes(FROM_SAFETENSORS + numbers.tobytes())
    np.testing.assert_array_equal(safetensors.read(tmp_path / "theirs")["w"], numbers)
    content = safetensors.written({"w": numbers, "a": np.zeros(2)})
    assert int.from_bytes(content[:8], "little") % 8 == 0
    (tmp_path / "ours").write_bytes(content)
    found = safetensors.read(tmp_path / "ours")
    assert list(found) == ["a", "w"]
    np.testing.assert_array_equal(found["w"], numbers)


def test_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    header = {
        "mask": {"dtype": "BOOL", "shape": [4], "data_offsets": [0, 4]},
        "w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
    }
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + bytes(4) + np.float32(2).tobytes()
    (tmp_path / "file").write_bytes(content)
    assert safetensors.read(tmp_path / "file", lambda name: name != "mask") == {"w": [2.0]}
    with pytest.raises(ArgumentError, match="damaged, expected arrays of floats"):
        safetensors.read(tmp_path / "file")


def of_header(entries: str, numbers: bytes) -> bytes:
    return len(entries).to_bytes(8, "little") + entries.encode() + numbers


ENTRY = '{"dtype": "F32", "shape": [1], "data_offsets": [%d, %d]}'


@pytest.mark.parametrize(
    ("entries", "n_bytes"),
    [
        ('{"a": ' + ENTRY % (0, 4) + "}", 8),  # bytes of no array
        ('{"a": ' + ENTRY % (4, 8) + "}", 8),
        ('{"a": ' + ENTRY % (0, 4) + ', "b": ' + ENTRY % (0, 4) + "}", 4),
        ('{"a": ' + ENTRY % (0, 4) + ', "a": ' + ENTRY % (4, 8) + "}", 8),
    ],
)
def test_numbers_are_of_one_array_each(entries: str, n_bytes: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(of_header(entries, bytes(n_bytes)))
    with pytest.raises(ArgumentError, match="damaged, expected arrays of floats in safetensors$"):
        safetensors.read(tmp_path / "file")
