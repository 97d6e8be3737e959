"""Claims of an ambiguous pointer on curves made by hand."""

import math

import numpy as np
import pytest

from experiments.values.curves import Curve
from experiments.values.names.claims import CLAIMS, judge
from experiments.values.names.figures import draw, tables
from experiments.values.names.measure import Names

N = np.array([4.0, 8, 16, 32, 64, 128])
BITS = {s: math.log2(math.comb(32, s)) for s in (2, 3, 4)}
LABEL = 0.25


def falling(labels, start=2.0):
    """From a start, so that it is at half of it with a number of labels."""
    return Curve(N, np.tile(np.maximum(start * (1 - N / (2 * labels)), 0), (3, 1)))


def names(**changes):
    labels = {s: 1.2 * (bits - 1) / LABEL for s, bits in BITS.items()}
    made = Names(
        bits=BITS,
        label=dict.fromkeys(BITS, LABEL),
        left={s: falling(each) for s, each in labels.items()},
        regret={s: falling(each, 0.4) for s, each in labels.items()},
    )
    return made._replace(**changes)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_labels_that_tell_most_of_what_they_can_hold_every_claim():
    found = verdicts(names())
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(CLAIMS, True)
    assert found["least"].measured == pytest.approx(1.2, abs=0.15)


def test_labels_that_tell_more_than_they_can_or_nothing_are_seen():
    same = {2: falling(10), 3: falling(10), 4: falling(120)}
    lasting = {s: Curve(N, np.full((3, 6), 0.3)) for s in BITS}
    found = verdicts(names(left=same, regret=lasting))
    assert not any(v.reproduced for v in found.values())


def test_one_number_of_names_has_no_ratio():
    one = names(bits={2: BITS[2]}, left={2: falling(40)}, regret={2: falling(40, 0.4)})
    found = verdicts(one)
    assert [found[key].reproduced for key in ("bits", "regret")] == [None, None]


def test_the_figure_and_the_table(tmp_path):
    [figure] = draw(names(), tmp_path)
    assert (tmp_path / figure.name).exists()
    [table] = tables(names())
    assert [row[1] for row in table.rows] == ["9.0", "12.3", "15.1"]
