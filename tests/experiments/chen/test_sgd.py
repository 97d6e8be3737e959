"""The claims on plateaus, on losses made by hand."""

import functools
import json

import numpy as np
import pytest
import xarray

from experiments.chen import theory
from experiments.chen.sgd.claims import judge
from experiments.chen.sgd.measure import (
    ELSEWHERE,
    Runs,
    estimates,
    passages,
    plateau_of,
    vestigial_bias,
)


@functools.cache
def levels():
    return {name: theory.level(name) for name in theory.KINDS}


LLC = {"4": 4.0, "4+": 5.0, "4++": 6.0, "5": 7.0, "5+": 8.5}


def verdicts(*runs, bias=-0.3, llc=LLC):
    """Runs as strings of polygons; "-" is elsewhere."""
    losses = np.array([[levels().get(name, 0.09) for name in run.split()] for run in runs])
    steps = np.arange(losses.shape[-1])
    found = judge(Runs(steps, losses, np.full(losses.shape, bias), llc, n_sets=1))
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


def test_the_bias_of_a_pentagon_and_estimates_that_fall_are_noticed():
    assert verdicts(USUAL, bias=0.01)["vestigial"].reproduced is False
    falling = verdicts(USUAL, llc={**LLC, "5": 5.5})["steps_up"]
    assert (falling.reproduced, falling.measured) == (False, pytest.approx(2 / 3))
    unknown = verdicts(USUAL, llc={})["steps_up"]
    assert unknown.reproduced is None


def test_where_there_is_no_plateau_nothing_is_reproduced():
    nowhere = verdicts(" ".join(["-"] * 100))
    assert {verdict.reproduced for verdict in nowhere.values()} == {False}


def test_the_bias_without_a_direction_is_that_of_the_shortest_feature():
    point = theory.critical_point("5")
    assert vestigial_bias(point.W[None], point.b[None]) == theory.UNUSED


def test_estimates_are_those_of_the_chains_above_the_loss_of_their_polygon():
    starts = [(4, -0.5, -0.5), (4, -0.5, 1 / 12), (4, 1 / 12, 1 / 12), (5, -0.5, 1 / 12)]
    vertices, other, last = zip(*starts, strict=True)
    reference = np.random.default_rng(0).uniform(size=(4, 3))
    llc = np.array([4.0, 5.0, 6.0, 8.5])
    losses = np.stack([np.repeat(reference[..., None], 7, -1)] * 2)
    losses[0] += llc[:, None, None] / 50
    dims = ("learning_rate", "vertices", "seed", "step")
    coords = {
        "learning_rate": [0.1, 1e-12],
        "vertices": list(vertices),
        "other_bias": ("vertices", list(other)),
        "last_bias": ("vertices", list(last)),
    }
    config = json.dumps({"optim.inverse_temperature": 50})
    dataset = xarray.Dataset({"loss": (dims, losses)}, coords, {"config": config})
    found = estimates(dataset)
    assert list(found) == ["4", "4+", "4++", "5+"]
    np.testing.assert_allclose(list(found.values()), llc, rtol=1e-4)


def test_a_loss_is_on_the_nearest_plateau_within_reach():
    near = np.array([levels()["5"] + 2e-4, levels()["5"] + 4e-4, levels()["6"] - 1e-4])
    names = list(theory.KINDS)
    expected = [names.index("5"), ELSEWHERE, names.index("6")]
    np.testing.assert_array_equal(plateau_of(near), expected)


def test_passages_over_the_ground_between_plateaus_count_once():
    number = {name: at for at, name in enumerate(theory.KINDS)}
    run = np.array([[number["4"], -1, number["4+"], number["4+"], -1, number["5"], number["4"]]])
    pairs = [("4", "4+"), ("4+", "5"), ("5", "4")]
    assert passages(run) == [(number[a], number[b]) for a, b in pairs]
