"""The posterior over sets of names against all of them in NumPy float64."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from experiments.values.ambiguous import ambiguous_pointer, posterior_of_sets
from experiments.values.comparisons import comparisons, comparisons_of
from superpos import random
from superpos.arguments import ArgumentError
from tests.experiments.values.made import N_CONCEPTS, members

SOURCE = comparisons(
    n_features=N_CONCEPTS,
    members=members(),
    n_items=64,
    most_labels=32,
    n_labels=20.7,
    n_used=8.0,
)
MEASURED = jax.jit(
    lambda unit, key: ambiguous_pointer(source=SOURCE, unit=unit).measure((), (), key)
)
SETS = np.array([*itertools.combinations(range(N_CONCEPTS), 2)])


def test_each_set_counts_by_how_well_it_predicts_the_labels():
    @jax.jit
    def both(key):
        drawn = comparisons_of(SOURCE, key)
        return drawn, posterior_of_sets(drawn, jnp.asarray(SETS), unit=3.0)

    drawn, found = both(random.key(0))
    features, pairs = np.asarray(drawn.items.inputs, float), np.asarray(drawn.pairs)
    gap = (features[pairs[:, 0]] - features[pairs[:, 1]])[:20]
    signs = 2 * np.asarray(drawn.labels)[:20] - 1
    evidence = [
        -np.logaddexp(0, -signs * 3.0 * gap[:, names].sum(1)).sum() if names[1] < 8 else -np.inf
        for names in SETS
    ]
    np.testing.assert_allclose(found, scipy.special.softmax(evidence), atol=1e-4)
    assert float(found.sum()) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(("unit", "bits"), [(1e-6, np.log2(28)), (1e6, 0)])
def test_what_labels_leave_open_is_all_or_nothing_by_how_decided_they_are(unit, bits):
    found = MEASURED(unit, random.key(0))
    assert float(found["set_bits"]) == pytest.approx(bits, abs=1e-3)
    assert found["set_regret"].shape == (2,) and np.isfinite(found["set_regret"]).all()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"n_names": 10}, "n_names=10: expected 1 to 1,000,000 sets of 9 concepts, not 0"),
        ({"budgets": ()}, r"budgets=\[\]: expected one or more"),
        ({"budgets": (4.2,)}, "budgets.0=4.2: expected less than 4.16 nats"),
    ],
)
def test_a_pointer_that_cannot_be_is_refused(changes, line):
    with pytest.raises(ArgumentError, match=f"^{line}"):
        ambiguous_pointer(source=SOURCE, **changes)


def test_features_that_are_no_concepts_are_refused():
    source = comparisons(n_features=6, members=members(), view="inputs", n_items=64)
    with pytest.raises(ArgumentError, match="^source: expected the 9 concepts of an item as feat"):
        ambiguous_pointer(source=source)
