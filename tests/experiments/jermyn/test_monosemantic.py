"""What neurons respond to, and the claims on it, on models made by hand."""

import numpy as np
import pytest

from experiments.jermyn.monosemantic.claims import ROWS, judge
from experiments.jermyn.monosemantic.measure import Measured, Model, low_rank_identity, model

N = 8


def made(n_mono, loss=1.0, rate=0.003, offset=0.0, decay=0.0, k=2 * N, identity=1.0, bias=-0.5):
    """A model with so many monosemantic neurons, of one bias, and others of a bias above 0."""
    shares = np.where(np.arange(k) < n_mono, 1.0, 0.4)
    b = np.where(shares == 1, bias, 0.1)
    return Model(rate, offset, decay, k, loss, shares, b, np.arange(k) % N, identity, N)


def engineered(n_mono, loss=1.0, **others):
    return made(n_mono, loss, offset=-1.0, decay=0.03, **others)


def ideal():
    rates = [made(1, rate=0.003), made(4, rate=0.01, loss=1.01)]
    rates += [engineered(8, rate=0.003), engineered(8, rate=0.01, loss=1.01)]
    offsets = [
        engineered(n_mono)._replace(offset=offset)
        for offset, n_mono in ((-2.0, 8), (-1.0, 5), (0.0, 1))
    ]
    widths = [engineered(4, k=N // 2), engineered(7, k=N), engineered(8, k=2 * N, loss=0.99)]
    return Measured(rates, offsets, widths, rates)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_models_as_the_paper_has_them_hold_every_claim():
    found = verdicts(ideal())
    assert [key for key, *_ in ROWS] == list(found)
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(found, True)
    assert found["rates"].measured == 4
    assert found["engineered"].measured == pytest.approx((8 + 2) / 2)


def test_models_that_are_all_alike_do_not():
    rates = [made(2, rate=0.003), made(2, rate=0.01)]
    rates += [engineered(2, rate=rate, loss=1.5, bias=0.2, identity=0.3) for rate in (0.003, 0.01)]
    widths = [engineered(2, k=N), engineered(2, k=2 * N, loss=0.5)]
    found = verdicts(Measured(rates, [engineered(2)] * 3, widths, rates))
    assert {key: v.reproduced for key, v in found.items() if key != "positive"} == dict.fromkeys(
        (key for key, *_ in ROWS if key != "positive"), False
    )


def test_losses_that_differ_are_not_compared_and_what_is_not_there_is_not_judged():
    found = verdicts(Measured([made(1), made(8, loss=2.0)], [], [], []))
    assert all(verdict.reproduced is None for verdict in found.values())


def test_neurons_of_one_feature_of_several_and_of_none():
    """Of features along the axes, one neuron for a feature, one for two, and one that is off."""
    W_in = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    W_out = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    padded = np.concatenate([W_in, np.ones((2, 1))], 1), np.concatenate([W_out, np.ones((1, 2))])
    found = model(np.eye(2), 0.1, 0.0, 0.0, 3, *padded, np.array([-0.5, 0.0, -1.0, 9.0]), 0.3)
    np.testing.assert_allclose(found.shares, [1, 0.5, 0])
    assert found.n_mono == 1 and found.poly.tolist() == [False, True, False]
    assert found.identity == pytest.approx(1)  # feature 1, which is left, is read as it is
    assert found.k == len(found.bias) == 3


def test_a_projector_is_the_best_identity_of_its_rank():
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 5)))[0]
    assert low_rank_identity(basis @ basis.T, 5) == pytest.approx(1)
    assert low_rank_identity(-2 * np.eye(4), 9) == pytest.approx(-1)
    assert abs(low_rank_identity(basis @ np.roll(basis, 1, 1).T, 5)) < 0.5
    assert np.isnan(low_rank_identity(np.zeros((3, 3)), 1))
    assert np.isnan(low_rank_identity(np.zeros((0, 0)), 1))
