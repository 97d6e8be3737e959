"""Claims of labels and names on curves made by hand."""

import numpy as np
import pytest

from experiments.values.curves import Curve
from experiments.values.labels.claims import CLAIMS, judge
from experiments.values.labels.figures import draw, tables
from experiments.values.labels.measure import Labels
from experiments.values.theory import bits

N = np.geomspace(8, 4096, 10)
SIZES, SHARES = (8.0, 16.0, 32.0, 64.0), (1.0, 0.75, 0.25)
POINTER = {1.0: 0.0, 0.75: 0.1, 0.25: 0.5}


def curve(labels, runs=3):
    """Of a regret that is 0.2 at a number of labels."""
    return Curve(N, np.tile(np.minimum(0.2 * labels / N, 1), (runs, 1)))


def labels(**changes):
    made = Labels(
        by_concepts={
            "dense": {k: curve(4 * k) for k in SIZES},
            "sparse": {k: curve(20 * np.log(k)) for k in SIZES},
            "ambiguous": {k: curve(10 * np.log(k)) for k in SIZES},
            "scratch": {k: curve(9 * k) for k in SIZES},
        },
        pointer=dict.fromkeys(SIZES, 0.01),
        by_share={
            "sparse": {share: curve(100) for share in SHARES},
            "corrected": {
                share: Curve(N, np.minimum(curve(100).regret, POINTER[share])) for share in SHARES
            },
        },
        pointer_by_share=POINTER,
        distilled=POINTER,
        by_noise={noise: curve(60 / bits(noise)) for noise in (0.0, 0.1, 0.3)},
        by_valued={s: curve(30 * s) for s in (1.0, 2.0, 4.0)},
        expected=POINTER,
        n_text=1000,
    )
    return made._replace(**changes)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_curves_of_the_laws_hold_every_claim():
    found = verdicts(labels())
    assert list(found) == list(CLAIMS)
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(CLAIMS, True)
    assert found["dense"].measured == pytest.approx(1, abs=0.02)
    assert found["valued"].measured == pytest.approx(1, abs=0.02)
    assert found["scratch"].measured == pytest.approx(2.25, rel=0.05)  # between numbers of labels
    assert found["crossover"].measured == pytest.approx(5, rel=0.01)
    assert found["corrected"].measured == pytest.approx(0, abs=1e-9)


def test_other_curves_are_seen():
    same = {k: curve(50) for k in SIZES}
    as_many = {k: curve(k**1.5) for k in SIZES}
    found = verdicts(
        labels(
            by_concepts={"dense": same, "sparse": as_many, "ambiguous": as_many, "scratch": same},
            by_valued=same,
            by_noise={noise: curve(60) for noise in (0.0, 0.3)},
            by_share={name: {s: curve(100) for s in SHARES} for name in ("sparse", "corrected")},
            pointer=dict.fromkeys(SIZES, 0.3),
            pointer_by_share={share: each + 0.1 for share, each in POINTER.items()},
        )
    )
    held = {key for key, v in found.items() if v.reproduced}
    assert held == {"scratch", "crossover"}


def test_curves_that_never_reach_the_regret_hold_no_claim_of_labels():
    never, names = {k: curve(1e6) for k in SIZES}, ("dense", "sparse", "ambiguous", "scratch")
    found = verdicts(labels(by_concepts=dict.fromkeys(names, never), by_valued=never))
    assert [found[key].reproduced for key in (*names, "valued")] == [False] * 5


def test_too_few_sizes_are_not_judged():
    few = {k: curve(50) for k in SIZES[:2]}
    names = ("dense", "sparse", "ambiguous")
    by_concepts = dict.fromkeys((*names, "scratch"), few)
    found = verdicts(labels(by_concepts=by_concepts, by_valued=few, by_noise={0.0: curve(50)}))
    assert [found[key].reproduced for key in (*names, "valued", "bits")] == [None] * 5


def test_figures_and_the_table(tmp_path):
    for figure in draw(labels(), tmp_path):
        assert (tmp_path / figure.name).exists()
    [table] = tables(labels())
    assert table.rows[0][0] == "labels, dense in concepts" and table.rows[-1][1] == "0"
    assert int(table.rows[0][2]) == pytest.approx(64, abs=2)
