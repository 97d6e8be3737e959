"""The analysis of shutdowns on policies that are written down; and what a policy does exactly."""

import numpy as np
import pytest

from experiments.myopia.behaviour import alive_under
from experiments.myopia.shutdown.claims import CLAIMS, judge
from experiments.myopia.shutdown.figures import draw, tables
from experiments.myopia.shutdown.measure import measure
from tests.experiments.myopia.made import shares_of, swept

WORK, INVEST, STOP = range(3)
SEEDS = range(2)
BEST = [INVEST, INVEST, WORK, WORK, WORK, WORK, STOP]
N_CLOCKS, N_CAPITALS = 36, 4
ALLOWED = (3.0, 6.0, 9.0, 4.0, 12.0)


def table(stops_at: float, until: int = N_CLOCKS) -> np.ndarray:
    """A policy that works, and shuts down where the clock is from `stops_at` on and before."""
    found = np.zeros((N_CLOCKS, N_CAPITALS, 3))
    clocks = np.arange(N_CLOCKS)
    stops = (clocks >= stops_at) & (clocks < until)
    found[stops, :, STOP] = 1
    found[~stops, :, WORK] = 1
    return found


def sweep(plan, earned: float, tables=None, n_actions: int = 3, penalties=None, **config):
    """Agents that all follow a plan, and whose policies are given."""
    axes = ({"penalty": penalties} if penalties else {}) | {"seed": SEEDS}
    tables = np.array([table(6)])[..., :n_actions] if tables is None else tables
    shape = tuple(len(each) for each in axes.values())
    return swept(
        axes,
        lambda *point: shares_of([WORK] if penalties and point[0] == 0 else plan, n_actions),
        lambda *_: earned,
        config=config,
        policy_table=(
            (*axes, "step_epoch_table", "shown_allowed", "clock", "capital", "action"),
            np.broadcast_to(tables, (*shape, 1, *tables.shape)),
        ),
    )


def test_agents_as_they_are_claimed_to_be_hold_every_claim(tmp_path) -> None:
    horizons = {
        "evaluations.epoch_table.allowed": ALLOWED,
        "data.environment.allowed": [3, 6, 9],
    }
    measured = measure(
        {
            "one_hot": sweep(BEST, 8.0, np.array([table(6, 12)]), penalties=[2.0, 0.0]),
            "scalar": sweep(BEST, 8.0),
            "sinusoid": sweep(BEST, 8.0, np.array([table(6, 20)])),
            "capital": sweep(BEST, 2.6),
            "nothing": sweep([STOP], 1.6),
            "noise": sweep([STOP], 1.6),
            "permuted": sweep([STOP], 1.7),
            "no_action": sweep([WORK], -6.0, n_actions=2),
            "horizons": sweep(BEST, 8.0, np.array([table(n) for n in ALLOWED]), **horizons),
        }
    )
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    assert [key for key, verdict in found.items() if not verdict.reproduced] == []
    assert found["ahead"].measured == -2 and found["free"].measured == 6
    np.testing.assert_allclose(measured.stays, [ALLOWED] * 2)
    # Put back to 0 at epoch 3, the clock says 6 at epoch 9.
    assert measured.wrong["back to 0 at 3"][0].tolist() == [1] * 10 + [0] * 2
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).exists()
    [shown] = tables(measured)
    assert shown.rows[0] == ["one-hot", "0.000", "0.000", "2.000", "8.000"]


def test_a_policy_is_played_exactly() -> None:
    """It shuts down with 0.2 without capital, with 0.4 at capital 1, and at once with more."""
    policy = np.array([[[0.5, 0.3, 0.2], [0.1, 0.5, 0.4], [0.0, 0.0, 1.0]]] * 3)
    alive = alive_under(policy, np.array([0, 0, 0, 0]))
    second = 0.5 * 0.8 + 0.3 * 0.6
    one, more = 0.5 * 0.3 + 0.3 * 0.1, 0.3 * 0.5
    assert second == pytest.approx(0.5**2 + one + more)
    np.testing.assert_allclose(alive, [1, 0.8, second, 0.5**2 * 0.8 + one * 0.6])
