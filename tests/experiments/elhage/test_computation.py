"""The claims on computation in superposition, on weights made by hand."""

import numpy as np
import pytest
import xarray

from experiments.elhage import computation, computation_sparsity
from experiments.elhage.motif import find_motifs
from experiments.elhage.neurons import active, monosemantic

MOTIF = np.array([[2.0, 1.0, 0.0], [-0.5, 0.0, 1.0]]), np.array([[0.5, 0.0, 0.0], [2.0, -4.0, 1.0]])
"""The paper's weights: feature 0 loud and 1 quiet on neuron 0, which neuron 1 inhibits."""


def names(found):
    return {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in found}


def test_a_neuron_is_of_one_feature_when_that_has_nine_tenths_of_its_square():
    W = np.array([[1.0, 3.0, 0.05, 0.0], [0.0, 1.0001, 0.0, 0.0]])
    np.testing.assert_array_equal(monosemantic(W), [True, False, False, False])
    np.testing.assert_array_equal(active(W), [True, True, False, False])


def test_the_motif_of_the_paper_is_found():
    (found,) = find_motifs(*MOTIF)
    assert found == (0, 1, 0, 1)


@pytest.mark.parametrize("scale", [0.1, 7.0])
def test_the_motif_does_not_hang_on_how_a_neuron_is_scaled_or_signed(scale):
    W_in, W_out = (each.copy() for each in MOTIF)
    W_in[:, 0] *= -scale
    W_in[:, 1] *= -1
    W_out[:, 0] /= scale
    assert len(find_motifs(W_in, W_out)) == 1


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ((1, 1, 1), 0.0),  # nothing inhibits
        ((1, 1, 1), -1.0),  # too little does
        ((0, 1, 0), 0.5),  # both features come in with one sign
        ((0, 1, 0), -1.9),  # as loud as each other
        ((1, 0, 0), 0.0),  # the first is not served
    ],
)
def test_without_one_of_its_parts_it_is_no_motif(at, value):
    weights = [each.copy() for each in MOTIF]
    weights[at[0]][at[1:]] = value
    assert find_motifs(*weights) == []


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
