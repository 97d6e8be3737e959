"""Verdicts on models trained against attacks, made by hand."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.elhage import attacks
from experiments.elhage.adversarial_training.claims import judge, least_norm
from experiments.elhage.adversarial_training.figures import draw
from experiments.elhage.adversarial_training.measure import Hardened, Kept, measure
from experiments.elhage.attacks import Attacked
from superpos.app.claims.ledger import Verdict

NORMS = np.array([0.0, 0.0, 0.4, 0.4, 0.8, 0.8])
ONE = np.ones(6)
FEATURES = np.array([6.0, 6.1, 2.0, 2.1, 1.0, 1.05])
PAPER = Attacked(
    density=0.05 * ONE,
    gain=FEATURES,
    reference=ONE,
    aimless=ONE,
    features=FEATURES,
    clean=np.array([1.0, 1.0, 1.1, 1.1, 1.3, 1.3]),
    trained_against=NORMS,
    sizes=(100, 10),
)
KEPT = Kept(
    np.array([0.0, 0.4, 0.6, 0.8]), np.array([60, 40, 20, 10]), np.array([0.9, 0.5, 0.4, 0.0])
)


def verdicts(attacked: Attacked, kept: Kept = KEPT) -> dict[str, Verdict]:
    found = judge(Hardened(attacked, kept))
    return {verdict.claim.id.rpartition("/")[2]: verdict for verdict in found}


def test_what_the_paper_found_is_reproduced() -> None:
    found = verdicts(PAPER)
    assert {verdict.reproduced for verdict in found.values()} == {True}
    assert found["robust"].measured == pytest.approx(1.025 / 6.05)
    assert found["cost"].measured == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("claim", "attacked"),
    [
        ("reduces", PAPER._replace(features=FEATURES[::-1])),
        ("robust", PAPER._replace(reference=FEATURES**2)),
        ("cost", PAPER._replace(clean=1 / PAPER.clean)),
    ],
)
def test_what_differs_is_not_reproduced(claim: str, attacked: Attacked) -> None:
    assert verdicts(attacked)[claim].reproduced is False


def test_without_other_norms_nothing_is_run() -> None:
    one = Attacked(*(field[:2] for field in PAPER[:7]), sizes=(100, 10))
    assert {verdict.reproduced for verdict in verdicts(one).values()} == {None}


@pytest.mark.parametrize("counts", [[60, 40, 20, 11], [60, 40, 10, 9][::-1], [10, 10, 9, 9]])
def test_superposition_that_stays_or_was_never_there_is_not_removed(counts: list[int]) -> None:
    found = verdicts(PAPER, KEPT._replace(counts=np.array(counts)))
    assert found["removes"].reproduced is False


def test_norms_that_shrink_alone_do_not_remove_superposition() -> None:
    """‖W‖²/m falls below 1, and every feature is still there."""
    found = verdicts(PAPER._replace(features=FEATURES / 9), KEPT._replace(counts=np.full(4, 60)))
    assert found["removes"].measured == np.inf


def test_the_least_norm_is_between_the_last_with_superposition_and_the_next() -> None:
    norms = np.array([0.0, 0.2, 0.4, 0.6])
    assert least_norm(norms, np.array([50, 9, 21, 10]), 10) == pytest.approx(0.5)
    assert least_norm(norms, np.array([50, 10, 10, 12]), 10) == np.inf
    assert least_norm(norms, np.full(4, 10), 10) == 0


@pytest.mark.slow
def test_measure_reads_the_norms_and_keeps_them_with_their_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "N_EXAMPLES", 128)
    digons = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    apart = np.eye(4, 2)
    W = np.stack([[digons, digons], [digons, apart], [apart, apart]])[None]
    dims = ("density", "attack_norm", "seed")
    dataset = xarray.Dataset(
        {
            "W": ((*dims, "feature", "hidden"), W.astype(np.float32)),
            "b": ((*dims, "feature"), np.zeros((1, 3, 2, 4), np.float32)),
            "status": (dims, np.full((1, 3, 2), "ok")),
            "loss": ((*dims, "step"), np.arange(6.0).reshape(1, 3, 2, 1)),
        },
        {"density": [0.1], "attack_norm": [0.0, 0.4, 0.8], "seed": [0, 1], "step": [1]},
    )
    measured = measure({"sweep": dataset})
    attacked = measured.attacked
    np.testing.assert_allclose(attacked.trained_against, NORMS)
    np.testing.assert_allclose(attacked.features, [2, 2, 2, 1, 1, 1], rtol=1e-6)
    assert attacked.gain[0] > attacked.gain[-1] == pytest.approx(attacked.reference[-1], rel=0.1)
    assert attacked.clean[-1] > 2 * attacked.clean[0] > 0
    [note] = [verdict.note for verdict in judge(measured) if verdict.claim.id.endswith("/removes")]
    assert "0: 4 (1.00), 0.4: 4 (1.00), 0.8: 2 (0.00)" in note
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
