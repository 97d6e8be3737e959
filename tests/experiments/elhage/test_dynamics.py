"""Jumps and stages found in series made by hand, and kinds of geometry."""

import numpy as np
import pytest
import xarray

from experiments.elhage.dynamics.claims import judge_sets, judge_uniform
from experiments.elhage.dynamics.jumps import drops, jumps_of
from experiments.elhage.dynamics.measure import Course, Sets, courses_of, kind_of
from superpos.train import NoMemberError

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
    D = np.stack([0.3 + 0.2 * step(120), 0.3 - 0.3 * step(120)], -1)
    course = Course(T, D, np.exp(-step(at)), np.array([True, False]))
    found = {v.claim.id.rpartition("/")[2]: v.reproduced for v in judge_uniform([course])}
    assert found["levels"] is found["jumps"] is True
    assert found["same_time"] is state


def test_levels_are_those_of_represented_features_and_the_nearest_run_is_judged() -> None:
    W = np.zeros((3, 2, 1))
    W[:2, 0] = 1.0
    D = np.stack([np.full((200, 2), level) for level in (0.4, 0.5, 0.5)])
    D[1, :, 1] = 0.1
    dataset = xarray.Dataset(
        {
            "feature_dimensionality": (("seed", "step", "feature"), D),
            "train_loss": (("seed", "step"), np.ones((3, 200))),
            "W": (("seed", "feature", "hidden"), W),
            "status": ("seed", ["ok", "ok", "ok"]),
        },
        {"seed": [0, 1, 2], "step": T},
    )
    courses = courses_of(dataset)
    assert [course.unevenness for course in courses] == pytest.approx([0.0, 0.1, 0.5])
    assert courses[0].kept.tolist() == [True, False]
    with pytest.raises(NoMemberError):
        courses_of(dataset.assign(status=("seed", ["diverged"] * 3)))


def test_late_drops_of_a_noisy_loss_are_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    noise = np.exp(0.08 * rng.normal(size=200))
    np.testing.assert_allclose(
        drops(np.exp(-2 * step(20, 3) - 1.5 * step(100, 8)) * noise), [20, 100], atol=6
    )
    assert len(drops(np.exp(-2 * step(20, 3)) * noise)) == 1


def test_kinds_of_geometry() -> None:
    assert kind_of(CROSSED) == "octahedron"
    assert kind_of(WITHIN) == "octahedron, pairs within sets"
    assert kind_of(FIVE) == "5 features"


def test_fractions_of_runs() -> None:
    losses = np.tile(np.exp(-step(50) - step(120)), (4, 1))
    sets = Sets(T, np.stack([CROSSED, CROSSED, WITHIN, FIVE]), losses)
    found = {v.claim.id.rpartition("/")[2]: v for v in judge_sets(sets)}
    assert found["staged"].measured == 2
    assert found["octahedron"].measured == 0.75
    assert found["cross_pairs"].reproduced is False
    none = {v.claim.id: v.reproduced for v in judge_sets(Sets(T, FIVE[None], losses[:1]))}
    assert set(none.values()) == {False}
