"""Every kind of file in the folder of a sweep, damaged: healed or refused, never other numbers."""

import shutil
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest

from superpos.store import files
from superpos.train import StoreError, store, sweep
from tests.faults import simulator

N_POSITIONS = 10
LEAST = {"by_hand": {"sweep.json", "chunk"}, "by_jax": {"sweep.json", "chunk", "ckpt"}}
"""Kinds of files that a sweep holds; whatever else is found there is damaged too."""


class Stand:
    """A sweep on disk that can be brought to its end; what it is then, as bytes."""

    def __init__(self, folder, other, finish, expected):
        self.folder, self.other, self.finish, self.expected = folder, other, finish, expected

    def copied(self, folder):
        """The same sweep in another folder, which is made anew."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return folder


def kinds(folder):
    """Kind of file -> a file of that kind, relative to the folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != ".lock":
            kind = path.name if path.parent == folder else path.suffix[1:]
            found.setdefault(kind, path.relative_to(folder))
    return found


def damages(data, other):
    """Name -> what is left of a file; None when it is gone."""
    rng = np.random.default_rng(len(data))
    for number, at in enumerate(np.linspace(0, len(data) - 1, N_POSITIONS).astype(int)):
        flipped = bytes([data[at] ^ 1 << number % 8])
        yield f"flip {at}", data[:at] + flipped + data[at + 1 :]
        yield f"truncate {at}", data[:at]
        yield f"random {at}", data[:at] + rng.bytes(16) + data[at + 16 :]
    yield "empty", b""
    yield "swapped", other
    yield "deleted", None


def outcome(stand, folder):
    """How the damaged sweep ends: "right", "wrong" or a refusal, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            end = "right" if stand.finish(folder) == stand.expected else "wrong"
        except StoreError as error:
            end = str(error)
    return end, [str(warning.message) for warning in caught]


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """The numpy sweep of the simulator, complete."""

    def finish(folder, grid=simulator.GRID):
        return simulator.sweep(folder, grid).arrays["W"].tobytes()

    folder, other = (tmp_path_factory.mktemp(name) for name in ("hand", "other"))
    expected = finish(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulator, "SPEC", {"model.n": 4})
        finish(other)
    return Stand(folder, other, finish, expected)


@pytest.fixture(scope="module")
def by_jax(tmp_path_factory, make_toy, stop_at, bits):
    """A real sweep, interrupted in the middle of its second chunk."""
    arguments = {"axes": {"target": [0.1, 0.5], "seed": [0, 1]}, "spec": {"n": 3}, "chunk": 2}
    arguments |= {"checkpoint_seconds": 0}

    def finish(folder, seed=0, **changes):
        build = make_toy(n_steps=8, log_every=2)
        key = jax.random.key(seed)
        return bits(sweep(build, key=key, store=folder, **arguments, **changes))

    folder, other = (tmp_path_factory.mktemp(name) for name in ("jax", "other"))
    expected = finish(tmp_path_factory.mktemp("whole"))
    for path, seed in ((folder, 0), (other, 1)):
        with pytest.raises(KeyboardInterrupt):
            finish(path, seed, on_progress=stop_at(2 * 8 + 2 * 4))
    return Stand(folder, other, finish, expected)


@pytest.mark.parametrize("name", ["by_hand", pytest.param("by_jax", marks=pytest.mark.slow)])
def test_a_damaged_file_is_healed_or_refused_and_no_number_changes(request, tmp_path, name):
    stand = request.getfixturevalue(name)
    found = kinds(stand.folder)
    assert set(found) >= LEAST[name]
    for kind, relative in found.items():
        data, other = ((each / relative) for each in (stand.folder, stand.other))
        if not other.exists():  # a name made from its members
            other = stand.other / kinds(stand.other)[kind]
        for damage, left in damages(data.read_bytes(), other.read_bytes()):
            folder = stand.copied(tmp_path / "sweep")
            path = folder / relative
            path.unlink() if left is None else path.write_bytes(left)
            end, warned = outcome(stand, folder)
            case = (kind, damage, end, warned)
            if kind == "sweep.json":
                assert end == "right" or (str(folder) in end and "\n" not in end), case
                continue
            assert end == "right", case
            if left is not None:
                assert [relative.name in text and "\n" not in text for text in warned] == [True]
                aside = [each.read_bytes() for each in (folder / "quarantine").iterdir()]
                assert aside == [left], case
            assert outcome(stand, folder) == ("right", []), case


def test_most_damage_to_a_header_is_refused(by_hand, tmp_path):
    header = Path("sweep.json")
    data, other = ((each / header).read_bytes() for each in (by_hand.folder, by_hand.other))
    ends = {}
    for damage, left in damages(data, other):
        folder = by_hand.copied(tmp_path / "sweep")
        (folder / header).unlink() if left is None else (folder / header).write_bytes(left)
        ends[damage] = outcome(by_hand, folder)[0]
    assert ends["deleted"] == "right"  # trained anew, to the same numbers
    assert "model.n=4" in ends["swapped"]
    assert sum("damaged" in end for end in ends.values()) >= 28


def test_a_reader_of_a_damaged_sweep_sees_what_is_sound(by_hand, tmp_path):
    path = files.chunk_files(by_hand.folder)[0]
    expected = store.open(by_hand.folder).W.values
    for damage, left in damages(path.read_bytes(), b"PK\x03\x04"):
        folder = by_hand.copied(tmp_path / "sweep")
        bad = folder / "chunks" / path.name
        bad.unlink() if left is None else bad.write_bytes(left)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            opened = store.open(folder)
        assert [path.name in str(each.message) for each in caught] == [True] * (left is not None)
        there = (opened.status != "missing").values
        assert there.sum() == simulator.N_MEMBERS - simulator.CHUNK, damage
        np.testing.assert_array_equal(opened.W.values[there], expected[there])
        assert np.isnan(opened.W.values[~there]).all()


def test_a_store_without_a_digest_is_found_to_change_numbers(tmp_path):
    """The test of the tests."""
    with simulator.protocol("unsynced"):
        simulator.sweep(tmp_path)
        expected = simulator.sweep(tmp_path).arrays["W"].tobytes()
        stand = Stand(tmp_path, None, lambda f: simulator.sweep(f).arrays["W"].tobytes(), expected)
        path, other = files.chunk_files(tmp_path)[:2]
        data, swapped, ends = path.read_bytes(), other.read_bytes(), {}
        for damage, left in damages(data, swapped):
            path.unlink(missing_ok=True) if left is None else path.write_bytes(left)
            ends[damage] = outcome(stand, tmp_path)[0]
    assert sum(end == "wrong" for end in ends.values()) == 3 * N_POSITIONS + 2
    assert ends["deleted"] == "right"
