"""Chunks trained side by side: each device takes one after the other."""

import contextlib
import dataclasses
import math
import threading
from collections.abc import (
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import numpy as np

from superpos.engine import fragile, plan
from superpos.engine.others import POLL_SECONDS, Others
from superpos.engine.placing import Placed
from superpos.engine.plan import Chunk
from superpos.engine.program import Executable, Program
from superpos.engine.threads import as_here
from superpos.store import results
from superpos.store.checkpoint import Checkpoints, Timer, restored, snapshot
from superpos.store.files import Rows
from superpos.store.grid import Grid
from superpos.store.results import Block
from superpos.store.width import Width
from superpos.train.schedule import STEP, due_for
from superpos.types import Carry, Key, Trigger

Points = Mapping[str, jax.Array]


class Task(NamedTuple):
    """What is to be done with each chunk.

    Attributes:
        grid: the sweep.
        ids: content hash of each member.
        key: the root key.
        program: what is run.
        check_fragile: train every member once more from an ulp away, for its `sensitivity`.
        checkpoints: where a chunk keeps its state, and where it is found again; None is nowhere.
        assets: what all members share, on each device; a device that is not there has nothing.
    """

    grid: Grid
    ids: np.ndarray
    key: Key
    program: Program
    check_fragile: bool = False
    checkpoints: Checkpoints | None = None
    assets: Placed = MappingProxyType({})


def train(
    task: Task, chunks: Iterable[Chunk], on_block: Callable[[int], None]
) -> Generator[Rows, None, None]:
    """Train chunks in a thread for each device, and yield the results as they are finished.

    Devices beside the first join when that pays. The threads stop at the next block when the
    iterator is closed, which is not waited for.

    Args:
        task: what is to be done with each.
        chunks: what is to be trained.
        on_block: told how many model-steps a block was, or were found in a checkpoint, in the
            thread of the caller.

    Yields:
        The results of a chunk.

    Raises:
        Exception: what went wrong on a device, after the others have stopped.
    """
    stop = threading.Event()
    events: SimpleQueue[int | Rows | BaseException] = SimpleQueue()
    idle: SimpleQueue[Executable] = SimpleQueue()
    idle.put(task.program.first)
    chunks = list(chunks)
    others = Others(task.program, _n_steps(task, chunks))

    def work(chunk: Chunk) -> None:
        executable = idle.get()
        try:
            for event in () if stop.is_set() else _events(task, executable, chunk):
                if stop.is_set():
                    break
                events.put(event)
        except BaseException as error:
            stop.set()
            events.put(error)
        finally:
            idle.put(executable)

    pool = ThreadPoolExecutor(1 + len(task.program.others))
    try:
        n_left = len([pool.submit(as_here(work), chunk) for chunk in chunks])
        while n_left:
            event = _next(events, others, idle)
            if isinstance(event, BaseException):
                pool.shutdown(cancel_futures=True)
                raise event
            if isinstance(event, Rows):
                n_left -= 1
                yield event
            else:
                others.count(event)
                on_block(event)
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _n_steps(task: Task, chunks: Sequence[Chunk]) -> int:
    """Model-steps of chunks."""
    n_members = sum(len(chunk.points) * len(chunk.seeds) for chunk in chunks)
    return n_members * task.program.schedule.spec.n_steps * (1 + task.check_fragile)


def _next(
    events: "SimpleQueue[int | Rows | BaseException]",
    others: Others,
    idle: "SimpleQueue[Executable]",
) -> int | Rows | BaseException:
    """The next event; until then, other devices join where that pays."""
    while others.waiting:
        if others.pays():
            others.join(idle.put, events.put)
        with contextlib.suppress(Empty):
            return events.get(timeout=POLL_SECONDS)
    return events.get()


def _events(task: Task, executable: Executable, chunk: Chunk) -> Iterator[int | Rows]:
    """Train one chunk on one device: the model-steps of each block, and at last the results."""
    program, checkpoints = task.program, task.checkpoints
    ids = task.ids[task.grid.members[np.ix_(chunk.points, chunk.seeds)].T.ravel()]
    schedule = program.schedule
    n_steps, n_blocks = schedule.block * len(ids), schedule.n_blocks
    timer = Timer(checkpoints.seconds if checkpoints else math.inf)
    state = checkpoints.load(ids, program) if checkpoints else None
    carry, blocks, ends, n_done = None, [], [], 0
    records: dict[str, list[Block]] = {name: [] for name in schedule.measures}
    if state is not None:
        carry, blocks, ends = restored(state, task.key, executable.device), state.blocks, state.ends
        records, n_done = state.records, int(state.carry.step) // schedule.block
        yield n_steps * (len(ends) * n_blocks + n_done)
    for number in range(len(ends), 1 + task.check_fragile):
        points, key, seeds = inputs(task.grid, task.key, program.width, executable.device, chunk)
        if carry is None:
            carry = executable.init(points, task.assets.get(executable.device, {}), key, seeds)
            carry = fragile.nudge(carry) if number else carry
        run = _Run(task, executable, points, *(([], {}) if number else (blocks, records)))
        for carry, measured in run.blocks(carry, n_done):  # noqa: B020  (the one before is consumed)
            yield n_steps
            if checkpoints and timer.due():
                with timer.saving():
                    so_far = blocks if number else [*blocks, jax.device_get(measured)]
                    checkpoints.save(ids, snapshot(carry, so_far, records, ends))
        ends.append(jax.device_get(dataclasses.replace(carry, key=(), opt_state=(), source=())))
        carry, n_done = None, 0
    arrays = results.gather(ends[0], blocks, records, program.shapes, schedule)
    if task.check_fragile:
        arrays["sensitivity"] = fragile.sensitivity(ends[0], ends[1], results.LEADING)
    yield Rows(ids, {name: _unpad(array, chunk) for name, array in arrays.items()})


class _Run(NamedTuple):
    """A chunk on a device.

    Attributes:
        task: what is to be done.
        executable: what is run.
        points: values of the axes.
        fetched: metrics of each block, as they come in.
        records: name of a measure -> what it gave so far; a measure that is not in it is not made.
    """

    task: Task
    executable: Executable
    points: Points
    fetched: list[Block]
    records: dict[str, list[Block]]

    @property
    def assets(self) -> Any:
        """What all members share, on this device."""
        return self.task.assets.get(self.executable.device, {})

    def blocks(self, carry: Carry, n_done: int) -> Iterator[tuple[Carry, Mapping[str, jax.Array]]]:
        """The carry and metrics after each block; while it runs, the metrics before are fetched."""
        schedule, measured = self.task.program.schedule, None
        for name in self.records if schedule.n_blocks > n_done == 0 else ():
            self._measure(name, carry, 0, {})
        for number in range(n_done, schedule.n_blocks):
            carry, after = self.executable.advance(self.points, self.assets, carry)
            if measured is not None:
                self.fetched.append(jax.device_get(measured))
            measured = jax.block_until_ready(after)
            for name in self.records:
                self._measure(name, carry, (number + 1) * schedule.block, measured)
            yield carry, measured
        if measured is not None:
            self.fetched.append(jax.device_get(measured))

    def _measure(self, name: str, carry: Carry, step: int, last: Mapping[str, jax.Array]) -> None:
        """Make a measure where it is due, of all members, and keep for whom it was."""
        schedule = self.task.program.schedule
        every, found = schedule.measures[name].every, self.records[name]
        whole = schedule.is_due(name, step)
        due = None
        if isinstance(every, Trigger) and (step or whole):
            due = np.full(self.task.program.width, step, np.int32)
            if not whole:
                blocks = [*self.fetched, jax.device_get(last)]
                due[~due_for(every, step, blocks, schedule.block)] = -1
            whole = bool((due >= 0).any())
            so_far = np.sum([each[STEP] >= 0 for each in found] + [due >= 0], axis=0)
            schedule.check_most(name, int(so_far.max()))
        if whole:
            measure = self.executable.measures[name]
            record = jax.device_get(measure(self.points, self.assets, carry))
            found.append(record if due is None else {**record, STEP: due})


def inputs(
    grid: Grid, key: Key, width: Width, device: Any, chunk: Chunk
) -> tuple[Points, Key, jax.Array]:
    """The values of the axes, the root key and the seeds of a padded chunk, on a device."""
    seeds = grid.seeds[plan.padded(chunk.seeds, width.n_seeds)]
    positions = plan.padded(chunk.points, width.n_points)
    values = {name: column[positions] for name, column in grid.given.items()}
    return jax.device_put((values, key, seeds), device)


def _unpad(array: np.ndarray, chunk: Chunk) -> np.ndarray:
    real = array[: len(chunk.seeds), : len(chunk.points)]
    return real.reshape(real.shape[0] * real.shape[1], *array.shape[results.LEADING :])
