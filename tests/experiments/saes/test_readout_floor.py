"""Cross-talk of read-outs against NumPy and closed forms, and the claims on it."""

import numpy as np
import pytest

from experiments.saes.readout_floor.claims import judge
from experiments.saes.readout_floor.measure import Measured, Readouts, ratio, tight_frame

SIZES = {(40, 10): 0.076923, (400, 30): 0.030911, (1024, 48): 0.019876}
"""The floors that are printed in SAES.md."""


def readouts(kind: str, size: tuple[int, int], factor=1.0, loss=None) -> Readouts:
    """Models at a multiple of d/(d - 2) times the floor."""
    n, d = size
    least = 1 - d / n if kind == "linear" else 1e-4
    return Readouts(
        kind=kind,
        n_features=n,
        n_hidden=d,
        ratio=np.full(3, factor * d / (d - 2)),
        loss=np.full(3, least if loss is None else loss),
        rows=np.ones(n),
        gram=np.eye(n),
    )


def measured(**changes: Readouts) -> Measured:
    models = {f"linear_{n}": readouts("linear", (n, d)) for n, d in SIZES}
    models["relu_40"] = readouts("relu", (40, 10))
    return Measured(models | changes, dict.fromkeys(SIZES, 1.0))


def failed(found: Measured) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(found) if v.reproduced is False}


def test_projections_and_a_relu_that_solves_are_reproduced():
    assert failed(measured()) == set()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"linear_40": readouts("linear", (40, 10), 0.7)}, {"floor", "linear"}),
        ({"linear_400": readouts("linear", (400, 30), 1.2)}, {"linear"}),
        ({"linear_400": readouts("linear", (400, 30), loss=0.99)}, {"linear_loss"}),
        ({"relu_40": readouts("relu", (40, 10), 0.8)}, {"relu_above"}),
        ({"relu_40": readouts("relu", (40, 10), loss=0.5)}, {"relu_solves", "relu_above"}),
    ],
)
def test_each_claim_can_fail(changes, wrong):
    assert failed(measured(**changes)) == wrong


@pytest.mark.parametrize("size", SIZES)
def test_a_harmonic_frame_is_tight_and_meets_the_floor(size):
    (n, d), frame = size, tight_frame(*size)
    np.testing.assert_allclose((frame**2).sum(1), 1)
    np.testing.assert_allclose(frame.T @ frame, n / d * np.eye(d), atol=1e-9)
    gram = frame @ frame.T
    mean = ((gram**2).sum() - n) / (n * (n - 1))
    assert mean == pytest.approx(SIZES[size], abs=1e-6)
    assert ratio(frame) == pytest.approx(1, abs=1e-5)


def test_a_random_projection_is_above_the_floor_by_its_closed_form():
    """1/P_ii of a projection that is random has the mean (F - 2)/(d - 2)."""
    n, d = 40, 10
    rng = np.random.default_rng(0)
    found = [ratio(np.linalg.qr(rng.normal(size=(n, d)))[0]) for _ in range(200)]
    assert np.mean(found) == pytest.approx(d / (d - 2), rel=0.02)
