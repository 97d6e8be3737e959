"""What a sweep does once it knows its members: choose a program, train what is missing, keep it."""

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import jax
import numpy as np

from superpos.arguments import (
    ArgumentError,
    Interval,
    MaybeNonNegative,
    PositiveFraction,
    check_value,
    shown,
)
from superpos.engine import choices, launch, plan
from superpos.engine.assets import Build, arrays_of, reading
from superpos.engine.choices import Programs
from superpos.engine.placing import placed
from superpos.engine.plan import Chunk
from superpos.engine.program import Program, check_results
from superpos.engine.width import MEMORY_FRACTION, Search, choose, narrower
from superpos.memory import is_out_of_memory
from superpos.store.checkpoint import Checkpoints
from superpos.store.fingerprint import fingerprint
from superpos.store.folder import Memory, Store
from superpos.store.grid import MOST_MEMBERS, Grid, canonical_spec
from superpos.store.header import header_axes
from superpos.store.reading import dataset_of
from superpos.store.table import Table, invalid_rows
from superpos.types import Asset, Dims, Key

if TYPE_CHECKING:
    import xarray


class Progress(NamedTuple):
    """How far a sweep is.

    Attributes:
        members_done: members finished, those found on disk among them.
        members: members in the sweep, or in the part of it.
        steps_done: model-steps of this call so far, those found in checkpoints among them; one is
            one update of one member.
        steps: model-steps of this call in all.
    """

    members_done: int
    members: int
    steps_done: int
    steps: int


MaybeMembers = Optional[Annotated[int, Interval(f"[1, {MOST_MEMBERS}]")]]  # noqa: UP045
"""Members of a chunk, or None."""
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How members are trained; nothing of what they are. The fields are arguments of `sweep`.

    Raises:
        ArgumentError: one of them is out of range; one line.
    """

    chunk: int | None = None
    measure_width: bool = True
    devices: Sequence[Any] | None = None
    check_fragile: bool = False
    memory_fraction: float = MEMORY_FRACTION
    checkpoint_seconds: float | None = 30.0
    allow_numerics_change: bool = False
    on_progress: OnProgress | None = None
    programs: Programs | None = None

    def __post_init__(self) -> None:
        """Check the numbers and the devices."""
        check_value("chunk", self.chunk, MaybeMembers)
        check_value("measure_width", self.measure_width, bool)
        check_value("memory_fraction", self.memory_fraction, PositiveFraction)
        check_value("checkpoint_seconds", self.checkpoint_seconds, MaybeNonNegative)
        where = self.devices
        if where is not None and not (
            isinstance(where, (list, tuple))
            and 0 < len({*map(id, where)}) == len(where)
            and all(isinstance(device, jax.Device) for device in where)
        ):
            raise ArgumentError(
                f"devices={shown(where)}: expected one or more of jax.devices(), each once"
            )


class Work(NamedTuple):
    """The members of a sweep, and how they are trained.

    Attributes:
        build: point -> Training, or (point, assets) -> Training.
        grid: the sweep.
        spec: the configuration all members share, with the root key and the hashes of assets.
        ids: content hash of each member, (n_members,).
        wanted: which members are to be trained, bool (n_members,).
        valid: () -> which members can be, bool (n_members,); asked where some are missing.
        key: the root key.
        assets: what all members share.
        dims: names of dimensions that take precedence over those of the training.
        settings: how.
        digest: hash of what the program computes, where its text depends on more; None is that of
            the text.
    """

    build: Build
    grid: Grid
    spec: Mapping[str, Any]
    ids: np.ndarray
    wanted: np.ndarray
    valid: Callable[[], np.ndarray]
    key: Key
    assets: Mapping[str, Asset]
    dims: Dims
    settings: Settings
    digest: str | None = None


def done(work: Work, held: Store | Memory) -> "xarray.Dataset":
    """Train what is wanted and not held yet.

    Args:
        work: what is wanted.
        held: what there is, and where it is kept.

    Returns:
        As `sweep` does.

    Raises:
        ArgumentError, StoreError, MemoryError, TrainError: as `sweep` says.
    """
    grid, ids, settings = work.grid, work.ids, work.settings
    fragile = settings.check_fragile
    table = held.load(ids)
    # Where the sensitivities asked for are not there, `begin` refuses the store.
    lacking = fragile and table is not None and "sensitivity" not in table.arrays
    allow = settings.allow_numerics_change
    if held.header and table is not None and table.present[work.wanted].all() and not lacking:
        header = {**held.header, **header_axes(grid)}
        held.begin(header, allow_numerics_change=allow)
        return dataset_of(header, grid, table)
    valid = work.valid()
    on_devices, search = _search(work)
    header_of = functools.partial(_header, work)
    program = choose(
        search, given=held.width, asked=settings.chunk, measured=settings.measure_width
    )
    check_results(program.schema, program.schedule, len(ids), search.budget())
    while True:
        program, header = _begin(held, search, program, header_of, allow)
        table = table or Table(ids, header["schema"])
        _put_invalid(work.wanted & ~valid & ~table.present, held, table, header)
        n_steps = program.schedule.spec.n_steps * (1 + fragile)
        meter = _Meter(table, work.wanted, n_steps, settings.on_progress)
        missing = plan.plan(grid.missing(table.present | ~work.wanted), program.width)
        checkpoints = _checkpoints(held, header, settings.checkpoint_seconds)
        task = launch.Task(grid, ids, work.key, program, fragile, checkpoints, on_devices)
        try:
            _train(task, missing, held, table, meter)
            return dataset_of(header, grid, table)
        except jax.errors.JaxRuntimeError as error:
            if not is_out_of_memory(error):
                raise
            width = narrower(program.width, error)
        program, allow = choose(search, given=width, asked=None), True


def _put_invalid(
    invalid: np.ndarray, held: Store | Memory, table: Table, header: Mapping[str, Any]
) -> None:
    """Keep those members that cannot be trained as what they are."""
    if invalid.any():
        rows = invalid_rows(table.ids[invalid], header["schema"])
        held.commit(rows)
        table.put(rows)


def _search(work: Work) -> tuple[Any, Search]:
    """Assets on the devices, and the programs to choose from."""
    settings = work.settings
    # Where there are fewer members than devices, no program is compiled for the others.
    where = tuple(settings.devices or jax.local_devices())[: max(1, work.grid.n_members)]
    on_devices = placed(arrays_of(work.assets), where)
    search = choices.search(
        reading(work.build, work.assets),
        work.grid,
        work.key,
        where,
        settings.memory_fraction,
        settings.programs,
        on_devices,
        work.dims,
    )
    return on_devices, search


def _begin(
    held: Store | Memory,
    search: Search,
    program: Program,
    header_of: Callable[[Program], dict[str, Any]],
    allow_numerics_change: bool,
) -> tuple[Program, dict[str, Any]]:
    """The program, of the width that the store takes, and the header that is committed now."""
    while True:
        header = header_of(program)
        width = held.begin(header, allow_numerics_change=allow_numerics_change)
        if width == program.width:
            return program, header
        program = choose(search, given=width, asked=None)


def _checkpoints(
    held: Store | Memory, header: Mapping[str, Any], seconds: float | None
) -> Checkpoints | None:
    if isinstance(held, Memory):
        return None
    numerics = json.dumps(header["fingerprint"], sort_keys=True)
    seconds = math.inf if seconds is None else seconds
    return Checkpoints(held.folder, numerics, seconds, held.leave_out)


def _train(
    task: launch.Task,
    missing: Iterable[Chunk],
    held: Store | Memory,
    table: Table,
    meter: "_Meter",
) -> None:
    """Train what is missing and commit each chunk as it is finished."""
    meter.report()
    with closing(launch.train(task, missing, meter.add)) as trained:
        for rows in trained:
            held.commit(rows)
            if task.checkpoints is not None:
                task.checkpoints.remove(rows.ids)
            table.put(rows)
            meter.report()


class _Meter:
    """Counts the model-steps of one call and reports them."""

    def __init__(
        self, table: Table, wanted: np.ndarray, n_steps: int, on_progress: OnProgress | None
    ) -> None:
        self._table = table
        self._wanted = wanted
        self._total = int((~table.present[wanted]).sum()) * n_steps
        self._done = 0
        self._on_progress = on_progress

    def add(self, n_steps: int) -> None:
        self._done += n_steps
        self.report()

    def report(self) -> None:
        if self._on_progress is not None:
            present = self._table.present[self._wanted]
            self._on_progress(Progress(int(present.sum()), len(present), self._done, self._total))


def _header(work: Work, program: Program) -> dict[str, Any]:
    """All that sweep.json holds."""
    width = list(program.width)
    schema = dict(program.schema)
    if work.settings.check_fragile:
        schema["sensitivity"] = {"shape": [], "dtype": "float32", "dims": []}
    return {
        "spec": canonical_spec(work.spec),
        **header_axes(work.grid),
        "fit": dataclasses.asdict(program.schedule.spec),
        "coordinates": program.schedule.coordinates(),
        "schema": schema,
        "width": width,
        "fingerprint": {
            **fingerprint(),
            "width": str(width),
            "program": work.digest or program.digest,
        },
    }
