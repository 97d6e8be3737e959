"""Groups trained by the workers of a pool: sent in parts, and sent again where one is lost."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from superpos.app.multirun import worker
from superpos.app.multirun.groups import Group
from superpos.app.multirun.training import GroupResults, measure_after, read
from superpos.app.multirun.workers.pool import LostError, Sent, WorkerPool
from superpos.app.progress import progress_bar
from superpos.app.sweeping import root_key
from superpos.engine.sweep import with_root_key
from superpos.store import files, folder, multirun
from superpos.store.grid import Grid, make_grid
from superpos.train import Progress, StoreError, TrainError

POLL_SECONDS = 1.0
VISIBLE_POLLS = 60
"""How long it may take until what a worker has written is seen here, as on a network's disk."""

Watch = Generator[None, None, str | None]
"""Has a part trained; looks after it once a step. Returns None, or one line why it is not."""


def train_on_workers(
    groups: Sequence[Group],
    folder: Path,
    pool: WorkerPool,
    options: Mapping[str, Any],
    console: Console,
) -> list[GroupResults | str]:
    """Train what is missing of all groups at once.

    Args:
        groups: each with all members that its store holds among its rows.
        folder: of the multirun, held by this process.
        pool: whose workers train.
        options: hydra.launcher.
        console: where progress is shown, and every worker that is lost.

    Returns:
        For each group its results, or one line why there are none.
    """
    with ExitStack() as held:
        stores = [
            _Store(group, multirun.group_folder(folder, group.name), held) for group in groups
        ]
        watched: list[tuple[_Store, Watch]] = []
        for each in stores:
            for ids in _split(each.missing, options["n_parts"]):
                watch = _watch(each, ids, pool, options["retries"], console)
                watched.append((each, held.enter_context(closing(watch))))
        with progress_bar(console) as on_progress:
            while watched := [pair for pair in watched if _goes_on(*pair)]:
                on_progress(_progress(stores))
                time.sleep(POLL_SECONDS)
            on_progress(_progress(stores))
        return [each.failure or _measured(each.group, each.place) for each in stores]


def _measured(group: Group, place: Path) -> GroupResults | str:
    """The results of a group, after what is measured of stored members, which is done here."""
    try:
        measure_after(group, place)
    except (StoreError, TrainError, MemoryError) as error:
        return str(error)
    return read(place)


class _Store:
    """The store of a group, held while workers write to it.

    Attributes:
        group: that is trained.
        place: its folder.
        failure: why it is not trained, in a line; None as long as nothing has gone wrong.
        missing: content hashes of the members that were not on disk, seed by seed as in chunks.
        trained: of the members that were written since.
        n_steps: updates that a member takes.
    """

    def __init__(self, group: Group, place: Path, held: ExitStack) -> None:
        self.group = group
        self.place = place
        self.failure: str | None = None
        self.missing: list[bytes] = []
        self.trained: set[bytes] = set()
        work = group.plan
        self.n_steps = work.fit.n_steps * (1 + group.config["engine"]["check_fragile"])
        try:
            self._open(make_grid(work.axes, work.zipped), work.spec, held)
        except StoreError as error:
            self.failure = str(error)

    def _open(self, grid: Grid, spec: Mapping[str, Any], held: ExitStack) -> None:
        spec = with_root_key(spec, root_key(self.group.config))
        ids = grid.member_ids(spec)
        opened = held.enter_context(folder.writing(self.place, grid, spec))
        assert isinstance(opened, folder.Store)
        opened.grow(grid)
        table = opened.load(ids)
        self._seen = {*files.chunk_files(self.place)}
        present = np.zeros(len(ids), bool) if table is None else table.present
        self.missing = ids[grid.members.T[grid.missing(present).T]].tolist()

    def look(self) -> None:
        """Read what was written since the last time; what cannot be read is not there."""
        if not self.missing:
            return
        for path in {*files.chunk_files(self.place)} - self._seen:
            self._seen.add(path)
            with suppress(StoreError):
                rows = files.read_chunk(path)
                self.trained.update(() if rows is None else rows.ids.tolist())


def _split(ids: Sequence[bytes], n_parts: int) -> list[Sequence[bytes]]:
    """As many parts of even length as there can be."""
    n_parts = max(1, min(n_parts, len(ids)))
    ends = [len(ids) * number // n_parts for number in range(n_parts + 1)]
    return [ids[first:end] for first, end in pairwise(ends) if end > first]


def _watch(
    of: _Store, ids: Sequence[bytes], pool: WorkerPool, retries: int, console: Console
) -> Watch:
    """Send members of a group to a worker, and to another one each time it is lost."""
    part = worker.payload(of.group, ids, of.place)
    reason = ""
    for n_lost in range(retries + 1):
        if n_lost:
            console.print(f"worker lost, retry {n_lost} of {retries}: {reason}", soft_wrap=True)
        try:
            refused = yield from _wait(pool.submit(part))
        except LostError as lost:
            reason = str(lost)
            continue
        if refused is not None:
            return refused
        for _ in range(VISIBLE_POLLS):
            of.look()
            if of.trained.issuperset(ids):
                return None
            yield
        reason = f"{of.place}: a worker has ended, but its results are not there"
    return f"not trained after {retries} retries: {reason}"


def _wait(sent: Sent) -> Watch:
    """Wait for a worker; it is ended where the wait is broken off."""
    try:
        yield  # so that all parts are sent before the first is waited for
        while not sent.done():
            yield
        return sent.result()
    except (GeneratorExit, KeyboardInterrupt):
        sent.cancel()
        raise


def _goes_on(of: _Store, watch: Watch) -> bool:
    """Look after a part; tell whether that is to be done again."""
    try:
        next(watch)
    except StopIteration as end:
        of.failure = of.failure or end.value
        return False
    return True


def _progress(stores: Sequence[_Store]) -> Progress:
    """How far all groups are; members are counted once they are on disk."""
    for each in stores:
        each.look()
    missing = [len(each.missing) for each in stores]
    trained = [len(each.trained) for each in stores]
    n_members = sum(each.group.n_members for each in stores)
    return Progress(
        members_done=n_members - sum(missing) + sum(trained),
        members=n_members,
        steps_done=sum(n * each.n_steps for n, each in zip(trained, stores, strict=True)),
        steps=sum(n * each.n_steps for n, each in zip(missing, stores, strict=True)),
    )
