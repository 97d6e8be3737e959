"""The verdicts on agents that are made by hand."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.traps.ppo import measure as module
from experiments.traps.ppo.claims import CLAIMS, at_least, judge
from experiments.traps.ppo.figures import draw, tables
from experiments.traps.ppo.measure import Agents, measure

N, TIMES = 40, 8
BONUS, NOISE = 0.15, 0.3
CONFIG = {
    "data.environment.bonus": BONUS,
    "data.environment.noise": NOISE,
    "model.n_hidden": 32,
    "optim.learning_rate": 1e-3,
    "fit.batch_size": 128,
}
LOW, HIGH = (0.05, [-0.23, -0.58], [0.7, 0.03, 0.03]), (0.95, [-0.74, -0.08], [0.03, 0.03, 0.7])
WIDE = (0.95, [-0.17, -0.02], [0.02, 0.02, 0.02])
"""Occupancy, returns on both branches and crosstalk, as in the paper."""


def dataset(low=LOW, high=HIGH, wide=(WIDE, WIDE)) -> xarray.Dataset:
    """Agents over rank and preference, neither in order; one that starts low ends high."""
    kinds = [[wide[1], wide[0]], [high, low]]
    dims = ("rank", "preference", "seed")
    p, pays, mixes = (
        np.array([[np.tile(kind[part], (N, 1)) for kind in row] for row in kinds])
        for part in range(3)
    )
    found = xarray.Dataset(
        {
            "occupancy": ((*dims, "step"), p.repeat(TIMES, axis=-1)),
            "branch_return": ((*dims, "step", "branch"), pays[..., None, :].repeat(TIMES, axis=-2)),
            "crosstalk": ((*dims, "step", "pair"), mixes[..., None, :].repeat(TIMES, axis=-2)),
            "clip_fraction": ((*dims, "step"), np.full((2, 2, N, TIMES), 0.1)),
            "status": (dims, np.full((2, 2, N), "ok", object)),
        },
        {"rank": [32.0, 2.0], "preference": [0.9, 0.05], "seed": range(N)},
    )
    return found.assign_coords(step=200 * np.arange(1, TIMES + 1))


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.store, "config_of", lambda _: CONFIG)


def verdicts(measured: Agents) -> dict[str, bool | None]:
    found = {verdict.claim.id.rsplit("/", 1)[1]: verdict.reproduced for verdict in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    return found


def test_agents_like_those_of_the_paper_reproduce_it(tmp_path: Path) -> None:
    measured = measure({"sweep": dataset()})
    assert measured.narrow_low.trapped.all() and not measured.wide_low.trapped.any()
    assert set(verdicts(measured).values()) == {True}
    assert measured.two_dimensions_error == pytest.approx(0.235111, abs=1e-6)
    assert measured.least_error == pytest.approx(0.165138, abs=1e-6)
    np.testing.assert_allclose(measured.errors(measured.narrow_low)[0], [0.23, 0.73])
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
    [table] = tables(measured)
    assert table.rows[0][:4] == ["rank 2, from 0.05", "40 of 40 (0.91 to 1.00)", "0.230", "0.730"]


@pytest.mark.parametrize(
    ("agents", "failed"),
    [
        ({"low": HIGH}, {"trapped", "share", "start", "interaction"}),
        ({"high": LOW}, {"escaped", "start", "interaction"}),
        ({"wide": (WIDE, LOW)}, {"room", "interaction"}),
        ({"low": (0.05, [-0.23, -0.2], LOW[2])}, {"reversal"}),
        ({"low": (0.05, [-0.3, -0.58], LOW[2])}, {"competent"}),
        ({"low": (*LOW[:2], HIGH[2])}, {"crosstalk"}),
    ],
)
def test_what_differs_is_not_reproduced(agents, failed) -> None:
    found = verdicts(measure({"sweep": dataset(**agents)}))
    assert {key for key, held in found.items() if held is False} >= failed


def test_occupancies_that_still_change_are_not_stable() -> None:
    moving = dataset()
    moving["occupancy"][:, :, 0, -1] += 0.2
    assert verdicts(measure({"sweep": moving}))["stable"] is False


def test_agents_that_did_not_finish_do_not_count() -> None:
    diverged = dataset()
    diverged["status"][:, :, 1:] = "diverged@3"
    measured = measure({"sweep": diverged})
    assert measured.narrow_low.occupancy.shape == (1, TIMES)
    diverged["status"][:] = "diverged@3"
    none = measure({"sweep": diverged})
    assert set(verdicts(none).values()) == {None}
    assert tables(none)[0].rows[0][1] == "none finished"


def test_a_share_counts_by_the_lower_end_of_its_interval() -> None:
    low, note = at_least(np.arange(100) < 96)
    assert low == pytest.approx(0.9016, abs=1e-3)
    assert note == "96 of 100"
    assert at_least(np.zeros(0, bool)) == (None, "")
