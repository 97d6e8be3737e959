"""A sweep of 6 chunks of 4 members by hand-made numbers, into the real store, on a disk that fails.

    python -m tests.faults.simulator <folder> <store> <scenario>

prints as JSON {fault: [case at each operation]}. A case is what the disk did, how many members
were finished by then, and what was wrong after the same sweep was started again.
It is a process of its own because it forks, which a process that runs JAX must not do.
"""

import functools
import gc
import json
import math
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from superpos.store import checkpoint, files
from superpos.store import folder as folders
from superpos.store.files import Rows
from superpos.store.frame import framed, unframed
from superpos.store.grid import Grid, make_grid
from superpos.store.header import header_axes
from superpos.store.table import Table
from superpos.train import StoreError
from tests.faults.disk import ERRORS, FAULTS, KILLED, Disk

N_CHUNKS, CHUNK = 6, 4
N_MEMBERS = N_CHUNKS * CHUNK
SPEC = {"model.n": 3}
GRID = make_grid({"x": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "seed": [0, 1, 2, 3]})
SMALLER = make_grid({"x": [0.1, 0.2, 0.3], "seed": [0, 1, 2, 3]})
SCHEMA = {
    "W": {"shape": [50, 2], "dtype": "float32", "dims": ["i", "j"]},
    "diverged_step": {"shape": [], "dtype": "int32", "dims": []},
}


def values(ids: np.ndarray) -> np.ndarray:
    """The numbers of members, float32 (k, 50, 2): a function of their ids."""
    return np.stack([_values_of(member_id) for member_id in ids])


@functools.cache
def _values_of(member_id: bytes) -> np.ndarray:
    return np.random.default_rng(int(member_id, 16)).random((50, 2), np.float32)


def expected() -> np.ndarray:
    """The numbers of all members."""
    return values(GRID.member_ids(SPEC))


def header(grid: Grid) -> dict[str, Any]:
    return {
        "spec": SPEC,
        **header_axes(grid),
        "fit": {"n_steps": 0, "batch_size": 1, "log_every": 1},
        "coordinates": {"step": []},
        "schema": SCHEMA,
        "width": [1, CHUNK],
        "fingerprint": {"jax": "0"},
    }


def sweep(
    folder: Path,
    grid: Grid = GRID,
    tell: Callable[..., None] = lambda *_: None,
    *,
    states: bool = False,
) -> Table:
    """What `superpos.train.sweep` does with a store; `tell` hears of trained and finished ids.

    With `states`, a chunk is kept when half of it is computed, and goes on from there.
    """
    ids = grid.member_ids(SPEC)
    with folders.writing(folder, grid, SPEC) as held:
        table = held.load(ids)
        if table is not None and table.present.all():
            return table
        held.begin(header(grid), allow_numerics_change=False)
        table = table or Table(ids, SCHEMA)
        for chunk in ids.reshape(-1, CHUNK):
            missing = chunk[~table.present[np.isin(ids, chunk)]]
            if missing.size:
                tell("trained", missing)
                diverged = np.full(len(missing), -1, np.int32)
                W = in_halves(held, missing) if states else values(missing)
                rows = Rows(missing, {"W": W, "diverged_step": diverged})
                held.commit(rows)
                if states:
                    checkpoints(held).remove(missing)
                tell("finished", missing)
                table.put(rows)
        return table


def in_halves(held: folders.Store, ids: np.ndarray) -> np.ndarray:
    """The numbers of a chunk, of which the first half is kept on the way, or found again."""
    found = checkpoints(held).load(ids, None)
    half = values(ids)[:, :25] if found is None else found
    checkpoints(held).save(ids, half)
    return np.concatenate([half, values(ids)[:, 25:]], axis=1)


def checkpoints(held: folders.Store) -> Any:
    """The real ones, but for what is in them: here an array instead of the state of a program."""
    checkpoint.encode = lambda name, numerics, half: framed(b"half", name, {"half": half})
    checkpoint.decode = lambda data, name, *_: (unframed(b"half", name, data) or {}).get("half")
    checkpoint.most_bytes = lambda program: 2**20
    return checkpoint.Checkpoints(held.folder, "", 0.0, held.leave_out)


# Stores that are known to be bad, for the test of the tests.


def in_place(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)


def unsynced(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    in_place(temporary, data)
    temporary.rename(path)


def write_bare(folder: Path, rows: Rows) -> Path:
    """A chunk without a digest, named by its first member."""
    path = folder / "chunks" / f"{rows.ids[0].decode()}.chunk"
    files.commit(path, rows.arrays["W"].tobytes())
    return path


def read_bare(path: Path, most_bytes: float = math.inf) -> Rows:
    """A chunk that is taken for whole because it is there."""
    ids = GRID.member_ids(SPEC)
    first = int(np.flatnonzero(ids == path.stem.encode())[0])
    W = np.zeros((CHUNK, 50, 2), np.float32)
    data = path.read_bytes()[: W.nbytes]
    W.reshape(-1).view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
    diverged = np.full(CHUNK, -1, np.int32)
    return Rows(ids[first : first + CHUNK], {"W": W, "diverged_step": diverged})


BAD = {"in place": in_place, "unsynced": unsynced}


@contextmanager
def protocol(name: str) -> Iterator[None]:
    """Let the real store write and read by a bad protocol; "real" leaves it as it is."""
    before = files.commit, files.write_chunk, files.read_chunk
    if name in BAD:
        files.commit, files.write_chunk, files.read_chunk = BAD[name], write_bare, read_bare
    try:
        yield
    finally:
        files.commit, files.write_chunk, files.read_chunk = before


# What a fault finds on the disk.


def fresh(folder: Path) -> set[bytes]:
    """Nothing at all."""
    del folder
    return set()


def grown(folder: Path) -> set[bytes]:
    """A smaller sweep: one chunk done, one damaged, one missing, and what a kill left behind."""
    ids = sweep(folder, SMALLER) and SMALLER.member_ids(SPEC)
    kept, damaged, gone = files.chunk_files(folder)
    finished = {*files.read_chunk(kept).ids}  # type: ignore[union-attr]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    gone.unlink()
    (folder / "chunks" / ".a.chunk.1.tmp").write_text("half")
    assert len(ids) == 3 * CHUNK
    return finished


SCENARIOS = {"fresh": fresh, "grown": grown, "states": fresh}


def simulate(root: Path, scenario: str, at: int | None, fault: str) -> dict[str, Any]:
    """Run the sweep in a child on a disk that fails at an operation, and then here to its end."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    folder = root / "outputs" / "sweep"
    finished = SCENARIOS[scenario](folder)
    again = functools.partial(sweep, folder, states=scenario == "states")
    case = _in_child(Disk(root, at, fault), again)
    finished |= {member_id.encode() for member_id in case.pop("finished")}
    return {
        "at": at,
        "n_finished": len(finished),
        "operations": case["operations"],
        "problems": [*case["problems"], *_wrong(folder), *_resumed(again, folder, finished)],
    }


def _in_child(disk: Disk, again: Callable[..., Table]) -> dict[str, Any]:
    """The operations, finished members and problems of a run in a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(disk, again, lambda said: os.write(writing, json.dumps(said).encode() + b"\n"))
        os._exit(0)
    os.close(writing)
    case: dict[str, Any] = {"operations": [], "finished": [], "problems": []}
    with open(reading) as pipe:
        for line in pipe:
            for name, said in json.loads(line).items():
                case[name] += said
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    expected = 0 if disk.at is None or disk.fault in ERRORS else KILLED
    case["problems"] += [f"exit code {code}"] * (code != expected)
    return case


def _run(disk: Disk, again: Callable[..., Table], say: Callable[..., Any]) -> None:
    def tell(what: str, ids: np.ndarray) -> None:
        if what == "finished":
            say({"finished": [member_id.decode() for member_id in ids]})

    disk.install()
    problems = []
    try:
        again(tell=tell)
    except StoreError as error:
        problems += ["more than a line"] * ("\n" in str(error))
    except BaseException as error:
        problems.append(f"traceback: {error!r}")
    say({"operations": disk.operations, "problems": problems})


def _wrong(folder: Path) -> Iterator[str]:
    """What a reader of the chunks would take for results and is not."""
    for path in files.chunk_files(folder):
        rows = files.read_chunk(path)
        if rows is not None and not np.array_equal(rows.arrays["W"], values(rows.ids)):
            yield f"silently wrong: {path.name}"


def _resumed(again: Callable[..., Table], folder: Path, finished: set[bytes]) -> Iterator[str]:
    """What is wrong after the same sweep again."""
    trained: set[bytes] = set()
    try:
        table = again(tell=lambda what, ids: trained.update(ids))
    except StoreError as error:
        yield f"lost: {error}"
        return
    wrong = (table.arrays["W"] != expected()).any((1, 2))
    if wrong.any():
        yield f"lost: {wrong.sum()} members"
    if trained & finished:
        yield f"redone: {len(trained & finished)} members"
    for path in [*folder.rglob("*.tmp"), *folder.rglob("*.ckpt")]:
        yield f"leftover: {path.name}"


def main(root: Path, store: str, scenario: str) -> None:
    """Every operation by every fault."""
    gc.disable()  # it would touch, and so copy, all memory of every child
    warnings.simplefilter("ignore")
    os.fsync = lambda _: None  # of this process; a child syncs to what the disk pretends to be
    with protocol(store):
        operations = simulate(root, scenario, None, "")["operations"]
        cases = {
            fault: [
                {**simulate(root, scenario, at, fault), "operation": operation}
                for at, operation in enumerate(operations)
            ]
            for fault in FAULTS
            if store == "real" or fault not in ERRORS
        }
    print(json.dumps(cases))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
