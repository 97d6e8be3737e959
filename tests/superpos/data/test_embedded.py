"""Features along their directions."""

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, embedded, finite, shared, sparse_uniform
from superpos.types import Batch, Source

DIRECTIONS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
FEATURES = sparse_uniform(n_features=4, density=0.5)


def drawn(source: Source) -> Batch:
    return draw(source, jax.random.key(0), 9)


def test_inputs_are_sums_of_directions() -> None:
    source = embedded(n_features=3, data=FEATURES, directions=DIRECTIONS)
    batch, plain = drawn(source), drawn(FEATURES)
    np.testing.assert_array_equal(batch.factors, plain.factors)
    np.testing.assert_array_equal(batch.targets, batch.inputs)
    expected = np.float64(plain.factors) @ DIRECTIONS
    np.testing.assert_allclose(batch.inputs, expected, rtol=1e-5, atol=1e-6)


def test_targets_may_be_what_the_sums_are_made_of() -> None:
    given = {"n_features": 3, "data": FEATURES, "directions": DIRECTIONS}
    source = embedded(**given, targets="factors")
    batch, plain = drawn(source), drawn(embedded(**given))
    np.testing.assert_array_equal(batch.inputs, plain.inputs)
    np.testing.assert_array_equal(batch.targets, plain.factors)
    assert source.gives is not None and source.gives.targets.shape == (4,)


def test_a_bias_has_its_norm_and_is_the_same_for_all() -> None:
    plain = drawn(embedded(n_features=3, data=FEATURES, directions=DIRECTIONS)).inputs
    given = {"n_features": 3, "data": FEATURES, "directions": {"inputs": DIRECTIONS}}
    found = np.asarray(drawn(embedded(**given, bias_norm=0.5)).inputs - plain)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 0.5, rtol=1e-5)
    np.testing.assert_allclose(found, found[:1].repeat(9, axis=0), atol=1e-6)


def test_sources_made_of_it_know_its_directions() -> None:
    source = embedded(n_features=3, data=FEATURES, directions=DIRECTIONS)
    for other in (shared(data=source), finite(n_features=3, data=source, n_samples=5)):
        np.testing.assert_array_equal(other.directions, DIRECTIONS)
    assert FEATURES.directions is None


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"n_features": 4}, "n_features=4: expected 3, the columns of directions"),
        ({"directions": DIRECTIONS[:2]}, "n_features=2: expected the 4 of data"),
        ({"directions": DIRECTIONS[0]}, "directions of shape [(3,)]: expected one matrix"),
        ({"bias_norm": -1.0}, "bias_norm=-1.0: expected a number in [0, inf)"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, line: str) -> None:
    given = {"n_features": 3, "data": FEATURES, "directions": DIRECTIONS}
    with pytest.raises(ArgumentError) as refusal:
        embedded(**(given | changes))
    assert str(refusal.value) == line
