"""The state of a chunk in training, on disk: a run that is killed goes on from its last block."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from superpos.store import bounded, files
from superpos.store.frame import framed, unframed
from superpos.store.results import Block, Shapes
from superpos.store.width import Width
from superpos.train.schedule import STEP, Schedule
from superpos.types import Carry, Key, Trigger

FOLDER, SUFFIX = "ckpt", ".ckpt"
SHARE = 0.05
"""The largest part of the time that goes into checkpoints, however large they are."""
MOST_ENDS = 2
"""Runs of a chunk: the one that is kept, and the one from an ulp away."""
_MAGIC, _HEAD = b"superpos-checkpoint", 2**16
_NUMERICS, _COUNTS, _LEAF = "numerics", "counts", "leaf/"


class State(NamedTuple):
    """How far a chunk is, on the host.

    Attributes:
        carry: of the run that goes on, its keys as their data.
        blocks: metrics of the blocks of the first run so far.
        records: name of a measure -> what it gave in the first run so far.
        ends: the last carry of each run that is done, without key and optimiser.
    """

    carry: Carry
    blocks: list[Block]
    records: dict[str, list[Block]]
    ends: list[Carry]


class Resumable(Protocol):
    """What a checkpoint must fit: a compiled chunk."""

    @property
    def width(self) -> Width: ...  # noqa: D102

    @property
    def shapes(self) -> Shapes: ...  # noqa: D102

    @property
    def schedule(self) -> Schedule: ...  # noqa: D102


def snapshot(
    carry: Carry, blocks: list[Block], records: dict[str, list[Block]], ends: list[Carry]
) -> State:
    """The state of a chunk whose carry is on a device."""
    data = jax.random.key_data(carry.key)
    return State(jax.device_get(dataclasses.replace(carry, key=data)), blocks, records, ends)


def restored(state: State, key: Key, device: Any) -> Carry:
    """The carry on a device, with keys of the generator of a key."""
    carry = jax.device_put(state.carry, device)
    keys = jax.random.wrap_key_data(carry.key, impl=jax.random.key_impl(key))
    return dataclasses.replace(carry, key=keys)


def encode(name: str, numerics: str, state: State) -> bytes:
    """The content of a checkpoint.

    Args:
        name: id of the chunk.
        numerics: all that the bits of the chunk depend on besides its members.
        state: what is kept, after one block or more.
    """
    stacked = _stacked(state.blocks), {k: _stacked(v) for k, v in state.records.items() if v}
    leaves = jax.tree.leaves((state.carry, stacked, state.ends))
    arrays = {f"{_LEAF}{number}": np.asarray(leaf) for number, leaf in enumerate(leaves)}
    counts = np.array([len(state.blocks), len(state.ends), *map(len, state.records.values())])
    return framed(_MAGIC, name, {_NUMERICS: np.array(numerics), _COUNTS: counts, **arrays})


def decode(data: bytes, name: str, numerics: str, program: Resumable) -> State | None:
    """What `encode` was given.

    Args:
        data: the content of a checkpoint.
        name: id of the chunk.
        numerics: what they are now.
        program: what is to go on.

    Returns:
        The state; None when it is damaged, or not that of this chunk, program and numerics.
    """
    arrays = unframed(_MAGIC, name, data)
    if arrays is None or arrays.get(_NUMERICS, np.array("")).tolist() != numerics:
        return None
    names, counts = [*program.schedule.measures], arrays.get(_COUNTS, np.zeros(0))
    n_most = program.schedule.n_blocks
    most = np.array([n_most, MOST_ENDS, *(n_most + 1 for _ in names)])  # the start may be one
    if (counts.shape, counts.dtype) != (most.shape, most.dtype):
        return None
    if np.any((counts < 0) | (counts > most)):
        return None
    n_blocks, n_ends, *n_records = counts.tolist()
    n_of = dict(zip(names, n_records, strict=True))
    shapes, structure = jax.tree.flatten(_shapes(program, n_blocks, n_of, n_ends))
    leaves = [arrays.get(f"{_LEAF}{number}") for number in range(len(shapes))]
    found = [_as(leaf, shape) for leaf, shape in zip(leaves, shapes, strict=True)]
    if len(arrays) != 2 + len(shapes) or any(leaf is None for leaf in found):
        return None
    carry, (stacked, kept), ends = jax.tree.unflatten(structure, found)
    records = {name: _apart(kept[name], n) if n else [] for name, n in n_of.items()}
    return State(carry, _apart(stacked, n_blocks), records, ends)


def _stacked(blocks: list[Block]) -> Block:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *blocks)


def _apart(stacked: Block, n_blocks: int) -> list[Block]:
    return [
        {name: values[number] for name, values in stacked.items()} for number in range(n_blocks)
    ]


def _shapes(program: Resumable, n_blocks: int, n_of: Mapping[str, int], n_ends: int) -> Any:
    """Shapes and dtypes of what `encode` keeps."""
    carry, metrics, measured = program.shapes

    def several(shapes: Any, count: int) -> Any:
        return jax.tree.map(lambda s: jax.ShapeDtypeStruct((count, *s.shape), s.dtype), shapes)

    records = {}
    for name, count in n_of.items():
        due = jax.ShapeDtypeStruct(tuple(program.width), np.int32)
        triggered = isinstance(program.schedule.measures[name].every, Trigger)
        if count:
            shapes = {**measured[name], STEP: due} if triggered else measured[name]
            records[name] = several(shapes, count)
    end = dataclasses.replace(carry, key=(), opt_state=(), source=())
    key = jax.eval_shape(jax.random.key_data, carry.key)
    stacked = several(metrics, n_blocks), records
    return dataclasses.replace(carry, key=key), stacked, [end] * n_ends


def most_bytes(program: Resumable) -> int:
    """The largest that a checkpoint can be; each array begins with what it is."""
    most = program.schedule.n_blocks
    records = dict.fromkeys(program.schedule.measures, most + 1)
    whole = _shapes(program, most, records, MOST_ENDS)
    leaves = jax.tree.leaves(whole)
    return sum(leaf.size * leaf.dtype.itemsize + _HEAD for leaf in leaves) + 3 * _HEAD


def _as(array: np.ndarray | None, shape: Any) -> np.ndarray | None:
    """The array, if it has that shape and dtype; NumPy reads bfloat16 and its like as bytes."""
    if array is None:
        return None
    if array.dtype.kind == "V" and array.dtype.itemsize == shape.dtype.itemsize:
        array = array.view(shape.dtype)
    return array if (array.shape, array.dtype) == (shape.shape, shape.dtype) else None


class Checkpoints(NamedTuple):
    """Where the chunks of a sweep keep their state.

    Attributes:
        folder: of the sweep.
        numerics: all that the bits of a chunk depend on besides its members.
        seconds: the least time between two of a chunk; 0 is after each block, inf is never.
        leave_out: told of a file that is not sound, and of what is wrong with it.
    """

    folder: Path
    numerics: str
    seconds: float
    leave_out: Callable[[Path, str], None]

    def load(self, ids: np.ndarray, program: Resumable) -> State | None:
        """The state of a chunk, if there is one that is sound.

        Raises:
            StoreError: it cannot be read.
        """
        path = self._path(ids)
        with files.one_line(path, "expected a file to read"):
            if not path.exists():
                return None
        data = bounded.read_bytes(path, most_bytes(program))
        state = None if data is None else decode(data, path.stem, self.numerics, program)
        if state is None:
            self.leave_out(path, "damaged, or of another program")
        return state

    def save(self, ids: np.ndarray, state: State) -> None:
        """Replace the state of a chunk.

        Raises:
            StoreError: it cannot be written, as on a full disk.
        """
        path = self._path(ids)
        with files.one_line(path, "cannot write"):
            files.make_folder(path.parent)
            files.commit(path, encode(path.stem, self.numerics, state))

    def remove(self, ids: np.ndarray) -> None:
        """Forget the state of a chunk that is committed.

        Raises:
            StoreError: it cannot be removed.
        """
        _remove(self._path(ids))

    def _path(self, ids: np.ndarray) -> Path:
        return files.own(self.folder, FOLDER) / f"{files.chunk_id(ids)}{SUFFIX}"


class Timer:
    """When the next checkpoint of a chunk is due."""

    def __init__(self, seconds: float) -> None:
        """Begin to count; 0 is always and inf is never."""
        self._seconds = seconds
        self._due = time.monotonic() + seconds

    def due(self) -> bool:
        """Whether it is time."""
        return time.monotonic() >= self._due

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Begin anew after the body, and wait the longer, the longer it took."""
        begun = time.monotonic()
        yield
        now = time.monotonic()
        self._due = now + max(self._seconds, (now - begun) / SHARE if self._seconds else 0.0)


def remove_leftovers(folder: Path, *, complete: bool) -> None:
    """Remove what a killed process left of chunks that are committed; all, where all members are.

    Raises:
        StoreError: a file cannot be removed.
    """
    for path in files.own(folder, FOLDER).glob(f"*{SUFFIX}"):
        if complete or (folder / "chunks" / f"{path.stem}.chunk").exists():
            _remove(path)


def _remove(path: Path) -> None:
    with files.one_line(path, "expected a file to remove"):
        path.unlink(missing_ok=True)
