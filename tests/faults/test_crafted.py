"""Files that someone made to do harm, checksum and all: one line or quarantine, soon and small."""

import contextlib
import copy
import hashlib
import io
import json
import os
import socket
import struct
import zipfile

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.assets.array import array
from superpos.store import bounded, files, frame, multirun
from superpos.store.afterwards import FOLDER
from superpos.store.multirun import Members
from superpos.store.npy import MOST_ARRAYS
from superpos.train import StoreError, store
from tests.faults import simulator
from tests.faults.bad_inputs.stores import with_checksum
from tests.faults.bounds import small, soon

SECONDS = 2.0
HUGE = 2**40


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small sweep, and what its sweep.json says."""
    folder = tmp_path_factory.mktemp("sound")
    simulator.sweep(folder)
    return folder, files.read_header(folder)


def outcome(read, *arguments):
    """What a reader says of a file: the refusal, or nothing where it takes it."""
    with soon(SECONDS), small():
        try:
            read(*arguments)
        except StoreError as error:
            assert "\n" not in str(error) and len(str(error)) < 1000
            return str(error)
    return ""


def changed(body, path, value):
    """A copy in which one place is another value."""
    whole = copy.deepcopy(body)
    node = whole
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return whole


def places(node, path=()):
    """The path of every value inside a tree."""
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield (*path, name)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, name))


LARGE = [
    ("schema", {"W": ([10**9], ["W_0"])}),
    ("schema", {"W": ([2**47, 2**47], ["W_0", "W_1"])}),
    ("schema", {f"W{n}": ([HUGE], [f"W{n}_0"]) for n in range(9)}),
    ("coordinates", {"step": [float(n) for n in range(100)], "x": []}),
]


@pytest.mark.parametrize(("field", "value"), LARGE)
def test_a_small_header_asks_for_no_more_than_there_is(sound, tmp_path, field, value):
    _, header = sound
    if field == "schema":
        entries = {
            name: {"shape": shape, "dtype": "float32", "dims": dims}
            for name, (shape, dims) in value.items()
        }
        value = {"diverged_step": header["schema"]["diverged_step"], **entries}
    with_checksum(tmp_path / "sweep.json", {**header, field: value})
    refused = outcome(store.open, tmp_path)
    assert not refused or str(tmp_path / "sweep.json") in refused


WRONG = [
    *(None, True, -1, 0, 1.5, 1e300, 2**63, 10**30, "x", "", "a\nb", "\x1b[31m", [], [[]], {}),
    *([-1], [None], ["a"], {"a": None}, {"a": []}, {"\n": [1]}, "float32", "object", [1, 1]),
]


def tampered(body):
    """Copies in which one value is something else; of a list, the first value."""
    for path in places(body):
        if path[-1] not in ("sha256", "format") and (type(path[-1]) is str or path[-1] == 0):
            for value in WRONG:
                yield changed(body, path, value)


def taken(read, folder, bodies, name):
    """How many contents of a JSON file are taken; the others are refused in a line each."""
    n_taken = 0
    for body in bodies:
        with_checksum(folder / name, body)
        try:
            str(read(folder))
            n_taken += 1
        except StoreError as error:
            assert "\n" not in str(error) and str(folder) in str(error), body
    return n_taken


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*damaged chunk left out")
def test_no_value_of_a_header_may_be_just_anything(sound, tmp_path):
    folder, header = sound
    (tmp_path / "chunks").symlink_to(folder / "chunks")
    bodies = [*tampered(header)]
    assert taken(store.open, tmp_path, bodies, "sweep.json") < len(bodies) / 2


def stage(header):
    """The header of an evaluation of the stored members of a sweep."""
    grid = {"axes": {"member": [*range(simulator.N_MEMBERS)], "size": [1.0, 2.0]}, "zipped": []}
    entry = {"shape": [1, 2], "dtype": "float32", "dims": ["step", "part"]}
    schema = {"score": entry, "diverged_step": header["schema"]["diverged_step"]}
    return {**header, **grid, "coordinates": {"step": [1]}, "schema": schema}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*damaged chunk left out")
def test_no_value_of_an_evaluation_may_be_just_anything(sound, tmp_path):
    _, header = sound
    with_checksum(tmp_path / "sweep.json", header)
    name = f"{FOLDER}/one/sweep.json"
    body = stage(header)
    assert taken(store.open, tmp_path, [body], name) == 1
    assert "score" in store.open(tmp_path)
    whole = {key: body[key] for key in ("axes", "zipped", "schema", "coordinates")}
    bodies = [{**body, **each} for each in tampered(whole)]
    assert taken(store.open, tmp_path, bodies, name) < len(bodies) / 2
    names = ({"W": body["schema"]["score"]}, {"status": body["schema"]["score"]})
    bodies = [{**body, "schema": {**body["schema"], **each}} for each in names]
    many = {"member": [0], **{axis: [*range(100)] for axis in "abc"}}
    assert taken(store.open, tmp_path, [bodies[1], {**body, "axes": many}], name) == 0


@pytest.mark.slow
def test_no_value_of_a_multirun_may_be_just_anything(sound, tmp_path):
    folder, _ = sound
    (tmp_path / "groups").mkdir()
    with_checksum(tmp_path / "groups" / "g" / "sweep.json", files.read_header(folder))
    ids = simulator.GRID.member_ids(simulator.SPEC)[:4].astype(str).tolist()
    members = Members(("a.b", "seed"), {"a.b": [1, 1, 2, 2], "seed": [0, 1, 0, 1]}, ids, ["g"] * 4)
    multirun.write(tmp_path, members, {"c": 1})
    body = json.loads((tmp_path / multirun.FILE).read_text())
    assert taken(store.open, tmp_path, [body], multirun.FILE) == 1
    bodies = [*tampered(body)]
    assert taken(store.open, tmp_path, bodies, multirun.FILE) < len(bodies) / 2


def of_a_terabyte(path):
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(2**40)


def a_pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as one, contextlib.chdir(path.parent):
        one.bind(path.name)


def endless(path):
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("make", [of_a_terabyte, a_pipe, endless])
def test_a_chunk_that_is_no_file_or_has_no_end_is_not_read(sound, tmp_path, make):
    folder, header = sound
    with_checksum(tmp_path / "sweep.json", header)
    (tmp_path / "chunks").mkdir()
    chunk = tmp_path / "chunks" / files.chunk_files(folder)[0].name
    make(chunk)
    refused = outcome(store.open, tmp_path)
    assert not refused if make is of_a_terabyte else str(chunk) in refused


def npy(shape, dtype="<f4", data=b"", order=False, version=1):
    """An array as NumPy would write it, that may say of itself what is not so."""
    text = f"{{'descr': {dtype!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def zipped(*entries, method=zipfile.ZIP_STORED, edit=lambda data: data):
    """Files in a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return edit(buffer.getvalue())


def encrypted(data):
    """The same zip, said to be encrypted."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark) + at
        data = data[:place] + b"\x01" + data[place + 1 :]
    return data


def overlapping(data):
    """The same zip, with each file listed a thousand times."""
    first, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    listed = data[first:end] * 1000
    counts = struct.pack("<HHII", 1000, 1000, len(listed), first)
    return data[:first] + listed + data[end : end + 8] + counts + data[end + 20 :]


IDS = ("ids.npy", npy((1,), "|S16", b"0" * 16))
PAYLOADS = {
    "empty": lambda: b"",
    "of no arrays": lambda: zipped(),
    "unknown": lambda: b"\x89PNG" * 100,
    "that inflates": lambda: zipped(
        IDS, ("value/W.npy", npy((3 * 10**7,)) + bytes(12 * 10**7)), method=8
    ),
    "of bzip2": lambda: zipped(IDS, ("value/W.npy", npy((10,)) + bytes(40)), method=12),
    "of lzma": lambda: zipped(IDS, ("value/W.npy", npy((10,)) + bytes(40)), method=14),
    "of 4 TiB": lambda: zipped(IDS, ("value/W.npy", npy((HUGE,)))),
    "of a huge product": lambda: zipped(IDS, ("value/W.npy", npy((2**40, 2**40)))),
    "of nothing, often": lambda: zipped(IDS, ("value/W.npy", npy((2**40,), "|S0"))),
    "of less than nothing": lambda: zipped(IDS, ("value/W.npy", npy((-1,)))),
    "of objects": lambda: zipped(IDS, ("value/W.npy", npy((1,), "|O", b"cos\nsystem\n"))),
    "of a long header": lambda: zipped(IDS, ("value/W.npy", npy((1,), "<f4" * 10**6, version=2))),
    "of a header that nests": lambda: zipped(IDS, ("value/W.npy", npy("(" * 5000, version=2))),
    "of a header with code": lambda: zipped(IDS, ("value/W.npy", npy("__import__('os').getcwd()"))),
    "of an unknown version": lambda: zipped(IDS, ("value/W.npy", npy((1,), version=9))),
    "encrypted": lambda: zipped(IDS, edit=encrypted),
    "of overlapping files": lambda: zipped(
        IDS, ("value/W.npy", npy((4,)) + bytes(16)), edit=overlapping
    ),
    "of many files": lambda: zipped(*((f"{n}.npy", b"") for n in range(MOST_ARRAYS + 1))),
    "with ids of numbers": lambda: zipped(("ids.npy", npy((1,), "<f4", bytes(4)))),
    "with a single id": lambda: zipped(("ids.npy", npy((), "|S16", b"0" * 16))),
    "with rows that lack": lambda: zipped(IDS, ("value/W.npy", npy((2,)) + bytes(8))),
    "with a row of its own": lambda: zipped(IDS, ("value/W.npy", npy(()) + bytes(4))),
}


def chunk_of(payload, name):
    digest = hashlib.sha256(name.encode() + payload).hexdigest()
    return f"superpos-chunk {frame.FORMAT} {name} {digest}\n".encode() + payload


@pytest.mark.filterwarnings("ignore:.*additional header parsing")
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_crafted_chunk_is_no_chunk(tmp_path, kind):
    path = tmp_path / f"{'a' * 16}.chunk"
    path.write_bytes(chunk_of(PAYLOADS[kind](), path.stem))
    with soon(SECONDS), small():
        assert files.read_chunk(path) is None


def test_a_crafted_chunk_is_set_aside_and_trained_again(tmp_path):
    expected = simulator.sweep(tmp_path).arrays["W"]
    path = files.chunk_files(tmp_path)[0]
    path.write_bytes(chunk_of(PAYLOADS["that inflates"](), path.stem))
    with pytest.warns(UserWarning, match=f"{path.name}: damaged, moved to"):
        found = simulator.sweep(tmp_path).arrays["W"]
    np.testing.assert_array_equal(found, expected)
    assert (tmp_path / "quarantine" / path.name).is_file()


def test_twice_the_same_name_is_not_read():
    with pytest.warns(UserWarning, match="Duplicate name"):
        payload = zipped(IDS, IDS)
    data = chunk_of(payload, "a")
    assert frame.unframed(b"superpos-chunk", "a", data) is None


def test_a_reader_reads_no_further_than_it_is_told(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert bounded.read_bytes(tmp_path / "a", 5) == b"12345"
    assert bounded.read_bytes(tmp_path / "a", 4) is None


@pytest.mark.parametrize("kind", ["of 4 TiB", "of overlapping files", "encrypted", "empty"])
def test_a_crafted_asset_is_one_line(tmp_path, kind):
    path = tmp_path / "a.npz"
    path.write_bytes(PAYLOADS[kind]())
    with soon(SECONDS), small(), pytest.raises(ArgumentError, match="damaged, expected arrays"):
        array(path=str(path))
    path.write_bytes(PAYLOADS["that inflates"]())
    with (
        soon(SECONDS),
        small(),
        pytest.raises(ArgumentError, match="expected at most 67,108,864 more"),
    ):
        array(path=str(path))
    (tmp_path / "a.npy").write_bytes(npy((HUGE,)))
    with soon(SECONDS), small(), pytest.raises(ArgumentError, match="damaged, expected arrays"):
        array(path=str(tmp_path / "a.npy"))


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_an_asset_of_a_terabyte_or_a_socket_is_not_read(tmp_path, name):
    for number, make in enumerate((of_a_terabyte, a_socket)):
        path = tmp_path / f"{number}{name}"
        make(path)
        with soon(SECONDS), small(), pytest.raises(ArgumentError, match=str(path)):
            array(path=str(path))
