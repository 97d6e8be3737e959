"""What is logged of members and of progress, by a tracker that keeps it in a list."""

import numpy as np
import xarray

from superpos import trackers
from superpos.train import Progress

STATUS = np.array([["ok", "diverged@4"], ["missing", "ok"]])


class Kept:
    """A run whose rows are kept."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, float]]] = []
        self.closed = 0
        self.tracker = trackers.Tracker(self.log, self.close)

    def log(self, step, metrics, /) -> None:
        self.rows.append((step, dict(metrics)))

    def close(self) -> None:
        self.closed += 1


def dataset() -> xarray.Dataset:
    """Two densities and two seeds; a loss at two steps, a norm at three, and a trigger's."""
    over = ("density", "seed")
    count = np.arange(4.0).reshape(2, 2)[..., None]
    return xarray.Dataset(
        {
            "status": (over, STATUS),
            "loss": ((*over, "step"), count + [0.5, 0.25]),
            "norm": ((*over, "step_norms"), count + [1, 2, np.nan]),
            "overlap": ((*over, "time_overlap"), count + [7, 8]),
            "step_overlap": ((*over, "time_overlap"), np.full((2, 2, 2), [30, -1])),
            "norms": ((*over, "step", "feature"), np.ones((2, 2, 2, 3))),
            "b": ((*over, "feature"), np.ones((2, 2, 3))),
        },
        {"density": [0.5, 1.0], "seed": [0, 1], "step": [10, 20], "step_norms": [5, 10, 20]},
    )


def test_each_finished_member_is_a_run_with_its_labels() -> None:
    kept, told = [], []

    def start(labels):
        told.append(labels)
        kept.append(Kept())
        return kept[-1].tracker

    assert trackers.log_members(dataset(), start) == 2
    assert told == [{"density": 0.5, "seed": 0}, {"density": 1.0, "seed": 1}]
    assert [each.closed for each in kept] == [1, 1]
    assert kept[0].rows == [
        (5, {"norm": 1.0}),
        (10, {"loss": 0.5, "norm": 2.0}),
        (20, {"loss": 0.25}),
        (30, {"overlap": 7.0}),
    ]
    assert kept[1].rows[1] == (10, {"loss": 3.5, "norm": 5.0})


def test_a_member_may_be_left_out() -> None:
    kept = Kept()

    def start(labels):
        return kept.tracker if labels["seed"] else None

    assert trackers.log_members(dataset(), start) == 1
    assert kept.closed == 1 and kept.rows[0] == (5, {"norm": 4.0})


def test_a_member_that_was_chosen_is_one_run() -> None:
    kept = Kept()
    assert trackers.log_members(dataset().sel(density=0.5, seed=0), lambda _: kept.tracker) == 1
    assert len(kept.rows) == 4


def test_progress_is_logged_at_the_model_steps_that_are_done() -> None:
    kept = Kept()
    trackers.on_progress(kept.tracker)(Progress(1, 3, 200, 600))
    expected = {"members_done": 1, "members": 3, "steps_done": 200, "steps": 600}
    assert kept.rows == [(200, expected)]
