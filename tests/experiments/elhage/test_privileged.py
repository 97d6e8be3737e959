"""The claims on a privileged basis, on weights made by hand."""

import numpy as np
import pytest
import xarray

from experiments.elhage import privileged

N, M = 10, 5


def code(n_single, others):
    """Weights of so many neurons of one feature, and rows of further features in the others."""
    W = np.zeros((N, M))
    W[:n_single, :n_single] = np.eye(n_single)
    for row, values in enumerate(others, start=n_single):
        W[row, n_single:] = values
    return W


PAIRS = [[1, 1, 0, 0, 0], [1, -1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 1, -1, 1], [0, 1, 0, 1, 1]]
PAPER = {
    0.7: code(5, []),
    0.35: code(3, [[1, -1], [-1, 1], [0.8, 0.8]]),
    0.15: code(2, [[1, 1, 0], [1, -1, 0], [-1, 0, 1], [0, 1, 1], [0, 1, -1]]),
    0.12: code(1, [[1, 1, 0, 0], [1, -1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [-1, 0, 1, 1]] * 1),
    0.065: code(0, PAIRS + [[-1, 1, 0, 0, 1], [1, 0, 0, 1, 0], [0, 0, -1, 1, 1]]),
    0.04: code(0, [*PAIRS, *(-np.array(PAIRS))]),
}
"""Configurations with the paper's number of neurons of one feature."""


def names(models):
    best = xarray.Dataset(
        {"W": (("density", "feature", "hidden"), np.stack(list(models.values())))},
        coords={"density": list(models)},
    )
    found = privileged.judge(best, 1000)
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in found}


def test_the_configurations_of_the_paper_reproduce_it():
    assert set(names(PAPER).values()) == {True}


@pytest.mark.parametrize(("density", "other"), [(0.7, 0.04), (0.35, 0.04), (0.04, 0.7)])
def test_others_do_not(density, other):
    found = names({**PAPER, density: PAPER[other]})
    assert found[f"monosemantic_{density:g}"] is False
    assert found["represented"] is False


def test_the_code_of_three_features_is_looked_at_closely():
    wrong = code(3, [[1, -1], [-1, 0.2], [0.8, 0.8]])
    found = names({**PAPER, 0.35: wrong})
    assert found["monosemantic_0.35"]
    assert found["binary_code"] is False


def test_densities_that_are_not_there_are_not_judged():
    found = names({0.5: PAPER[0.7]})
    assert {name for name, held in found.items() if held is not None} == set()
