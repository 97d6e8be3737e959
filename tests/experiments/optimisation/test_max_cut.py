"""Cuts from what is stored to claims and figures."""

import numpy as np

from experiments.optimisation import curves
from experiments.optimisation.max_cut.claims import CLAIMS, judge, power
from experiments.optimisation.max_cut.figures import draw, tables
from tests.experiments.optimisation import made


def test_the_analysis_from_values_to_figures(monkeypatch, tmp_path):
    measured = made.found(curves, "max_cut", 15, monkeypatch)  # 6 vertices
    assert measured.texts == ["x + (x * 1)"]
    np.testing.assert_allclose(measured.direct["local"].evaluations, 6 * made.BUDGETS)
    bits = power(measured.networks["solution"])
    assert 0 < bits[0] <= bits[1] <= 5  # of 64 cuts, each there twice
    verdicts = {each.claim.id.rsplit("/", 1)[1]: each for each in judge(measured)}
    assert verdicts.keys() == CLAIMS.keys()
    np.testing.assert_allclose(verdicts["network_power"].measured, bits[1])
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).stat().st_size > 2000
    assert len(tables(measured)) == 2
