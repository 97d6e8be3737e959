"""Claims of optimised rewards on numbers made by hand."""

import numpy as np
import pytest

from experiments.values.goodhart.claims import CLAIMS, judge
from experiments.values.goodhart.figures import draw
from experiments.values.goodhart.measure import Goodhart, Optimised, Shifted

BUDGETS, OFTEN = np.array([0.5, 2.0, 5.0]), np.array([0.0, 0.95, 1.0])
BEST = np.sqrt(2 * BUDGETS)


def optimised(learner, n_labels, part, share=1.0, kl=BUDGETS):
    return Optimised(learner, n_labels, share, part * BEST, np.full(3, 1.0) - part, kl)


def shifted(learner, n_labels, loss):
    regret = np.full(3, 0.1)
    return Shifted(learner, n_labels, OFTEN, regret, regret + loss * OFTEN)


def goodhart(rows=(), broken=0.3, misled=0.5, held=0.0):
    made = [optimised("pointer", 0, 0.9), optimised("dense", 64, 0.5), *rows]
    lost = [shifted("pointer", 0, held), shifted("misled pointer", 0, misled)]
    lost += [shifted("dense", n, broken) for n in (512, 4096)]
    return Goodhart(BUDGETS, {1.0: BEST, 0.5: BEST}, made, lost)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_rewards_that_only_lose_a_part_hold_every_claim():
    found = verdicts(goodhart())
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(CLAIMS, True)
    assert found["never_falls"].measured == 1 and found["spent"].measured == 0
    assert found["learned_breaks"].measured == pytest.approx(0.3 * 0.95)
    assert found["no_telling"].measured == pytest.approx(0.3)


def test_a_value_that_falls_and_a_budget_that_is_not_spent_are_seen():
    falling = optimised("sparse", 64, np.array([0.9, 0.5, 0.1]), kl=np.array([0.5, 2.0, 4.0]))
    found = verdicts(goodhart([falling], broken=0.0, misled=0.0, held=0.2))
    assert found["spent"].measured == pytest.approx(0.2)
    assert found["never_falls"].note == "sparse, 64 labels, named share 1"
    assert not any(v.reproduced for v in found.values())


def test_numbers_that_are_not_there_are_not_judged():
    few = goodhart()._replace(shifted=[shifted("pointer", 0, 0.0), shifted("dense", 64, 0.3)])
    found = verdicts(few)
    names = ("no_telling", "learned_breaks", "pointer_misled")
    assert [found[key].reproduced for key in names] == [None] * 3


def test_both_figures(tmp_path):
    for figure in draw(goodhart([optimised("scratch", 64, 0.3, share=0.5)]), tmp_path):
        assert (tmp_path / figure.name).exists()
