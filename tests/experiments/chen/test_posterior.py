"""The claims on the posterior over polygons, on chains made by hand."""

import numpy as np
import pytest
import scipy

from experiments.chen import theory
from experiments.chen.posterior.claims import crossing, crossings, judge
from experiments.chen.posterior.measure import Chains, vertices
from experiments.chen.posterior.odds import expected_log_odds, log_odds

N_DRAWS = 40
LADDERS = {100.0: [100.0], 300.0: [150.0, 300.0], 1000.0: [150.0, 600.0, 1000.0]}


def chains(*, odds=-3.0, slope=-0.02, stuck=False, direct=None):
    """Two data sets, starts at 5 and 6; `odds` at the least B, and an energy gap of `slope`."""
    rows = [(n, B) for n, ladder in LADDERS.items() for B in ladder]
    k = np.empty((len(rows), 4, N_DRAWS), int)
    for row, (n, B) in enumerate(rows):
        value = odds if LADDERS[n][0] == B else 0.0
        if direct is not None and B == n == 300:
            value = direct
        six = round(N_DRAWS / (1 + np.exp(-value)))
        k[row] = np.where(np.arange(N_DRAWS) < six, 6, 5)
        if stuck:
            k[row] = np.array([5, 6, 5, 6])[:, None]
    n, B = np.array(rows).T
    loss = np.where(k == 6, slope, 0.0) + 0.07
    start, data = np.array([5, 6, 5, 6]), np.array([0, 0, 1, 1])
    return Chains(n=n, B=B, start=start, data=data, k=k, before=k, loss=loss)


def verdicts(found):
    return {v.claim.id.removeprefix("chen/posterior/"): v for v in judge(found)}


@pytest.mark.parametrize("seed", range(5))
def test_vertices_are_those_of_the_convex_hull(seed):
    W = np.random.default_rng(seed).normal(size=(20, 6, 2))
    expected = [len(scipy.spatial.ConvexHull(points).vertices) for points in W]
    np.testing.assert_array_equal(vertices(W), expected)


@pytest.mark.parametrize(("name", "expected"), [("5", 5), ("5+", 5), ("6", 6), ("4", 4)])
def test_polygons_have_their_vertices(name, expected):
    assert vertices(theory.critical_point(name).W) == expected


def test_log_odds_are_counted_and_then_integrated():
    found = chains(odds=np.log(1 / 3), slope=-0.02)
    counted = np.log((2 * 10 + 0.5) / (2 * 30 + 0.5))
    np.testing.assert_allclose(log_odds(found, 100.0), counted)
    np.testing.assert_allclose(log_odds(found, 1000.0), counted + 0.02 * 850)


def test_the_crossing_is_between_the_sizes_where_odds_change_sign():
    sizes = np.array([100.0, 300.0, 500.0])
    assert crossing(sizes, np.array([-2.0, -1.0, 3.0])) == pytest.approx(350)
    assert crossing(sizes, np.array([-2.0, -1.0, -0.5])) is None
    assert crossing(sizes, np.array([2.0, 1.0, 0.5])) is None


def test_each_data_set_has_a_crossing_of_its_own():
    """At 350 and 400; one that never turns is not counted."""
    sizes = np.array([100.0, 300.0, 500.0])
    odds = np.array([[-2.0, -1.0, 3.0], [-4.0, -1.0, 1.0], [-1.0, -1.0, -1.0]]).T
    np.testing.assert_allclose(crossings(sizes, odds), [350, 400])


def test_the_crossing_is_the_mean_over_data_sets_with_its_standard_error():
    """Odds that rise through 0 at other n: the mean of the crossings, not that of mean odds."""
    found = chains(odds=-3.0, slope=-0.012)
    verdict = verdicts(found)["crossing"]
    expected = crossings(found.sizes, np.array([log_odds(found, n) for n in found.sizes]))
    assert len(expected) == 2
    assert verdict.measured == pytest.approx(expected.mean())
    error = expected.std(ddof=1) / np.sqrt(2)
    assert f"in 2 of 2 data sets, standard error {error:.3g}" in verdict.note


def test_the_theory_has_even_odds_at_its_crossing():
    assert expected_log_odds(np.array([601.0])) == pytest.approx(0, abs=0.01)


def test_chains_that_turn_where_theory_says_reproduce_the_claims():
    low, high = expected_log_odds(np.array([300.0, 1000.0]))
    gap = (low - high) / 700
    found = verdicts(chains(odds=-2.0, slope=gap, direct=0.7))
    names = {name for name, verdict in found.items() if verdict.reproduced}
    assert names == {"below", "above", "slope", "mixed", "agrees"}


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (chains(odds=1.0), "below"),
        (chains(odds=-3.0, slope=0.01), "above"),
        (chains(odds=-1.0), "crossing"),
        (chains(odds=-3.0, slope=-0.01), "slope"),
        (chains(stuck=True), "mixed"),
        (chains(odds=-3.0, direct=3.0), "agrees"),
    ],
)
def test_each_claim_can_fail(found, wrong):
    assert verdicts(found)[wrong].reproduced is False


def test_what_was_not_met_has_failed():
    found = chains(odds=-40.0)
    assert verdicts(found)["above"].reproduced is False
