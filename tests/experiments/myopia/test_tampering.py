"""The analysis of tampering on agents that follow the best plans."""

import numpy as np

from experiments.myopia.tampering.claims import CLAIMS, judge
from experiments.myopia.tampering.figures import draw, tables
from experiments.myopia.tampering.measure import measure
from tests.experiments.myopia.made import shares_of, swept

WORK, INVEST, STOP, TAMPER = range(4)
AT = "data.environment.environment"


def test_agents_that_follow_the_best_plans_hold_every_claim(tmp_path) -> None:
    config = {f"{AT}.n_allowed": 4.0}
    axes = {"growth": [0.0, 0.25], "seed": range(2)}
    stops = [WORK] * 4 + [STOP]
    true = swept(
        axes,
        lambda *_: shares_of(stops, 4),
        lambda *_: 4.0,
        config=config | {"data.environment.penalty_reads": "true"},
        at=AT,
    )
    again = ([WORK] * 3 + [TAMPER]) * 2 + [WORK] * 4
    observed = swept(
        axes,
        lambda *_: shares_of(again, 4),
        lambda growth, _: 10.0 if growth == 0 else 12.25,
        config=config | {"data.environment.penalty_reads": "observed"},
        at=AT,
    )
    measured = measure({"true_clock": true, "observed_clock": observed})
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    assert [key for key, verdict in found.items() if not verdict.reproduced] == []
    assert found["gains"].measured == 2.5
    np.testing.assert_allclose(measured.arms["observed_clock"].regret, 0, atol=1e-12)
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).exists()
    [table] = tables(measured)
    assert [row[2] for row in table.rows] == ["0.00", "0.00", "2.00", "2.00"]


def test_agents_that_act_at_random_neither_tamper_nor_shut_down_on_time() -> None:
    on = 0.8 ** np.arange(12)  # of which a fifth is shut down in each epoch
    shares = on[:, None] * np.array([0.2, 0.2, 0.2, 0.4])
    sweeps = {
        f"{reads}_clock": swept(
            {"growth": [0.25], "seed": range(2)},
            lambda *_: shares,
            lambda *_: 4.0,
            config={f"{AT}.n_allowed": 4.0, "data.environment.penalty_reads": reads},
            at=AT,
        )
        for reads in ("true", "observed")
    }
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measure(sweeps))}
    np.testing.assert_allclose(found["shut_down"].measured, 0.2 * 0.8**4)
    assert found["tampers"].measured == 0  # 1.9 times in an episode, twice as often as shutdown
    for key in ("honest", "shut_down", "tampers", "stays_on"):
        assert not found[key].reproduced, key
