"""The claims on neurons that come to serve many features, on weights made by hand."""

from pathlib import Path

import numpy as np
import xarray

from experiments.elhage.computation_sparsity.claims import judge
from experiments.elhage.computation_sparsity.figures import draw
from experiments.elhage.computation_sparsity.measure import Neurons, measure


def names(found):
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in found}


def mixed(n_single, n=100, m=40):
    """Weights of so many neurons of one feature; the others are of all."""
    W = np.full((n, m), 0.5)
    W[:, :n_single] = np.eye(n)[:, :n_single]
    return W


P = np.array([1.0, 0.1, 0.01, 0.001])


def neurons(W: np.ndarray, p: np.ndarray = P) -> Neurons:
    """One instance at each density."""
    return Neurons(p, W, W[:, None], fragile=None)


def test_neurons_that_come_to_serve_many_features_are_as_in_the_paper():
    W = np.stack([mixed(40), mixed(30), mixed(10), mixed(0)])
    found = judge(neurons(W))
    assert set(names(found).values()) == {True}
    assert "p=0.01: 0.25" in found[-1].note


def test_neurons_that_do_not_are_not():
    W = np.stack([mixed(20), mixed(30), mixed(40), mixed(40)])
    found = names(judge(neurons(W)))
    assert set(found.values()) == {False}


def test_densities_that_are_not_there_are_not_judged():
    W = mixed(40)[None]
    found = names(judge(neurons(W, np.array([0.5]))))
    assert set(found.values()) == {None}


def test_measure_takes_the_best_from_dense_to_sparse(tmp_path: Path) -> None:
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
    measured = measure({"sweep": dataset})
    assert set(names(judge(measured)).values()) == {True}
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
