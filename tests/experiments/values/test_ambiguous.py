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
