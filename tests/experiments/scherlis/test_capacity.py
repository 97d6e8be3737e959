"""The verdicts on the allocation of capacity, for frames built by hand and wrong ones."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.scherlis import theory
from experiments.scherlis.capacity.claims import judge
from experiments.scherlis.capacity.figures import draw
from experiments.scherlis.capacity.measure import Allocation, measure
from superpos.app.claims.ledger import Verdict

CLAIMS = {
    *("ordered", "packed", "important", "unimportant", "kurtosis", "exact", "loss"),
    *("between", "within", "large_block"),
}
N, M, DECAY = 7, 2, 0.4
VALUES = DECAY ** np.arange(N)
KURTOSIS = np.array([2.0, 5.0, 8.0])


def weights(kurtosis: float) -> np.ndarray:
    """An optimum in two dimensions: the first feature alone, the others along the other axis."""
    C, level = theory.optimal_capacities(VALUES, n_hidden=M, kurtosis=kurtosis)
    assert C[0] == 1
    own = np.sqrt(C * np.where(C == 1, VALUES, level))
    return np.stack([own * (np.arange(N) == 0), own * (np.arange(N) > 0)], axis=1)


def loss_of(W: np.ndarray, kurtosis: float) -> float:
    G = W @ W.T
    missed = VALUES - np.diag(G)
    return (kurtosis - 1) * (missed**2).sum() + 2 * ((G**2).sum() - (np.diag(G) ** 2).sum())


def allocation(W: np.ndarray) -> Allocation:
    loss = np.array([loss_of(w, k) for w, k in zip(W, KURTOSIS, strict=True)])
    return Allocation(KURTOSIS, VALUES, W, loss, None)


EXACT = allocation(np.stack([weights(kurtosis) for kurtosis in KURTOSIS]))


def verdicts(found: Allocation) -> dict[str, Verdict]:
    named = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(found)}
    assert set(named) == CLAIMS
    return named


@pytest.mark.slow
def test_the_exact_optimum_is_reproduced() -> None:
    assert {verdict.reproduced for verdict in verdicts(EXACT).values()} == {True}


def changed(model: int, feature: int, row: list[float]) -> Allocation:
    W = EXACT.W.copy()
    W[model, feature] = row
    return allocation(W)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("ordered", changed(0, 3, [0.0, 2.0])),
        ("packed", changed(2, 5, [0.2, 0.2])),
        ("important", changed(2, 3, [0.5, 0.0])),
        ("unimportant", changed(2, 6, [0.0, 0.3])),
        ("kurtosis", allocation(EXACT.W[::-1])),
        ("exact", changed(2, 1, [0.0, 0.5])),
        ("loss", changed(1, 1, [0.0, 0.5])),
        ("between", changed(0, 1, [0.05, 0.6])),
        ("within", changed(2, 2, [0.2, 0.2])),
        ("large_block", changed(2, 0, [0.9, 0.2])),
    ],
)
def test_what_differs_is_not_reproduced(claim: str, found: Allocation) -> None:
    if claim == "large_block":  # two blocks of two features, each of which shares a dimension
        W = EXACT.W.copy()
        W[2] = 0
        W[2, :4] = [[1.0, 0], [0, 1.0], [0.5, 0], [0, 0.5]]
        found = allocation(W)
    assert verdicts(found)[claim].reproduced is False


@pytest.mark.slow
def test_what_needs_several_kurtoses_is_not_run() -> None:
    one = Allocation(KURTOSIS[:1], VALUES, EXACT.W[:1], EXACT.loss[:1], None)
    missing = {name for name, verdict in verdicts(one).items() if verdict.reproduced is None}
    assert missing == {"kurtosis", "large_block"}


def test_measure_reads_the_importances_and_takes_the_best_seed(tmp_path: Path) -> None:
    order = [2, 0, 1]
    W = np.stack([0 * EXACT.W, EXACT.W], axis=1)[order]
    loss = np.stack([EXACT.loss + 1, EXACT.loss], axis=1)[order, :, None]
    dataset = xarray.Dataset(
        {
            "W": (("kurtosis", "seed", "feature", "hidden"), W.astype(np.float32)),
            "loss": (("kurtosis", "seed", "step"), loss),
            "status": (("kurtosis", "seed"), np.full((3, 2), "ok")),
        },
        {"kurtosis": KURTOSIS[order], "seed": [0, 1], "step": [1]},
        {"config": json.dumps({"model.importance_decay": DECAY})},
    )
    measured = measure({"sweep": dataset})
    assert {verdict.reproduced for verdict in judge(measured)} == {True}
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
