"""Overshoots of simulated models and of runs that follow a law."""

import numpy as np
import pytest

from experiments.triggers.buffer import simulated
from experiments.triggers.buffer.claims import judge
from experiments.triggers.buffer.measure import Buffers, measure
from experiments.triggers.buffer.simulated import GROWTH, LAW, passes, worst
from superpos.triggers import Policy
from tests.experiments.triggers.made import FLOPS, stored

STEPS = np.arange(50, 8001, 50)


def run(factor: float, months: int = 1200, noise: float = 0.0, jump: float = 1.0, seed: int = 0):
    policy = Policy(factor=factor, months=months, law=LAW)
    return simulated.one_run(policy, noise, jump, [seed, 0])[0]


def test_without_jumps_evaluations_are_where_the_growth_says() -> None:
    """Looks to a factor of 4, rounded up, and two more; the anchor is where one begins."""
    looks = int(np.ceil(np.log(4) / np.log(GROWTH)))
    overshoots = run(4.0)
    np.testing.assert_allclose(overshoots, GROWTH ** (looks + 2))
    assert len(overshoots) == (simulated.LOOKS - 1 - 2) // looks
    assert GROWTH**looks >= 4 > GROWTH ** (looks - 1)


def test_months_come_first_where_they_are_few() -> None:
    """A month is 7 or 8 looks of 4 days, in which compute grows by 1.38 or 1.44."""
    overshoots = run(16.0, months=1)
    assert len(overshoots) in (22, 23)
    assert overshoots.max() <= GROWTH ** (8 + 2) * (1 + 1e-9)


def test_independent_clocks_cost_no_fewer_evaluations() -> None:
    """By months alone a run of 728 days has 7 at 3 months and 3 at 6; by compute 6, with one more
    for looks that are not on time. Together the months come first at 3, and compute at 6."""
    costs = simulated.costs(1)[:, :, 0].tolist()
    assert costs == [[8, 8 + 5], [6, 6 + 3]]


@pytest.mark.parametrize("jump", [1.3, 3.0])
def test_no_overshoot_is_more_than_the_closed_form(jump: float) -> None:
    most = max(run(4.0, jump=jump, seed=seed).max() for seed in range(20))
    assert worst(4.0, 1.0) < most <= worst(4.0, jump)


def test_a_capability_is_seen_from_a_sixth_of_its_compute_on() -> None:
    uniforms = np.random.default_rng(0).random((4000, simulated.N_TASKS))
    share = [np.mean([passes(at, row) for row in uniforms]) for at in (1 / 12, 1 / 6, 1 / 3)]
    assert share[0] < 0.1 and share[2] > 0.95
    assert share[1] == pytest.approx(0.588, abs=0.03)  # 10 or more heads of 20 coins


def buffers(noise: float = 0.0, law=lambda flops: 0.1 + (FLOPS * 1000 / flops) ** 0.7):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "N_RUNS", 1)
        return measure({"sweep": stored(law, STEPS, 4, noise)})


def test_real_runs_are_evaluated_by_the_law_of_others() -> None:
    """From 500 updates on: a look is a tenth and less of what is there, an evaluation one more."""
    found = buffers()
    assert found.real is not None
    two, four, eight, sixteen = found.real
    assert [len(each) for each in found.real] == [6, 2, 2, 0]  # of two runs, before their ends
    assert four.min() >= 4 and four.max() <= 4 * 1.1 * 1.1
    assert eight.min() >= 8 and two.min() >= 2 and two.max() <= 2 * 1.1 * 1.1
    np.testing.assert_array_equal(found.sigma, 0)


def verdicts(found: Buffers) -> dict[str, bool | None]:
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in judge(found)}


def test_the_claim_on_real_runs_can_fail() -> None:
    found = buffers()
    assert verdicts(found)["real"] is True
    wide = [np.array([each]) for each in (2.5, 6.5, 5.0, 1.0)]
    assert verdicts(found._replace(real=wide))["real"] is False
    assert verdicts(buffers(law=lambda flops: flops / flops.max()))["real"] is False
    assert verdicts(found._replace(real=None))["real"] is None
