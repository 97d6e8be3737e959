"""The claims on neurons that compute absolute values, on weights made by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.elhage.computation.claims import judge
from experiments.elhage.computation.figures import draw
from experiments.elhage.computation.measure import Computing, Exact, Instances, measure
from experiments.elhage.computation.motif import Motif, find_motifs

MOTIF = np.array([[2.0, 1.0, 0.0], [-0.5, 0.0, 1.0]]), np.array([[0.5, 0.0, 0.0], [2.0, -4.0, 1.0]])
"""The paper's weights: feature 0 loud and 1 quiet on neuron 0, which neuron 1 inhibits."""
PAIR = np.concatenate([np.eye(3), -np.eye(3)], axis=1)


def names(found):
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in found}


def computing(
    W_in: np.ndarray = PAIR, loss: float = 0.0, motifs: Sequence[Sequence[Motif]] = ()
) -> Computing:
    """The best with two neurons for each feature, and instances of which only motifs count."""
    n, nothing = len(motifs), np.zeros((len(motifs), 2, 3))
    return Computing(
        exact=Exact(W_in, np.abs(W_in), loss, n_restarts=1, fragile=None),
        instances=Instances(np.arange(n), nothing, nothing, motifs, fragile=None),
    )


def test_two_neurons_for_each_feature_are_exact():
    W = np.concatenate([np.eye(3), -2 * np.eye(3)], axis=1)
    pairs = judge(computing(W, 1e-7))[:2]
    assert names(pairs) == {"exact_loss": True, "exact_pairs": True}
    for wrong in (np.abs(W), np.roll(W, 1, axis=0) + W):
        pairs = judge(computing(wrong, 1e-3))[:2]
        assert names(pairs) == {"exact_loss": False, "exact_pairs": False}


def test_instances_with_a_motif_are_counted():
    one = find_motifs(*MOTIF)
    verdict = judge(computing(motifs=[[], one, one + one]))[-1]
    assert verdict.claim.id.endswith("/motif")
    assert verdict.reproduced and verdict.measured == 2
    verdict = judge(computing(motifs=[[], []]))[-1]
    assert verdict.reproduced is False


def dataset_of(W_in: np.ndarray, W_out: np.ndarray, loss: list[float]) -> xarray.Dataset:
    return xarray.Dataset(
        {
            "W_in": (("seed", "feature", "hidden"), W_in),
            "W_out": (("seed", "feature", "hidden"), W_out),
            "loss": (("seed", "step"), np.array(loss)[:, None]),
            "status": (("seed",), np.full(len(loss), "ok")),
        },
        {"seed": np.arange(len(loss)), "step": [1]},
    )


@pytest.mark.parametrize("there", [True, False])
def test_measure_takes_the_best_of_one_and_looks_through_all_of_the_other(
    there: bool, tmp_path: Path
) -> None:
    pairs = dataset_of(np.stack([0 * PAIR, PAIR]), np.stack([PAIR, np.abs(PAIR)]), [1.0, 1e-8])
    last = MOTIF[1] if there else np.abs(MOTIF[1])
    motif = dataset_of(
        np.stack([np.eye(2, 3), MOTIF[0]]), np.stack([np.eye(2, 3), last]), [0.1, 0.2]
    )
    measured = measure({"exact": pairs, "motif": motif})
    assert names(judge(measured)) == {
        "exact_loss": True,
        "exact_pairs": True,
        "motif": there,
    }
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
