"""Jumps and stages found in series made by hand, and kinds of geometry."""

import numpy as np
import pytest

from experiments.elhage.dynamics import Course, judge_sets, judge_uniform, kind_of
from experiments.elhage.jumps import drops, jumps_of

T = np.arange(200.0)
EYE = np.eye(3)
CROSSED = np.concatenate([EYE, -EYE])
WITHIN = np.stack([EYE[0], -EYE[0], EYE[1], -EYE[1], EYE[2], -EYE[2]])
FIVE = CROSSED * np.array([[1], [1], [1], [1], [1], [0]])


def step(at: float, width: float = 3.0) -> np.ndarray:
    return 1 / (1 + np.exp(-(T - at) / width))


def test_a_step_is_a_jump_and_a_slope_is_not() -> None:
    [sharp, slow] = jumps_of(np.stack([0.3 + 0.2 * step(120), 0.3 + 0.2 * T / 200], -1))
    assert abs(sharp.block - 120) <= 2
    assert sharp.share > 0.8
    assert slow.share < 0.2
    assert jumps_of(np.full((200, 2), 0.5)) == []


def test_drops_are_where_the_loss_falls() -> None:
    found = drops(np.exp(-step(50) - step(120)))
    np.testing.assert_allclose(found, [50, 120], atol=2)


@pytest.mark.parametrize(("at", "state"), [(120, True), (60, False)])
def test_jumps_and_drops_at_the_same_time(at: float, state: bool) -> None:
    course = Course(T, (0.3 + 0.2 * step(120))[:, None], np.exp(-step(at)))
    found = {v.claim.id.rpartition("/")[2]: v.reproduced for v in judge_uniform(course)}
    assert found["levels"] is found["jumps"] is True
    assert found["same_time"] is state


def test_kinds_of_geometry() -> None:
    assert kind_of(CROSSED) == "octahedron"
    assert kind_of(WITHIN) == "octahedron, pairs within sets"
    assert kind_of(FIVE) == "5 features"


def test_fractions_of_runs() -> None:
    losses = np.tile(np.exp(-step(50) - step(120)), (4, 1))
    found = {v.claim.id.rpartition("/")[2]: v for v in judge_sets(
        np.stack([CROSSED, CROSSED, WITHIN, FIVE]), losses)}  # fmt: skip
    assert found["staged"].measured == 2
    assert found["octahedron"].measured == 0.75
    assert found["cross_pairs"].reproduced is False
    assert found["others"].measured == 0.25
