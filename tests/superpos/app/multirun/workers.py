"""Workers that do what a test says, and results that cost nothing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from superpos.app.boundary import compose
from superpos.app.config.experiment import bind
from superpos.app.config.sweep_plan import make_plan
from superpos.app.multirun.groups import grouped, job_sweeps_of
from superpos.app.multirun.workers.pool import LostError, Sent, WorkerPool
from superpos.app.sweeping import root_key
from superpos.engine.sweep import with_root_key
from superpos.store import files
from superpos.store.grid import canonical_spec, make_grid
from superpos.store.header import header_axes
from superpos.train import FitSpec

SCHEMA = {
    "loss": {"shape": [2], "dtype": "float32", "dims": ["step"]},
    "diverged_step": {"shape": [], "dtype": "int32", "dims": []},
}


def groups(*jobs):
    """The groups of some jobs, each given by its overrides."""
    units = []
    for number, job in enumerate(jobs):
        config = compose(["experiment=train", *job.split()])
        units += job_sweeps_of(number, bind(config, trace=False)[0])
    return grouped(units, ["seed"])


def ids_of(group):
    """The ids of the members of a group, in the order of its rows."""
    work = group.plan
    spec = with_root_key(work.spec, root_key(group.config))
    return make_grid(work.axes, work.zipped).member_ids(spec).tolist()


def write(part, n_most=None):
    """A worker's work without training: a chunk for each member that is not on disk."""
    fit = FitSpec(**part["config"]["fit"])
    work = make_plan(part["config"], part["axes"], part["zipped"], fit, {})
    place = Path(part["store"])
    grid = make_grid(work.axes, work.zipped)
    if files.read_header(place) is None:
        spec = canonical_spec(with_root_key(work.spec, root_key(work.config)))
        steps = [fit.n_steps // 2, fit.n_steps]
        rest = {"fit": part["config"]["fit"], "schema": SCHEMA, "coordinates": {"step": steps}}
        rest |= {"width": [1, 1], "fingerprint": {}}
        files.write_header(place, {"spec": spec, **header_axes(grid), **rest})
    for each in [each for each in part["ids"] if each.encode() not in on_disk(place)][:n_most]:
        loss = np.full((1, 2), int(each[:4], 16), np.float32)
        arrays = {"loss": loss, "diverged_step": np.full(1, -1, np.int32)}
        files.write_chunk(place, files.Rows(np.asarray([each], "S16"), arrays))


def on_disk(place):
    """The ids of all members on disk, once for each chunk that holds them."""
    return [each for path in files.chunk_files(place) for each in files.read_chunk(path).ids]


class Workers:
    """An engine whose workers end as told.

    Attributes:
        log: what was asked of it: ("submit" | "done" | "cancel", number of the submission).
        parts: all that were submitted.
    """

    def __init__(self, *ends: Callable | str | Exception, looks: int = 1) -> None:
        self.ends = list(ends)
        self.looks = looks
        self.log, self.parts = [], []
        self.engine = WorkerPool(self.submit, lambda: None)

    def submit(self, part):
        number = len(self.parts)
        end = self.ends[number] if number < len(self.ends) else write
        self.parts.append(part)
        self.log.append(("submit", number))
        left = iter(range(self.looks))

        def done():
            self.log.append(("done", number))
            return next(left, None) is None

        def result():
            found = end(part) if callable(end) else end
            if isinstance(found, Exception):
                raise found
            return found

        return Sent(done, result, lambda: self.log.append(("cancel", number)))


def lost(n_chunks):
    """A worker that is lost after some chunks."""

    def end(part):
        write(part, n_chunks)
        return LostError(f"lost after {n_chunks}")

    return end
