"""The claims on plateaus, on losses made by hand."""

import numpy as np
import pytest

from experiments.chen import plateaus, theory

LEVELS = {name: theory.level(name) for name in theory.KINDS}


def verdicts(*runs):
    """Runs as strings of polygons; "-" is elsewhere."""
    losses = [[LEVELS.get(name, 0.09) for name in run.split()] for run in runs]
    found = plateaus.judge(np.array(losses))
    return {v.claim.id.removeprefix("chen/sgd/"): v for v in found}


USUAL = " ".join(["4"] * 27 + ["4+"] * 36 + ["4++"] * 17 + ["5"] * 15 + ["-"] * 5)


def test_runs_that_go_down_by_plateaus_reproduce_the_claims():
    found = verdicts(USUAL)
    assert all(verdict.reproduced for verdict in found.values())
    assert found["on_plateau"].measured == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("run", "wrong"),
    [
        (USUAL.replace("4+ 4+ 4+ 4+ 4+ 4+ 4+ 4+", "- - - - - - - -"), "on_plateau"),
        (" ".join(USUAL.split()[:95][::-1] + ["-"] * 5), "down"),
        (" ".join(["5"] * 95 + ["4"] * 0 + ["-"] * 5), "occupied"),
        (USUAL.replace("5", "6"), "hexagon"),
    ],
)
def test_each_claim_can_fail(run, wrong):
    assert verdicts(run)[wrong].reproduced is False


def test_a_loss_is_on_the_nearest_plateau_within_reach():
    near = np.array([LEVELS["5"] + 2e-4, LEVELS["5"] + 4e-4, LEVELS["6"] - 1e-4])
    names = list(theory.KINDS)
    expected = [names.index("5"), plateaus.ELSEWHERE, names.index("6")]
    np.testing.assert_array_equal(plateaus.plateau_of(near), expected)


def test_passages_over_the_ground_between_plateaus_count_once():
    number = {name: at for at, name in enumerate(theory.KINDS)}
    run = np.array([[number["4"], -1, number["4+"], number["4+"], -1, number["5"], number["4"]]])
    assert plateaus.passages(run) == (2, 3)
