"""The groups of a multirun, each trained as one sweep into a store of its own."""

import dataclasses
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console

from superpos.app import sweeping
from superpos.app.multirun.groups import Group, JobSweep, Row, numbered
from superpos.app.progress import progress_bar
from superpos.store import files, folder, multirun, reading
from superpos.store.grid import Grid
from superpos.store.header import grid_of
from superpos.store.table import Table
from superpos.train import StoreError, TrainError


class GroupResults(NamedTuple):
    """The store of a group after training.

    Attributes:
        header: of its sweep.
        grid: the group's rows.
        table: the results of each member, in their order.
        n_new: members that were not there before.
    """

    header: dict[str, Any]
    grid: Grid
    table: Table
    n_new: int = 0

    @property
    def sweep(self) -> reading.Swept:
        """As it was read from disk."""
        return self.header, self.grid, self.table

    @property
    def ids(self) -> np.ndarray:
        """Content hash of each member, (n_members,)."""
        return self.table.ids

    def results(self, members: Sequence[int]) -> dict[str, np.ndarray]:
        """Results that are one number a member, (n_members,); of metrics the last."""
        arrays = self.table.arrays
        return {
            name: arrays[name][members, -1] if entry["dims"] else arrays[name][members]
            for name, entry in self.header["schema"].items()
            if entry["dims"] in ([], ["step"])
            and arrays[name].dtype.kind == "f"
            and arrays[name].size
        }

    def ok(self, members: Sequence[int]) -> np.ndarray:
        """Which members were trained to the end, bool (n_members,)."""
        return self.table.present[members] & (self.table.arrays["diverged_step"][members] < 0)


class Part(NamedTuple):
    """One sweep of a job: its members in a group, and what became of them.

    Attributes:
        job_sweep: the sweep.
        numbers: of its members in the group.
        group: name of the group.
        trained: the group's results, or one line why there are none.
    """

    job_sweep: JobSweep
    numbers: Sequence[int]
    group: str
    trained: GroupResults | str


def train(
    group: Group, folder: Path, programs: MutableMapping[Any, Any], console: Console
) -> GroupResults | str:
    """Train what is missing of a group.

    Args:
        group: with all members that its store holds among its rows.
        folder: of the multirun.
        programs: compiled for the same group before.
        console: where progress is shown.

    Returns:
        The results, or one line why there are none.
    """
    place = multirun.group_folder(folder, group.name)
    try:
        with progress_bar(console) as on_progress:
            sweeping.train(group.plan, store=place, programs=programs, on_progress=on_progress)
        measure_after(group, place)
    except (StoreError, TrainError, MemoryError) as error:
        return str(error)
    return read(place)._replace(n_new=on_progress.n_new)


def measure_after(group: Group, place: Path) -> None:
    """Make the evaluations of stored members that the sweeps of jobs in a group ask for.

    Raises:
        StoreError: the store holds another evaluation of that name; one line.
    """
    for job in group.measuring:
        sweeping.measure_after(job, place)


def read(place: Path) -> GroupResults:
    """What the store of a group holds.

    Args:
        place: its folder, with a sweep.json.

    Raises:
        StoreError: the store is damaged.
    """
    found = folder.read_sweep(place)
    assert found is not None
    return GroupResults(*found)


def with_held(group: Group, folder: Path) -> Group:
    """The group with the members of its store, so that it only ever grows.

    Raises:
        StoreError: the store is damaged.
    """
    place = multirun.group_folder(folder, group.name)
    header = reading.read_header(place)
    if header is None:
        return group
    held = grid_of(header)
    if {*held.dims.values()} != {group.names}:
        raise StoreError(f"{place}: expected a sweep over {', '.join(group.names)} together")
    old: list[Row] = [*zip(*(held.axes[name].tolist() for name in group.names), strict=True)]
    rows, numbers = numbered(group.names, [*old, *group.rows])
    return dataclasses.replace(
        group,
        rows=rows,
        job_sweeps=[
            (job_sweep, [numbers[len(old) + own] for own in mine])
            for job_sweep, mine in group.job_sweeps
        ],
    )


def dataset_of(trained: GroupResults, numbers: Sequence[int], grid: Grid) -> Any:
    """The members of one sweep of a job as the Dataset that its own sweep would have given."""
    header, _, table = trained.sweep
    ids = table.ids[numbers]
    own = Table(ids, header["schema"])
    own.put(files.Rows(ids, {k: v[numbers] for k, v in table.arrays.items()}))
    own.present &= table.present[numbers]
    return reading.dataset_of(header, grid, own)
