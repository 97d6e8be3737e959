"""Which contexts are chosen."""

import numpy as np
import pytest

from superpos.interp import examples
from tests.superpos.interp.latents import BY_CONTEXT, CONTEXTS, TOKEN, generator

PEAKS = np.arange(200.0) - 99
ACTIVATIONS = np.stack([np.maximum(PEAKS, 0), np.maximum(PEAKS - 50, 0)], axis=1)
"""Of 200 contexts the last 100 are active, with peaks of 1 to 100."""


def test_as_many_activating_contexts_come_from_each_quantile() -> None:
    rows = examples.activating(ACTIVATIONS, generator(), n=30, n_quantiles=10)
    assert len(set(rows.tolist())) == 30
    np.testing.assert_array_equal(np.bincount((rows - 100) // 10), np.full(10, 3))
    assert (np.diff(PEAKS[rows]) < 0).any()  # in random order


def test_where_there_are_fewer_all_are_taken() -> None:
    assert sorted(examples.activating(ACTIVATIONS[:108], generator(), n=50)) == list(
        range(100, 108)
    )
    assert len(examples.activating(ACTIVATIONS[:50], generator())) == 0


def test_inactive_contexts_are_never_active() -> None:
    rows = examples.non_activating(ACTIVATIONS, generator(), n=40)
    assert len(set(rows.tolist())) == 40 and (rows < 100).all()


def test_look_alikes_are_inactive_and_hold_the_token_of_the_peak() -> None:
    rows = examples.activating(BY_CONTEXT, generator())
    found = examples.look_alikes(CONTEXTS, BY_CONTEXT, rows, generator())
    assert len(set(found.tolist())) == len(rows)
    assert (BY_CONTEXT[found] == 0).all()
    assert (CONTEXTS.tokens[found] == TOKEN).any(1).all()
    at_random = examples.non_activating(BY_CONTEXT, generator())
    assert not (CONTEXTS.tokens[at_random] == TOKEN).any(1).all()


def test_other_inactive_contexts_stand_in_where_too_few_look_alike() -> None:
    active = np.flatnonzero((CONTEXTS.tokens == TOKEN).any(1))
    activations = 1.0 * (CONTEXTS.tokens == TOKEN)
    activations[active[-3:]] = 0
    found = examples.look_alikes(CONTEXTS, activations, active[:20], generator())
    assert len(set(found.tolist())) == 20 and set(active[-3:].tolist()) < set(found.tolist())


@pytest.mark.parametrize("negatives", ["random", "look_alike"])
def test_labels_say_where_the_latent_is_active(negatives: examples.Negatives) -> None:
    found = examples.labelled(CONTEXTS, BY_CONTEXT, generator(), negatives=negatives, n=40)
    assert found is not None
    np.testing.assert_array_equal(found.labels, BY_CONTEXT[found.rows].any(1))
    np.testing.assert_array_equal(np.bincount(found.labels), [40, 40])


def test_nothing_is_scored_with_fewer_than_10_examples_of_a_class() -> None:
    for n_active, enough in ((9, False), (10, True), (590, True), (591, False)):
        activations = np.zeros(CONTEXTS.tokens.shape)
        activations[:n_active, 0] = 1
        assert (examples.labelled(CONTEXTS, activations, generator()) is not None) == enough
