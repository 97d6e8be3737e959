"""The claims on a coefficient that stops to act, on SAELens' numbers and others made by hand."""

import numpy as np
import pytest

from experiments.saes.saturation.claims import judge
from experiments.saes.saturation.figures import SAELENS
from experiments.saes.saturation.measure import Saturation

THEIRS = np.array(list(SAELENS.values()))
REACH = np.array([0.61, 2.01])


def saturation(l0=THEIRS, larger=0.5 * THEIRS, threshold=0.576) -> Saturation:
    return Saturation(
        coefficient=np.array(list(SAELENS)),
        rate=np.array([3e-4, 1e-3]),
        l0=np.array([l0, larger]),
        threshold=np.full((2, len(l0)), threshold),
        mmcs=np.ones((2, len(l0))),
        furthest=REACH,
        true_l0=3.2,
        n_latents=512,
    )


def failed(measured: Saturation) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(measured) if v.reproduced is False}


def test_the_numbers_of_the_issue_are_reproduced():
    found = {v.claim.id.rsplit("/", 1)[1]: v.measured for v in judge(saturation())}
    assert failed(saturation()) == set()
    assert found["falls"] == pytest.approx(10.2, abs=0.05)
    assert found["flat"] == pytest.approx(0.99, abs=0.005)
    assert found["reach"] == pytest.approx(0.944, abs=0.001)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"l0": np.full(7, 30.0), "larger": np.full(7, 10.0)}, {"falls", "flat"}),
        ({"l0": np.geomspace(400, 4, 7), "larger": np.full(7, 1.0)}, {"flat"}),
        ({"threshold": 0.3}, {"reach"}),
        ({"larger": THEIRS}, {"floor_moves"}),
    ],
)
def test_each_claim_can_fail(changes, wrong):
    assert failed(saturation(**changes)) == wrong


def test_one_coefficient_says_nothing():
    one = saturation()._replace(
        coefficient=np.array([1e-4]),
        rate=np.array([3e-4]),
        l0=np.array([[400.0]]),
        threshold=np.array([[0.1]]),
    )
    assert {verdict.measured for verdict in judge(one)} == {None}
