"""Networks counted by kinds of units, against every network one by one."""

import itertools

import numpy as np
import pytest

from experiments.priors.enumeration.claims import CLAIMS, judge
from experiments.priors.enumeration.figures import draw, tables
from experiments.priors.enumeration.measure import MANY, Enumeration, explained, over_all
from experiments.priors.enumeration.nets import combinations, enumerated, units
from experiments.priors.picked import Picks
from superpos.data import boolean_inputs


def one_by_one(n, h):
    """Parameters, function and length of all networks of n inputs and h hidden units."""
    codes = np.array([*itertools.product((-1, 0, 1), repeat=n * h + 2 * h + 1)])
    W, b = codes[:, : n * h].reshape(-1, n, h), codes[:, n * h : n * h + h]
    out, bias = codes[:, n * h + h : -1], codes[:, -1:]
    hidden = np.maximum(np.einsum("rn,cnh->crh", boolean_inputs(n), W) + b[:, None], 0)
    true = np.einsum("crh,ch->cr", hidden, out) + bias > 0
    parts = [hidden * out[:, None], bias]
    return parts, true @ (1 << np.arange(2**n)), (1 + (codes != 0)).sum(1)


def test_two_inputs_and_two_units_are_as_one_by_one():
    (added, bias), function, length = one_by_one(2, 2)
    found = enumerated(2, 2)
    np.testing.assert_array_equal(found.function, np.unique(function))
    for at, number in enumerate(found.function):
        own = function == number
        weight = (2.0 ** -length[own]).sum()
        assert found.n_networks[at] == own.sum()
        assert found.shortest[at] == length[own].min()
        assert found.alternative[at] == pytest.approx(-np.log2(weight))
        # an orbit is a set of units, by what each adds, and a last bias
        orbits = {}
        for parts, last, bits in zip(added[own], bias[own, 0], length[own], strict=True):
            key = (*sorted(map(tuple, parts.T)), int(last))
            n, w, least = orbits.get(key, (0, 0.0, np.inf))
            orbits[key] = (n + 1, w + 2.0**-bits, min(least, bits))
        assert found.n_orbits[at] == len(orbits)
        best = [each for each in orbits.values() if each[2] == found.shortest[at]]
        assert found.orbit_weight[at] == pytest.approx(max(w for _, w, _ in best))
        assert found.orbit[at] in {n for n, w, _ in best if np.isclose(w, found.orbit_weight[at])}


def test_units_and_their_orders_are_all_there():
    of = units(3)
    assert of.n_units.sum() == 3**5 and of.weight.sum() == pytest.approx(1)
    rows, orders = next(combinations(4, 3))
    assert len(rows) == 20 and orders.sum() == 4**3
    assert orders[[tuple(row) for row in rows].index((0, 0, 1))] == 3


def test_three_inputs_have_all_networks_and_a_complete_code():
    found = enumerated(3, 2)
    assert found.n_networks.sum() == 3**11
    assert (2.0**-found.alternative).sum() == pytest.approx(1)
    assert (found.gap >= found.by_symmetry - 1e-9).all() and (found.by_symmetry >= 0).all()
    # false everywhere with all 11 parameters 0 takes a bit for each
    assert found.shortest[found.function == 0] == 11


def test_what_least_squares_explain():
    x, z = np.arange(8.0), np.array([1.0, -1] * 4)
    assert explained(2 * x + 3, x) == pytest.approx(1)
    assert explained(x + z, x, z) == pytest.approx(1)
    assert explained(z, np.ones(8)) == pytest.approx(0)
    np.testing.assert_array_equal(over_all(np.array([2]), np.array([0.5]), 3), [0.25, 0.25, 0.5])


def made(picked):
    """Networks that picked completions of two sets as often as is given, (2, 1, 4)."""
    codes = {n: enumerated(3, n) for n in (2, 3)}
    p = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]])
    uniform = np.full((2, 4), 0.25)
    rules = ("shortest code", "random networks", "NNGP", "uniform")
    expected = {MANY: p, **dict.fromkeys(rules, uniform)}
    drawn = -codes[3].alternative
    return Enumeration(codes, Picks(np.array([0.1]), picked, np.ones(1), expected, p), drawn)


def test_what_is_picked_by_all_codes_is_seen(tmp_path):
    measured = made(np.array([[[70, 10, 10, 10]], [[10, 20, 30, 40]]]))
    found = {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    assert found["many"].measured == 0 and found["many"].reproduced
    assert found["real"].measured == pytest.approx(-1)
    assert found["all_networks"].measured == 0 and found["complete"].reproduced
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).exists()
    [table] = tables(measured)
    assert table.rows[0][:2] == ["00000000", "16"]


def test_networks_that_fit_nothing_leave_no_verdict_that_holds():
    found = {v.claim.id.rsplit("/", 1)[1]: v for v in judge(made(np.zeros((2, 1, 4), int)))}
    assert found["many"].reproduced is False and np.isnan(found["many"].measured)
