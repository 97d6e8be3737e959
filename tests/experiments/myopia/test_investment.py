"""The analysis of investments on agents that follow a plan."""

import numpy as np
import pytest

from experiments.myopia.investment.claims import CLAIMS, judge
from experiments.myopia.investment.figures import draw, tables
from experiments.myopia.investment.measure import Investments, measure
from tests.experiments.myopia.made import shares_of, swept

WORK, INVEST, STOP = range(3)
SEEDS = range(2)


def planned(n_investments: int, n_allowed: int) -> np.ndarray:
    plan = [INVEST] * n_investments + [WORK] * (n_allowed - n_investments) + [STOP]
    return shares_of(plan, 3)


def value(k: float, n_allowed: float, growth: float) -> float:
    return (n_allowed - k) * (1 + growth * k)


def made(count) -> Investments:
    """Agents that invest `count(N, κ, γ)` times and shut down at N."""
    grid = {"n_allowed": [2.0, 6.0], "growth": [0.3, 0.9], "seed": SEEDS}
    of_grid = swept(
        grid,
        lambda n, k, _: planned(count(n, k, 1), int(n)),
        lambda n, k, _: value(count(n, k, 1), n, k),
        config={},
    )
    inside = {"data.environment.n_allowed": 8.0, "data.environment.growth": 0.45}
    discounts = swept(
        {"discount": [0.0, 1.0], "seed": SEEDS},
        lambda g, _: planned(count(8, 0.45, g), 8),
        lambda g, _: value(count(8, 0.45, g), 8, 0.45),
        config=inside,
    )
    strengths = swept(
        {"penalty": [0.1, 2.0], "entropy_bonus": [0.0, 0.3], "seed": SEEDS},
        lambda p, b, _: planned(0 if b > 0.1 else 3, 8),
        lambda p, b, _: value(0 if b > 0.1 else 3, 8, 0.45),
        config=inside,
    )
    return measure(
        {"clipped": of_grid, "plain": of_grid, "discounts": discounts, "strengths": strengths}
    )


def best_count(n: float, k: float, discount: float) -> int:
    """By the closed form, in tenths of a point where no two plans are as good."""
    return 0 if discount == 0 else max(int(np.floor((n - 1 / k) / 2 + 0.5)), 0)


def test_agents_that_follow_the_best_plan_hold_every_claim(tmp_path) -> None:
    measured = made(best_count)
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    assert [key for key, verdict in found.items() if not verdict.reproduced] == []
    np.testing.assert_allclose(measured.clipped.regret, 0, atol=1e-12)
    np.testing.assert_array_equal(measured.clipped.did.overrun, 0)
    # After N = 6 epochs all that are on shut down, and nobody is left later.
    hazard = measured.clipped.did.hazard[1, 0, 0]
    np.testing.assert_array_equal(hazard[:7], [0] * 6 + [1])
    assert np.isnan(hazard[7:]).all()
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).exists()
    [table] = tables(measured)
    assert table.rows[0][1:3] == ["1.500", "1.500"]


def test_agents_that_never_invest_are_seen() -> None:
    measured = made(lambda *_: 0)
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measured)}
    assert not found["sides"].reproduced and not found["count"].reproduced
    assert found["myopic"].reproduced and found["overrun"].reproduced
    # N = 6, κ = 0.9: the best is 2 investments and 4 (1 + 1.8).
    assert measured.clipped.regret[1, 1, 0] == pytest.approx(1 - 6 / 11.2)
    assert measured.clipped.off[1, 1, 0] == 2
