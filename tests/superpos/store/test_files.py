import hashlib
import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from superpos.store import files, frame
from superpos.store.files import Rows, StoreError

IDS = np.array([b"0123456789abcdef", b"fedcba9876543210"])
HEADER = {"spec": {"a": 0.1, "b": "x", "c": None}, "width": [2, 3], "axes": {"d": [0.5, 1.0]}}


def rows(value=1.0, ids=IDS):
    n = len(ids)
    return Rows(
        ids,
        {
            "W": np.arange(6.0 * n, dtype=np.float32).reshape(n, 3, 2) * np.float32(value),
            "loss": np.full((n, 4), np.nan, np.float32),
            "diverged_step": np.array([-1, 7], np.int32)[:n],
            "none": np.zeros((n, 0), np.float32),
        },
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "chunks").mkdir()
    return tmp_path


def test_a_chunk_is_read_as_it_was_written(folder):
    path = files.write_chunk(folder, rows())
    assert files.chunk_files(folder) == [path]
    read = files.read_chunk(path)
    np.testing.assert_array_equal(read.ids, IDS)
    assert read.arrays.keys() == rows().arrays.keys()
    for name, values in rows().arrays.items():
        assert read.arrays[name].dtype == values.dtype
        np.testing.assert_array_equal(read.arrays[name], values)


@pytest.mark.parametrize("name", ["file", "allow_pickle", "args", "a/b", "state.0", "__ids"])
def test_a_result_may_have_any_name(folder, name):
    path = files.write_chunk(folder, Rows(IDS, {name: np.float32([1, 2])}))
    assert files.read_chunk(path).arrays[name].tolist() == [1, 2]


def test_the_same_members_are_the_same_file_and_others_another(folder):
    path = files.write_chunk(folder, rows(1.0))
    assert files.write_chunk(folder, rows(2.0)) == path
    assert files.read_chunk(path).arrays["W"].max() == 22
    assert files.write_chunk(folder, rows(ids=IDS[:1])) != path
    assert files.write_chunk(folder, rows(ids=IDS[::-1])) != path


def test_no_flipped_byte_goes_unnoticed(folder):
    path = files.write_chunk(folder, rows())
    data = path.read_bytes()
    payload_at = data.index(b"\n") + 1
    positions = {*range(payload_at + 5), *np.linspace(0, len(data) - 1, 200).astype(int)}
    assert len(positions) >= 200
    for position in positions:
        for mask in (0xFF, 1 << position % 8, 0x20):  # 0x20 changes the case of a letter
            path.write_bytes(
                data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]
            )
            assert files.read_chunk(path) is None, (position, mask)
    path.write_bytes(data)
    assert files.read_chunk(path) is not None


def test_no_truncation_goes_unnoticed(folder):
    path = files.write_chunk(folder, rows())
    data = path.read_bytes()
    for length in {*np.linspace(0, len(data) - 1, 50).astype(int), data.index(b"\n") + 1}:
        path.write_bytes(data[:length])
        assert files.read_chunk(path) is None, length
    path.write_bytes(data + b"\0")
    assert files.read_chunk(path) is None


@pytest.mark.parametrize(
    "garbage", [b"", b"\n", b"\0" * 5000, b"superpos-chunk 1  \n", b"PK\x03\x04", b"\xff" * 100]
)
def test_garbage_is_noticed(folder, garbage):
    path = files.write_chunk(folder, rows())
    path.write_bytes(garbage)
    assert files.read_chunk(path) is None


def test_two_sound_files_that_were_swapped_are_noticed(folder):
    one, other = files.write_chunk(folder, rows()), files.write_chunk(folder, rows(ids=IDS[:1]))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert files.read_chunk(one) is None
    assert files.read_chunk(other) is None


def test_a_chunk_renamed_with_its_frame_is_noticed(folder):
    # The id is part of what the digest covers, not only of the frame.
    path = files.write_chunk(folder, rows())
    other = path.with_name("0" * 16 + ".chunk")
    other.write_bytes(path.read_bytes().replace(path.stem.encode(), b"0" * 16, 1))
    assert files.read_chunk(other) is None


def test_a_chunk_of_another_format_is_not_read(folder, monkeypatch):
    path = files.write_chunk(folder, rows())
    monkeypatch.setattr(frame, "FORMAT", frame.FORMAT + 1)
    assert files.read_chunk(path) is None


def test_objects_are_neither_written_nor_read(folder):
    bad = np.array([{}, {}], object)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        files.write_chunk(folder, Rows(IDS, {"bad": bad}))
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    # A file with a sound frame and checksum, from someone who means harm.
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, __ids__=IDS, bad=bad)
    digest = hashlib.sha256(b"a" * 16 + buffer.getvalue()).hexdigest()
    path = folder / "chunks" / f"{'a' * 16}.chunk"
    line = f"superpos-chunk {frame.FORMAT} {'a' * 16} {digest}\n"
    path.write_bytes(line.encode() + buffer.getvalue())
    assert files.read_chunk(path) is None


def test_a_sound_frame_around_something_else_is_noticed(folder):
    # As a version that called its arrays otherwise would have written it.
    buffer = io.BytesIO()
    np.savez(buffer, numbers=IDS, W=np.zeros(2))
    digest = hashlib.sha256(b"a" * 16 + buffer.getvalue()).hexdigest()
    path = folder / "chunks" / f"{'a' * 16}.chunk"
    line = f"superpos-chunk {frame.FORMAT} {'a' * 16} {digest}\n"
    path.write_bytes(line.encode() + buffer.getvalue())
    assert files.read_chunk(path) is None


def test_a_damaged_chunk_is_set_aside_and_none_is_lost(folder):
    found = []
    for number in range(3):
        path = files.write_chunk(folder, rows())
        path.write_bytes(f"damaged {number}".encode())
        found.append(files.quarantine(path, folder))
        assert files.chunk_files(folder) == []
    assert [path.read_bytes() for path in found] == [b"damaged 0", b"damaged 1", b"damaged 2"]
    assert {path.parent for path in found} == {folder / "quarantine"}


def test_a_damaged_chunk_takes_the_place_of_no_other_that_was_set_aside(folder):
    for number in range(2):
        path = files.write_chunk(folder, rows())
        path.write_bytes(f"damaged {number}".encode())
        files.quarantine(path, folder)
    (folder / "quarantine" / path.name).unlink()  # the user has looked at the first one
    files.quarantine(files.write_chunk(folder, rows()), folder)
    assert b"damaged 1" in [path.read_bytes() for path in (folder / "quarantine").iterdir()]


def test_a_header_is_read_as_it_was_written(tmp_path):
    assert files.read_header(tmp_path) is None
    files.write_header(tmp_path, HEADER)
    assert files.read_header(tmp_path) == {"format": files.FORMAT, **HEADER}
    assert json.loads((tmp_path / "sweep.json").read_text())["spec"] == HEADER["spec"]


def test_no_flipped_byte_of_a_header_gives_another_header(tmp_path):
    files.write_header(tmp_path, HEADER)
    path = tmp_path / "sweep.json"
    data, n_refused = path.read_bytes(), 0
    for position in range(len(data)):
        for mask in (0xFF, 1 << position % 8, 0x20):
            path.write_bytes(
                data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]
            )
            try:
                # White space, or a digit beyond the precision of a number, may change.
                assert files.read_header(tmp_path) == {"format": files.FORMAT, **HEADER}
            except StoreError as error:
                assert "\n" not in str(error)
                n_refused += 1
    assert n_refused > 0.8 * 3 * len(data)


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{}", b"[]", b"null", b"1", b'"x"', b"\0" * 9, b"\xff", b"NaN", b"[" * 9999],
    ids=lambda garbage: repr(garbage[:4]),
)
def test_a_header_of_garbage_is_refused_in_one_line(tmp_path, garbage, one_line):
    (tmp_path / "sweep.json").write_bytes(garbage)
    with pytest.raises(StoreError) as refusal:
        files.read_header(tmp_path)
    assert one_line(refusal, str(tmp_path), "damaged")


def test_a_truncated_header_is_refused(tmp_path):
    files.write_header(tmp_path, HEADER)
    data = (tmp_path / "sweep.json").read_bytes()
    for length in range(len(data)):
        (tmp_path / "sweep.json").write_bytes(data[:length])
        with pytest.raises(StoreError, match="damaged"):
            files.read_header(tmp_path)


def test_a_header_that_was_edited_is_refused(tmp_path):
    files.write_header(tmp_path, HEADER)
    path = tmp_path / "sweep.json"
    path.write_text(path.read_text().replace("0.1", "0.2"))
    with pytest.raises(StoreError, match="checksum"):
        files.read_header(tmp_path)


def test_a_header_of_a_newer_format_is_refused_in_one_line(tmp_path, monkeypatch, one_line):
    with monkeypatch.context() as newer:
        newer.setattr(files, "FORMAT", files.FORMAT + 1)
        files.write_header(tmp_path, HEADER)
    with pytest.raises(StoreError) as refusal:
        files.read_header(tmp_path)
    assert one_line(
        refusal, f"format {files.FORMAT + 1}", f"reads {files.OLDEST} to {files.FORMAT}"
    )


def test_a_header_holds_no_nan(tmp_path):
    with pytest.raises(ValueError):
        files.write_header(tmp_path, {"spec": {"a": float("nan")}})
    assert list(tmp_path.iterdir()) == []


def test_of_all_that_create_a_header_one_is_first_and_it_is_whole(tmp_path):
    begin = threading.Barrier(8)

    def create(number):
        begin.wait()
        return files.create_header(tmp_path, {"number": number, "long": [0.1] * 10_000})

    with ThreadPoolExecutor(8) as pool:
        created = [*pool.map(create, range(8))]
    assert sum(created) == 1
    assert files.read_header(tmp_path)["number"] == created.index(True)
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.json"]


def test_a_lock_is_refused_to_the_process_that_holds_it_and_released_at_the_end(tmp_path, one_line):
    with pytest.raises(KeyboardInterrupt), files.locked(tmp_path):
        with pytest.raises(StoreError) as refusal, files.locked(tmp_path):
            pass
        assert one_line(refusal, f"process {os.getpid()}")
        raise KeyboardInterrupt
    with files.locked(tmp_path):
        pass


def test_leftovers_are_removed_and_nothing_else_is(folder):
    chunk = files.write_chunk(folder, rows())
    files.write_header(folder, HEADER)
    keep = [chunk, folder / "sweep.json", folder / "notes.tmp", folder / ".hidden"]
    for path in keep[2:]:
        path.write_text("mine")
    leftovers = [folder / ".sweep.json.1.tmp", folder / "chunks" / ".a.chunk.99.tmp"]
    for path in leftovers:
        path.write_text("half")
    with files.locked(folder):
        assert not any(path.exists() for path in leftovers)
        assert all(path.exists() for path in keep)


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_folder_that_is_a_file_or_below_one_is_refused_in_one_line(tmp_path, below, one_line):
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(StoreError) as refusal, files.locked(path / below):
        pass
    assert one_line(refusal, str(path))
    assert path.read_text() == "mine"


def test_a_folder_is_made_with_its_parents(tmp_path):
    with files.locked(tmp_path / "a" / "b"):
        assert files.chunk_files(tmp_path / "a" / "b") == []


def test_the_listing_holds_committed_chunks_only(folder):
    path = files.write_chunk(folder, rows())
    (folder / "chunks" / f".{path.name}.1.tmp").write_text("half")
    (folder / "chunks" / "notes.txt").write_text("mine")
    assert files.chunk_files(folder) == [path]
    assert isinstance(path, Path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_refused_as_a_chunk(folder, make):
    path = folder / "chunks" / "0123456789abcdef.chunk"
    make(path)
    with pytest.raises(StoreError, match="expected a file to read"):
        files.read_chunk(path)
