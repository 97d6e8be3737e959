"""Which neurons stand for one feature, for weights made by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from experiments.elhage.neurons import active, draw_neurons, monosemantic
from superpos.app.plots.figures import new_figure

W = np.array(
    [
        # one, one negative, two, nearly one, not quite one, none, one beside a speck
        [1.0, -0.5, 1.0, 1.0, 1.0, 0.0, 0.05],
        [0.0, 0.0, 1.0, 0.33, 0.34, 0.0, 0.0],
    ]
)
"""1 / (1 + 0.33²) = 0.902 and 1 / (1 + 0.34²) = 0.896, on either side of 0.9."""


def test_by_hand() -> None:
    assert active(W).tolist() == [True, True, True, True, True, False, False]
    assert monosemantic(W).tolist() == [True, True, False, True, False, False, False]


@given(order=st.permutations(range(7)), swapped=st.booleans(), signs=st.integers(0, 127))
def test_naming_and_signs_do_not_matter(order: list[int], swapped: bool, signs: int) -> None:
    flips = np.array([1 if signs >> k & 1 else -1 for k in range(7)])
    changed = (W[::-1] if swapped else W)[:, order] * flips
    np.testing.assert_array_equal(monosemantic(changed), monosemantic(W)[order])


def test_leading_dimensions_are_kept() -> None:
    both = np.stack([W, 0 * W])
    assert monosemantic(both).sum(-1).tolist() == [3, 0]


def test_broken_weights_are_of_no_neuron() -> None:
    assert not monosemantic(np.full((2, 3), np.nan)).any()


def test_the_blocks_of_a_neuron_add_up_to_its_weights() -> None:
    figure, axis = new_figure(1, 1)
    weights = np.array([[1.0, -1.0], [0.5, 2.0]])
    draw_neurons(axis, weights, np.array([True, False]))
    corners = [path.vertices[:-1] for each in axis.collections for path in each.get_paths()]
    spans = {(round(xy[:, 0].mean()), xy[:, 1].min(), xy[:, 1].max()) for xy in corners}
    assert spans == {(0, 0.0, 1.0), (0, 1.0, 1.5), (1, 0.0, 2.0), (1, -1.0, 0.0)}
    assert {tuple(np.ptp(xy[:, 0]).round(6) for xy in corners)} == {(0.8,) * 4}
    assert [(r.get_y(), r.get_height()) for r in axis.patches] == [(0.0, 1.5)]
    low, high = axis.get_ylim()
    assert low < -1 and high > 2
    figure.clear()
