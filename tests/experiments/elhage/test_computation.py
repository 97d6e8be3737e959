"""The claims on computation in superposition, on weights made by hand."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.elhage import computation, computation_sparsity
from experiments.elhage.motif import find_motifs

MOTIF = np.array([[2.0, 1.0, 0.0], [-0.5, 0.0, 1.0]]), np.array([[0.5, 0.0, 0.0], [2.0, -4.0, 1.0]])
"""The paper's weights: feature 0 loud and 1 quiet on neuron 0, which neuron 1 inhibits."""


def names(found):
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in found}


def exact_models(W_in, loss):
    return xarray.Dataset(
        {
            "W_in": (("feature", "hidden"), W_in),
            "W_out": (("feature", "hidden"), np.abs(W_in)),
            "best_loss": ((), loss),
        }
    )


def test_two_neurons_for_each_feature_are_exact():
    W = np.concatenate([np.eye(3), -2 * np.eye(3)], axis=1)
    claims = computation._claims(1, 1)
    assert set(names(computation.judge_exact(claims, exact_models(W, 1e-7))).values()) == {True}
    for wrong in (np.abs(W), np.roll(W, 1, axis=0) + W):
        found = names(computation.judge_exact(claims, exact_models(wrong, 1e-3)))
        assert set(found.values()) == {False}


def test_instances_with_a_motif_are_counted():
    claims = computation._claims(1, 3)
    one = find_motifs(*MOTIF)
    [verdict] = computation.judge_motifs(claims, [[], one, one + one])
    assert verdict.reproduced and verdict.measured == 2
    [verdict] = computation.judge_motifs(claims, [[], []])
    assert verdict.reproduced is False


def mixed(n_single, n=100, m=40):
    """Weights of so many neurons of one feature; the others are of all."""
    W = np.full((n, m), 0.5)
    W[:, :n_single] = np.eye(n)[:, :n_single]
    return W


P = np.array([1.0, 0.1, 0.01, 0.001])


def test_neurons_that_come_to_serve_many_features_are_as_in_the_paper():
    W = np.stack([mixed(40), mixed(30), mixed(10), mixed(0)])
    found = computation_sparsity.judge(W, P, W[:, None])
    assert set(names(found).values()) == {True}
    assert "p=0.01: 0.25" in found[-1].note


def test_neurons_that_do_not_are_not():
    W = np.stack([mixed(20), mixed(30), mixed(40), mixed(40)])
    found = names(computation_sparsity.judge(W, P, W[:, None]))
    assert set(found.values()) == {False}


def test_densities_that_are_not_there_are_not_judged():
    W = mixed(40)[None]
    found = names(computation_sparsity.judge(W, np.array([0.5]), W[:, None]))
    assert set(found.values()) == {None}


PAIR = np.concatenate([np.eye(3), -np.eye(3)], axis=1)


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
def test_analyse_takes_the_best_of_one_and_looks_through_all_of_the_other(
    there: bool, tmp_path: Path
) -> None:
    pairs = dataset_of(np.stack([0 * PAIR, PAIR]), np.stack([PAIR, np.abs(PAIR)]), [1.0, 1e-8])
    last = MOTIF[1] if there else np.abs(MOTIF[1])
    motif = dataset_of(
        np.stack([np.eye(2, 3), MOTIF[0]]), np.stack([np.eye(2, 3), last]), [0.1, 0.2]
    )
    findings = computation.analyse(datasets={"exact": pairs, "motif": motif}, folder=tmp_path)
    assert names(findings.verdicts) == {
        "exact_loss": True,
        "exact_pairs": True,
        "motif": there,
    }
    [figure] = findings.figures
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")


def test_analyse_of_sparsity_takes_the_best_from_dense_to_sparse(tmp_path: Path) -> None:
    order = [2, 0, 3, 1]
    W = np.stack(
        [
            np.stack([mixed(5, 12, 10), W])
            for W in (mixed(10, 12, 10), mixed(6, 12, 10), mixed(3, 12, 10), mixed(0, 12, 10))
        ]
    )[order]
    dataset = xarray.Dataset(
        {
            "W_in": (("density", "seed", "feature", "hidden"), W),
            "loss": (("density", "seed", "step"), np.tile([[[2.0], [1.0]]], (4, 1, 1))),
            "status": (("density", "seed"), np.full((4, 2), "ok")),
        },
        {"density": P[order], "seed": [0, 1], "step": [1]},
    )
    findings = computation_sparsity.analyse(datasets={"sweep": dataset}, folder=tmp_path)
    assert set(names(findings.verdicts).values()) == {True}
    [figure] = findings.figures
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
