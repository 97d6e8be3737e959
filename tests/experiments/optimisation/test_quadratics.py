"""Quadratics from what is stored to claims, figures and tables."""

import numpy as np

from experiments.optimisation import claimed, compute, curves
from experiments.optimisation.drawn import places
from experiments.optimisation.quadratics.claims import CLAIMS, judge
from experiments.optimisation.quadratics.figures import draw, tables
from tests.experiments.optimisation import made


def test_the_analysis_from_values_to_figures(monkeypatch, tmp_path):
    measured = made.found(curves, "quadratics", 14, monkeypatch)  # 4 unknowns
    assert measured.texts == ["g + (g * 1)"]
    assert {name: len(curve.flops) for name, curve in measured.networks.items()} == {
        "solution": 2,
        "objective": 2,
    }
    step = 2 * 16 + 3 * 4
    np.testing.assert_allclose(measured.direct["gradient"].flops, step * made.BUDGETS)
    np.testing.assert_allclose(measured.direct["random"].evaluations, 16 * made.BUDGETS)
    np.testing.assert_allclose(measured.direct["gradient"].mean()[:3], [1, 0.5, 0.25], rtol=1e-6)
    network = measured.networks["objective"]
    np.testing.assert_allclose(network.flops[1], compute.network_flops(14, 64, 4))
    np.testing.assert_allclose(network.mean(), [0.2, 0.01], rtol=1e-6)
    np.testing.assert_allclose(measured.hybrid["objective"].mean()[1], 0.005, rtol=1e-6)

    verdicts = {each.claim.id.rsplit("/", 1)[1]: each for each in judge(measured)}
    assert verdicts.keys() == CLAIMS.keys()
    np.testing.assert_allclose(verdicts["direct"].measured, 1)  # regret 1/2t
    np.testing.assert_allclose(verdicts["amortised"].measured, 1)  # from 0.1 to 0.01
    np.testing.assert_allclose(verdicts["start"].measured, 0.01)
    np.testing.assert_allclose(verdicts["shifted"].measured, 1)
    np.testing.assert_allclose(verdicts["program"].measured, 0.1 / 16)  # (1/16)²/10 over 1/16
    np.testing.assert_allclose(verdicts["program_direct"].measured, 2)
    np.testing.assert_allclose(verdicts["program_amortised"].measured, 0.5)
    np.testing.assert_allclose(verdicts["learned"].measured, 0.1 / 16)  # (1/16)²/10 over 1/16
    np.testing.assert_allclose(verdicts["learned_direct"].measured, 2)
    np.testing.assert_allclose(verdicts["learned_amortised"].measured, 1)  # a tenth of 10x
    np.testing.assert_allclose(verdicts["learned_longer"].measured, 1 / 4)
    assert verdicts["momentum"].measured == 1
    np.testing.assert_allclose(verdicts["conjugate"].measured, 1 / 16)
    assert verdicts["shuffled"].measured == 1 and verdicts["program_shuffled"].measured == 1
    assert not verdicts["newton"].reproduced and not verdicts["shifted"].reproduced

    stands = {place.name: (place.inference, place.training) for place in places(measured)}
    np.testing.assert_allclose(stands["gradient descent"], [1, 0])
    np.testing.assert_allclose(stands["network, taught by the objective"], [0, 1])
    np.testing.assert_allclose(stands["program that was searched for"], [2, 0.5])
    assert "learned update rule" in stands
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).stat().st_size > 2000
    numbers, programs = tables(measured)
    assert all(len(row) == len(numbers.header) for row in numbers.rows)
    assert programs.rows == [["0", "g + (g * 1)"]]


def test_a_network_is_compared_for_as_many_operations(monkeypatch):
    measured = made.found(curves, "quadratics", 14, monkeypatch)
    first = measured.direct["gradient"]
    flops = measured.networks["objective"].flops[0]
    expected = 0.2 / claimed.at_flops(first, np.array([flops]))[0]
    np.testing.assert_allclose(claimed.cheap(measured, first)[0], expected)
