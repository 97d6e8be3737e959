"""Random layers that compute ANDs, against ones made by hand, and the claims on them."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.computation.uand.claims import ROWS, judge
from experiments.computation.uand.figures import draw
from experiments.computation.uand.layer import (
    Errors,
    layer_errors,
    needed,
    slope,
    sparse_inputs,
    variance_explained,
)
from experiments.computation.uand.measure import (
    Conjunctions,
    Layers,
    Trained,
    bound,
    network_error,
    trained_networks,
)
from superpos.arguments import ArgumentError


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("state", [(0, 0), (1, 0), (1, 1)])
def test_inputs_have_k_features_and_of_the_pair_those_that_are_asked(state) -> None:
    pairs, on = sparse_inputs(9, 3, 40, state, rng())
    assert on.shape == (40, 3) and all(len({*row}) == 3 for row in on.tolist())
    found = [[feature in row for feature in pair] for pair, row in zip(pairs, on, strict=True)]
    assert found == [list(map(bool, state))] * 40


def test_the_error_of_the_third_feature_is_its_chance_to_be_in_a_neuron() -> None:
    """q (k - 1), where inputs are aligned, of neurons that all have both."""
    d = 3600
    q = 3 / np.sqrt(d)
    for k in (2, 3):
        assert layer_errors(60, d, k, 400, rng()).aligned == pytest.approx(q * (k - 1), rel=0.15)


def test_interference_is_that_of_gaussian_noise() -> None:
    """Neurons of a pair of which one is on have 0 and noise of variance m q k / d: its ReLU is
    σ/√(2π) on average, and the change where a third feature is on is σ √(2/π).
    """
    m, d, k = 800, 2500, 2
    q = 3 / np.sqrt(d)
    sigma = np.sqrt(m * q * k / d)
    found = layer_errors(m, d, k, 200, rng())
    assert 0.8 * sigma / np.sqrt(2 * np.pi) < found.interference < sigma * np.sqrt(2 / np.pi)
    assert found.superposed > found.aligned


def test_the_width_needed_is_interpolated_in_logs() -> None:
    widths = np.array([1.0, 10.0, 100.0])
    assert needed(widths, 1 / widths, 0.05) == pytest.approx(20)
    assert np.isnan(needed(widths, np.array([0.5, 0.2, 0.3]), 0.25))  # rises again
    assert np.isnan(needed(widths, 1 / widths, 2.0))
    assert slope(widths, 3 * widths**0.7) == pytest.approx(0.7)
    assert slope(widths, np.array([1.0, np.nan, 100.0])) == pytest.approx(1)
    assert slope(widths[:1], widths[:1]) is None


def test_inputs_explain_two_thirds_of_an_and_and_enough_neurons_all() -> None:
    neurons, inputs = variance_explained(6, 200, 1.0, 3000, rng())
    assert inputs == pytest.approx(2 / 3, abs=0.03)
    assert neurons > 0.97


def test_an_exact_network_has_no_error() -> None:
    """A neuron for each pair, ReLU(x_i + x_j - 1)."""
    m = 5
    first, second = np.triu_indices(m, 1)
    n = len(first)
    W_in = np.zeros((m, n))
    W_in[first, np.arange(n)] = W_in[second, np.arange(n)] = 1
    exact = (W_in, np.eye(n), -np.ones(n), np.zeros(n))
    assert network_error(*exact) == pytest.approx(0)
    assert network_error(*exact[:3], np.full(n, 0.3)) == pytest.approx(0.3)
    assert network_error(W_in, 0 * np.eye(n), *exact[2:]) == pytest.approx(1)


def conjunctions(*, good: bool) -> Conjunctions:
    """As is claimed, or in nothing."""
    m, d = np.array([100, 200, 400]), np.geomspace(30, 3000, 7)
    superposed = m[:, None] ** (2 / 3) / d if good else np.tile(0.1 * (d / 40) ** -0.2, (3, 1))
    aligned = np.tile(10 / d, (3, 1)) if good else m[:, None] / d
    errors = Errors(aligned, superposed, superposed)
    layers = Layers(m, d, errors, {3: superposed[-1]})
    widths = np.array([3.0, 6.0, 12.0])
    mine = np.array([0.5, 0.3, 0.05]) if good else np.array([0.05, 0.05, 0.05])
    trained = Trained(12, widths, mine, np.full(3, 0.6 if good else 0.01))
    return Conjunctions(layers, trained, (0.95, 2 / 3) if good else (0.7, 0.9))


@pytest.mark.parametrize("good", [True, False])
def test_each_claim_can_hold_and_fail(good: bool, tmp_path: Path) -> None:
    measured = conjunctions(good=good)
    found = {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in judge(measured)}
    assert found == {key: good for key, *_ in ROWS}
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")


def test_the_bound() -> None:
    assert bound(np.array(16)) == pytest.approx(8)


def test_three_features_have_no_pair_of_which_neither_is_on() -> None:
    dataset = xarray.Dataset({"weights.0": (("feature", "hidden"), np.ones((3, 4)))})
    with pytest.raises(ArgumentError, match="^data.n_features=3: expected an integer >= 4, as"):
        trained_networks(dataset, rng())
