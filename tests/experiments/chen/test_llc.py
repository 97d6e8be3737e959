"""The claims on local learning coefficients, on chains made by hand."""

import numpy as np
import pytest
import xarray

from experiments.chen import theory
from experiments.chen.llc.claims import judge, judge_theory
from experiments.chen.llc.measure import LONG, SHORT, measure, n_examples
from experiments.chen.llc.published import LARGE, PRINTED, SMALL

POINTS = [("5", 5, -0.5), ("5+", 5, 1 / 12), ("6", 6, -0.5)]
TEMPERATURES = [n / np.log(n) for n in (SMALL, LARGE)]


def chains(estimates, *, n_chains=10, left=()):
    """A dataset whose chains give (estimate at small n, estimate at large n) for each polygon."""
    losses = np.empty((3, 2, n_chains, 40))
    for i, (name, _, _) in enumerate(POINTS):
        for j, B in enumerate(TEMPERATURES):
            losses[i, j] = theory.level(name) + estimates[name][j] / B
    for chain in left:
        losses[:, :, chain] -= 0.05
    coords = {
        "polygon": range(3),
        "inverse_temperature": TEMPERATURES,
        "seed": range(n_chains),
        "vertices": ("vertices", [5, 5, 6]),
        "other_bias": ("vertices", [bias for _, _, bias in POINTS]),
    }
    coords.pop("polygon")
    return xarray.Dataset(
        {"loss": (("vertices", "inverse_temperature", "seed", "step"), losses)}, coords=coords
    )


RIGHT = {name: (PRINTED[name][0], theory.LLC[name]) for name, _, _ in POINTS}


def verdicts(dataset, short=None):
    """Long chains, and short ones that are the same where there are no others."""
    measured = measure({LONG: dataset, SHORT: dataset if short is None else short})
    return {v.claim.id.removeprefix("chen/llc/"): v for v in judge(measured)}


def test_chains_that_have_the_coefficients_reproduce_them():
    found = verdicts(chains(RIGHT))
    assert all(verdict.reproduced for verdict in found.values())
    assert found["theory_5"].measured == pytest.approx(7.0, rel=1e-4)
    assert "10 of 10" in found["theory_5"].note


def test_chains_that_have_not_do_not():
    wrong = {name: (large, small + 3) for name, (small, large) in RIGHT.items()}
    found = verdicts(chains(wrong))
    assert {v.reproduced for name, v in found.items() if name.startswith("theory")} == {False}
    assert found["overshoot"].reproduced is False


def test_chains_that_left_their_polygon_do_not_count():
    found = verdicts(chains(RIGHT, left=(0, 3)))
    assert found["theory_6"].reproduced
    assert "8 of 10" in found["theory_6"].note
    none = verdicts(chains(RIGHT, n_chains=2, left=(0, 1)))
    assert none["theory_6"].reproduced is False
    assert none["crossing_measured"].reproduced is False


def test_the_paper_is_compared_with_the_long_chains_and_the_short_ones_are_reported():
    wrong = {name: (small + 3, large) for name, (small, large) in RIGHT.items()}
    found = verdicts(chains(RIGHT), short=chains(wrong))
    assert all(verdict.reproduced for verdict in found.values())
    assert "depends on the length of the chains" in found["paper_5"].note
    assert f"arc-llc's: {RIGHT['5'][0] + 3:.3g}" in found["paper_5"].note
    found = verdicts(chains(wrong), short=chains(RIGHT))
    assert {v.reproduced for name, v in found.items() if name.startswith("paper")} == {False}


def test_what_needs_no_chains_is_reproduced():
    found = {v.claim.id: v for v in judge_theory()}
    assert all(verdict.reproduced for verdict in found.values())
    assert found["chen/llc/crossing"].measured == pytest.approx(601, abs=1)


@pytest.mark.parametrize("n", [5e3, 5e5])
def test_n_is_found_from_its_temperature(n):
    assert n_examples(float(np.float32(n / np.log(n)))) == n
