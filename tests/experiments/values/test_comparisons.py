"""Labels against the rule by which they are drawn."""

import functools

import jax
import numpy as np
import pytest
import scipy

from experiments.values.comparisons import comparisons, comparisons_of
from superpos import data, random
from superpos.arguments import ArgumentError
from superpos.types import EMPTY
from tests.experiments.values.made import N_CONCEPTS, N_INPUTS, members

SCALARS = {
    "n_valued": 2.0,
    "n_labels": 3.9,
    "label_noise": 0.0,
    "choice_scale": 2.0,
    "named_share": 0.5,
    "correlation": 0.0,
}


def made(**changes):
    return comparisons(**{"n_features": N_CONCEPTS, "members": members(), **changes})


@functools.cache
def program(**static):
    """The comparisons and a batch of them, for any numbers."""

    @jax.jit
    def draw_all(numbers, key):
        source = made(n_shifted=512, **static, **numbers)
        drawn = comparisons_of(source, key)
        return drawn, source.sample((), drawn, jax.random.fold_in(key, 1), 64)[0]

    return draw_all


def drawn(numbers=EMPTY, **static):
    found = program(**static)({**SCALARS, **numbers}, random.key(0))
    return jax.tree.map(np.asarray, found)


@pytest.mark.parametrize("label_noise", [0.0, 0.2])
def test_labels_are_drawn_by_bradley_and_terry_and_turned(label_noise):
    found, _ = drawn({"label_noise": label_noise})
    value, (first, second) = found.items.targets[:, 0], found.pairs.T
    assert (first != second).all()
    chance = scipy.special.expit(2.0 * (value[first] - value[second]).astype(float))
    chance = label_noise + (1 - 2 * label_noise) * chance
    labels = found.labels
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        inside = (chance >= low) & (chance <= high)
        assert labels[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.05)


def test_features_are_the_items_or_what_the_network_says_of_them():
    seen, said, code = (
        drawn(**static)[0].items.inputs.astype(float)
        for static in (
            {"view": "inputs", "n_features": N_INPUTS},
            {},
            {"view": "code", "n_features": N_INPUTS},
        )
    )
    weights = np.asarray(members().params.weights[0][0], float)
    np.testing.assert_allclose(said, scipy.special.expit(seen @ weights), atol=1e-5)
    np.testing.assert_array_equal(code, seen)


def test_a_pointer_labels_by_the_named_concepts_that_the_network_sees():
    found, _ = drawn({"choice_scale": 1000.0}, labeller="pointer")
    pointed = found.items.inputs[:, :2].sum(1)
    gap = pointed[found.pairs] @ [1, -1]
    clear = np.abs(gap) > 0.02
    np.testing.assert_array_equal(found.labels[clear] == 1, gap[clear] > 0)


def test_shifted_items_have_independent_correlates():
    found, _ = drawn({"correlation": 1.0})
    items, shifted = found.items.factors, found.shifted.factors
    np.testing.assert_array_equal(items[:, :2], items[:, 4:6])
    assert np.corrcoef(shifted[:, 0], shifted[:, 4])[0, 1] == pytest.approx(0, abs=0.15)


def test_batches_are_of_the_labels_in_use():
    found, batch = drawn()
    pairs = found.items.inputs[found.pairs[:3]]
    numbers = [next(k for k in range(3) if (pairs[k] == x).all()) for x in batch.inputs]
    assert set(numbers) == {0, 1, 2}
    np.testing.assert_array_equal(batch.targets[:, 0], found.labels[numbers])


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"n_labels": 5000}, "n_labels=5000: expected at most most_labels=4096"),
        ({"n_features": 7}, "n_features=7: expected the 9 concepts of members"),
        ({"n_used": 10}, "n_used=10: expected at most the n_concepts=9 of members"),
        ({"label_noise": 0.6}, "label_noise=0.6: expected a number in [0, 0.5]"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(wrong, line):
    with pytest.raises(ArgumentError) as found:
        made(**wrong)
    assert str(found.value) == line


def test_other_sources_are_no_comparisons():
    with pytest.raises(ArgumentError, match="source: expected comparisons"):
        comparisons_of(data.sparse_uniform(n_features=5, density=0.5), random.key(0))
