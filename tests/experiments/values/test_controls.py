"""Claims of controls on numbers made by hand."""

import numpy as np
import pytest

from experiments.values import world
from experiments.values.controls.claims import CLAIMS, judge
from experiments.values.controls.figures import draw
from experiments.values.controls.measure import Controls

TEXTS = (world.TRUE, world.PERMUTED, world.NAMED_ABSENT, world.UNNAMED_ABSENT)
REWARDS = ("dense, concepts", "sparse, concepts", "dense, hidden units", "sparse, hidden units")
NAMES = ("pointer", *REWARDS)


def controls(**changes):
    made = Controls(
        pointer=dict(zip(TEXTS, (0.02, 1.02, 0.97, 0.02), strict=True)),
        elsewhere=dict.fromkeys(TEXTS, 1.0),
        learned=dict.fromkeys(TEXTS, 0.03),
        by_chance={"dense": 1.1, "sparse": 0.9},
        unknown={"pointer": 0.3, "sparse": 0.28, "scratch": 0.1, "known": 0.06},
        exact=0.25,
        wide=dict.fromkeys(NAMES, 0.02),
        narrow=dict(zip(NAMES, (0.1, 0.1, 0.1, 0.2, 0.3), strict=True)),
    )
    return made._replace(**changes)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_controls_that_fail_where_they_must_hold_every_claim():
    found = verdicts(controls())
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(CLAIMS, True)
    assert found["outside"].measured == pytest.approx(0.03)
    assert found["scratch"].measured == pytest.approx(0.18)
    assert found["code"].measured == pytest.approx(0.1)
    assert found["named"].note.startswith("true: 0.020; names permuted: 1.020")


def test_names_that_work_where_they_must_not_are_seen():
    same = dict.fromkeys(TEXTS, 0.5)
    found = verdicts(
        controls(
            pointer=same,
            elsewhere=same,
            by_chance={"dense": 0.2, "sparse": 0.2},
            learned={**same, world.TRUE: 0.1},
            unknown=dict.fromkeys(controls().unknown, 0.1),
            narrow=dict.fromkeys(NAMES, 0.5),
        )
    )
    assert not any(v.reproduced for v in found.values())


def test_what_was_not_run_is_not_judged():
    none = dict.fromkeys(controls().unknown, np.nan)
    narrow = dict.fromkeys(NAMES, np.nan)
    found = verdicts(controls(pointer={0: 0.1}, learned={0: 0.1}, unknown=none, narrow=narrow))
    names = ("permuted", "absent", "features", "outside", "scratch", "narrow", "code")
    assert [found[key].reproduced for key in names] == [None] * len(names)


def test_the_figure(tmp_path):
    [figure] = draw(controls(), tmp_path)
    assert (tmp_path / figure.name).exists()
