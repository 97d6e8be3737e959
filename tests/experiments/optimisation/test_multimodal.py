"""Wells from what is stored to claims, figures and tables."""

import numpy as np

from experiments.optimisation import descent
from experiments.optimisation.multimodal import claims, measure
from experiments.optimisation.multimodal.claims import CLAIMS, judge
from experiments.optimisation.multimodal.figures import draw, tables
from tests.experiments.optimisation import made


def test_the_analysis_from_values_to_figures(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "N_MAP", 9)
    for module in (descent, measure, claims):
        monkeypatch.setattr(module, "N_DESCENT", 8)
    measured = measure.measure(made.stored("multimodal", 12, monkeypatch))  # 3 wells
    assert measured.n_minima.shape == (4,) and (measured.n_minima <= 3).all()
    assert ((measured.once <= measured.long) & (measured.long <= 1)).all()
    assert measured.map.value.shape == measured.map.solved.shape == (9, 9)
    verdicts = {each.claim.id.rsplit("/", 1)[1]: each for each in judge(measured)}
    assert verdicts.keys() == CLAIMS.keys()
    # Regrets are 1 / 2t: all problems are solved from 10 steps on, so after 2 descents of 8.
    shares = (1 - measured.once).mean(), ((1 - measured.once) ** 2).mean()
    fourth = ((1 - measured.once) ** 4).mean()
    off = max(abs(1 - shares[0]), shares[1], fourth)
    np.testing.assert_allclose(verdicts["restarts"].measured, off)
    np.testing.assert_allclose(verdicts["wrong_basin"].measured, measured.long.mean() - 1)
    np.testing.assert_allclose(verdicts["random_power"].measured, 1)
    np.testing.assert_allclose(verdicts["plateau"].measured, 0.25)
    np.testing.assert_allclose(verdicts["deeper_direct"].measured, 1, rtol=1e-5)
    assert verdicts["ties"].measured == verdicts["taught"].measured == 1
    # The widest network leaves 0.01 / 2t, and restarts 1 / 2t, which is 1/16 after one descent.
    np.testing.assert_allclose(verdicts["basin"].measured, 1)
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).stat().st_size > 2000
    assert len(tables(measured)) == 2


def test_independent_starts():
    zeros = np.zeros(2)
    found = measure.Multimodal(None, zeros, zeros, np.array([0.5, 1.0]), zeros, None)
    np.testing.assert_allclose(claims.expected_unsolved(found, 2), 0.125)
