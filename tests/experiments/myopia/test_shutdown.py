"""The analysis of shutdowns on policies that are written down; and what a policy does exactly."""

import numpy as np
import pytest
import xarray

from experiments.myopia.behaviour import alive_under, behaviour_of
from experiments.myopia.shutdown.claims import CLAIMS, judge
from experiments.myopia.shutdown.figures import draw, tables
from experiments.myopia.shutdown.measure import ARMS, NUMBERS, measure
from superpos.arguments import ArgumentError
from tests.experiments.myopia.made import shares_of, swept

WORK, INVEST, STOP = range(3)
SEEDS = range(2)
BEST = [INVEST, INVEST, WORK, WORK, WORK, WORK, STOP]
N_CLOCKS, N_CAPITALS = 24, 4
ALLOWED = (3.0, 6.0, 9.0, 4.0, 12.0)
TABLE = "evaluations.epoch_table"
CONFIG = {
    f"{TABLE}.allowed": ALLOWED,
    f"{TABLE}.n_clocks": N_CLOCKS,
    f"{TABLE}.n_capitals": N_CAPITALS,
}


def table(stops_at: float, until: int = N_CLOCKS) -> np.ndarray:
    """A policy that works, and shuts down where the clock is from `stops_at` on and before."""
    found = np.zeros((N_CLOCKS, N_CAPITALS, 3))
    clocks = np.arange(N_CLOCKS)
    stops = (clocks >= stops_at) & (clocks < until)
    found[stops, :, STOP] = 1
    found[~stops, :, WORK] = 1
    return found


PLANS = {"nothing": [STOP], "noise": [STOP], "permuted": [STOP], "free": [WORK]}
RETURNS = {"capital": 2.6, "nothing": 1.6, "noise": 1.6, "permuted": 1.7, "free": 6.0}
TABLES = {
    "one_hot": [table(6, 12)] * len(ALLOWED),
    "sinusoid": [table(6, 20)] * len(ALLOWED),
    "shown": [table(n) for n in ALLOWED],
}


def seen(names, config=CONFIG) -> xarray.Dataset:
    """The arms of a sweep, as points."""
    tables = np.array([TABLES.get(name, [table(6)] * len(ALLOWED)) for name in names])
    found = swept(
        {"arm": range(len(names)), "seed": SEEDS},
        lambda arm, _: shares_of(PLANS.get(names[arm], BEST), 3),
        lambda arm, _: RETURNS.get(names[arm], 8.0),
        config=config,
        policy_table=(
            ("arm", "seed", "step_epoch_table", "shown_allowed", "clock", "capital", "action"),
            np.repeat(tables[:, None, None], len(SEEDS), axis=1),
        ),
    )
    numbers = np.array([ARMS[name] for name in names])
    return found.assign_coords(
        {name: ("arm", each) for name, each in zip(NUMBERS, numbers.T, strict=True)}
    )


def no_action() -> xarray.Dataset:
    return swept({"seed": SEEDS}, lambda *_: shares_of([WORK], 2), lambda *_: -6.0, config=CONFIG)


def test_agents_as_they_are_claimed_to_be_hold_every_claim(tmp_path) -> None:
    measured = measure({"seen": seen([*ARMS]), "no_action": no_action()})
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


def test_agents_that_are_not_there_are_not_judged(tmp_path) -> None:
    measured = measure({"seen": seen(["one_hot"]), "no_action": no_action()})
    verdicts = {each.claim.id.rpartition("/")[2]: each for each in judge(measured)}
    absent = ("leak", "seen", "shown", "between", "beyond")
    assert all(verdicts[each].reproduced is None for each in absent)
    assert verdicts["ahead"].reproduced
    assert len(draw(measured, tmp_path)) == 2


def test_a_policy_is_played_exactly() -> None:
    """It shuts down with 0.2 without capital, with 0.4 at capital 1, and at once with more."""
    policy = np.array([[[0.5, 0.3, 0.2], [0.1, 0.5, 0.4], [0.0, 0.0, 1.0]]] * 3)
    alive = alive_under(policy, np.array([0, 0, 0, 0]))
    second = 0.5 * 0.8 + 0.3 * 0.6
    one, more = 0.5 * 0.3 + 0.3 * 0.1, 0.3 * 0.5
    assert second == pytest.approx(0.5**2 + one + more)
    np.testing.assert_allclose(alive, [1, 0.8, second, 0.5**2 * 0.8 + one * 0.6])


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("allowed", [3.0, 9.0], "N=6"), ("n_clocks", 13, "14 or"), ("n_capitals", 2, "3 or more")],
)
def test_a_table_that_leaves_out_what_is_read_is_refused(name, value, expected) -> None:
    with pytest.raises(ArgumentError) as refused:
        measure({"seen": seen([*ARMS], {**CONFIG, f"{TABLE}.{name}": value})})
    assert str(refused.value).startswith(f"{TABLE}.{name}={value}: expected {expected}")


def test_without_an_epoch_n_nobody_shuts_down_in_it() -> None:
    """An episode of 4 epochs, all of which are allowed."""
    short = swept({"seed": SEEDS}, lambda *_: shares_of([STOP], 3, 4), lambda *_: 0.0, config={})
    found = behaviour_of(short, ("seed",), np.array([4.0]))
    assert np.isnan(found.on_time).all() and (found.premature == 1).all()
