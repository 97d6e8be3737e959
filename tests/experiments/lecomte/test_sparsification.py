"""The claims on the speed of sparsification, on the closed form and against a simulation."""

import numpy as np
import pytest

from experiments.lecomte.sparsification.claims import judge
from experiments.lecomte.sparsification.measure import RATE, Course, closed_form

M = 10_000
TIMES = np.linspace(0, 40_000, 401)


def verdicts(norm, left, t=TIMES):
    course = Course(t, np.atleast_2d(norm), np.atleast_2d(left), M, None)
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(course)}


def test_the_closed_form_itself_is_reproduced():
    form = closed_form(TIMES, M)
    found = verdicts(form, np.round(form**2))
    assert all(verdict.reproduced for verdict in found.values())


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_another_speed_is_not(factor):
    form = closed_form(factor * TIMES, M)
    found = verdicts(form, np.round(form**2))
    assert found["norm"].reproduced is False
    assert found["end"].reproduced is False or factor == 2.0
    assert found["single"].reproduced


def test_weights_that_stay_are_told():
    form = closed_form(TIMES, M)
    found = verdicts(form, np.full(TIMES.shape, 2))
    assert found["single"].reproduced is False
    assert found["end"].reproduced is False
    assert found["end"].measured == np.inf


def test_a_run_that_is_too_short_leaves_the_end_open():
    t = TIMES[:50]
    form = closed_form(t, M)
    found = verdicts(form, np.round(form**2), t)
    assert found["end"].reproduced is None
    assert found["single"].reproduced is None


def test_nothing_finished_is_nothing_judged():
    found = judge(Course(TIMES, np.empty((0, 401)), np.empty((0, 401)), M, None))
    assert [verdict.reproduced for verdict in found] == [None] * 4


def test_the_closed_form_ends_at_one():
    assert closed_form(np.zeros(1), M)[0] == pytest.approx(np.sqrt(M))
    end = (1 - M**-0.5) / RATE
    np.testing.assert_allclose(closed_form(np.array([end, 2 * end]), M), 1.0)
