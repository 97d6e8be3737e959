"""The claims on the band of penalties, on grids made by hand."""

import numpy as np
import pytest

from experiments.saes.sharkey.claims import judge, steepest, stickiness
from experiments.saes.sharkey.measure import Grid, chance

RATIO = np.array([0.5, 1.0, 2.0, 4.0])
PENALTY = np.logspace(-3, 1, 17)
X = np.log10(PENALTY)


def rounded(centre: float, height: float) -> np.ndarray:
    """MMCS of each size, which falls off on both sides of a penalty."""
    return np.tile(height - 0.1 * np.abs(X - centre), (len(RATIO), 1))


def grid(**changes) -> Grid:
    """A band at a penalty of 0.1, in which the error does not change."""
    mmcs = rounded(-1, 0.98)
    error = np.where(np.abs(X + 1) < 0.6, 0.01, 10.0 ** (X / 2 - 1))
    proxy = mmcs - 0.05
    proxy[-1] = np.nan
    made = Grid(
        ratio=RATIO,
        coefficient=PENALTY,
        mmcs=mmcs,
        dead=np.tile(X > -0.8, (len(RATIO), 1)).astype(float),
        mse=np.tile(error, (len(RATIO), 1)),
        proxy=proxy,
        chance=np.full(len(RATIO), 0.6),
        cosine=np.ones((len(RATIO), len(PENALTY), 3)),
        share=np.ones(3),
    )
    return made._replace(**changes)


def failed(measured: Grid) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(measured) if v.reproduced is False}


def test_a_band_is_reproduced():
    assert failed(grid()) == set()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"chance": np.full(4, 0.9)}, {"above_chance"}),
        ({"dead": np.tile(X > 0.6, (4, 1)).astype(float)}, {"dead"}),
        ({"mse": np.tile(10.0**X, (4, 1))}, {"sticky"}),
        ({"proxy": -rounded(-1, 0.98)}, {"proxy", "chosen"}),
        ({"mmcs": rounded(-3, 0.98)}, {"too_small", "dead", "proxy", "chosen"}),
        ({"mmcs": rounded(1, 0.98)}, {"too_large", "dead", "proxy", "chosen", "sticky"}),
    ],
)
def test_each_claim_can_fail(changes, wrong):
    assert failed(grid(**changes)) == wrong


def test_without_a_band_nothing_of_it_holds():
    low = grid(mmcs=rounded(-1, 0.85))
    assert failed(low) == {"band", "diagonal", "dead", "sticky", "chosen"}


def test_a_band_at_one_penalty_for_all_sizes_of_the_published_kind_is_no_diagonal():
    """If l1 itself, and not l1 over the size, is the same at every size."""
    moved = np.stack([rounded(-1 - np.log10(r), 0.98)[0] for r in RATIO])
    assert "diagonal" in failed(grid(mmcs=moved))


def test_steepest_is_between_two_points():
    assert steepest(np.array([[0.0, 0.1, 0.9, 1.0]]), np.arange(4.0)) == pytest.approx([1.5])


def test_stickiness_is_the_slope_inside_over_that_above():
    x = np.arange(5.0)
    error = 10 ** np.array([[0.0, 1.0, 1.5, 2.0, 4.0]])
    band = np.array([[False, True, True, True, False]])
    assert stickiness(error, x, band) == pytest.approx(0.5 / 2)
    assert np.isnan(stickiness(error, x, np.zeros_like(band)))


def test_random_directions_are_nearer_the_more_there_are():
    truth = np.eye(4)
    assert chance(truth, 2) < chance(truth, 200) < 1
