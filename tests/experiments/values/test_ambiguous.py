"""The posterior over sets of names against all of them in NumPy float64."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from experiments.values.ambiguous import ambiguous_pointer, probabilities_of_names
from experiments.values.comparisons import comparisons, comparisons_of
from tests.experiments.values.made import N_CONCEPTS, members

SOURCE = comparisons(
    n_features=N_CONCEPTS,
    members=members(),
    n_items=64,
    most_labels=32,
    n_labels=20.7,
    n_used=8.0,
)
SETS = np.array([*itertools.combinations(range(N_CONCEPTS), 2)])


def test_each_set_counts_by_how_well_it_predicts_the_labels():
    @jax.jit
    def both(key):
        drawn = comparisons_of(SOURCE, key)
        return drawn, probabilities_of_names(drawn, jnp.asarray(SETS), unit=3.0)

    drawn, found = both(jax.random.key(0))
    features, pairs = np.asarray(drawn.items.inputs, float), np.asarray(drawn.pairs)
    gap = (features[pairs[:, 0]] - features[pairs[:, 1]])[:20]
    signs = 2 * np.asarray(drawn.labels)[:20] - 1
    evidence = [
        -np.logaddexp(0, -signs * 3.0 * gap[:, names].sum(1)).sum() if names[1] < 8 else -np.inf
        for names in SETS
    ]
    posterior = scipy.special.softmax(evidence)
    expected = [posterior[(k == SETS).any(1)].sum() for k in range(N_CONCEPTS)]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert float(found.sum()) == pytest.approx(2, rel=1e-5) and found[8] == 0


def test_its_policy_is_measured():
    evaluation = ambiguous_pointer(source=SOURCE)
    found = jax.jit(evaluation.measure)((), (), jax.random.key(0))["set_regret"]
    assert found.shape == (2,) and np.isfinite(found).all()
