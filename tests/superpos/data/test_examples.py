"""Stored examples: served at random, in order, and as a stream, against their rows in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, examples

ROWS = np.arange(21, dtype=np.float32).reshape(7, 3)
ARRAYS = {"inputs": jnp.asarray(ROWS)}


def key(seed=0):
    """Made anew for each use, as a key may be used once."""
    return jax.random.key(seed)


def batches(source, n_batches, batch_size):
    state = source.init(key())
    for number in range(n_batches):
        batch, state = source.sample((), state, key(number), batch_size)
        yield batch


def test_a_stream_goes_on_where_the_last_batch_ended_and_begins_anew_after_the_last_row():
    source = examples(n_features=3, examples=ARRAYS, sampling="stream")
    taken = np.arange(4 * 5) % 7
    found = np.concatenate([batch.inputs for batch in batches(source, 4, 5)])
    np.testing.assert_array_equal(found, ROWS[taken])


def test_a_batch_of_a_stream_may_be_larger_than_all_there_is():
    source = examples(n_features=3, examples=ARRAYS, sampling="stream")
    found = np.concatenate([batch.inputs for batch in batches(source, 2, 16)])
    np.testing.assert_array_equal(found, ROWS[np.arange(32) % 7])


def test_in_order_every_batch_is_the_first_rows():
    source = examples(n_features=3, examples=ARRAYS, sampling="in_order")
    for batch in batches(source, 2, 5):
        np.testing.assert_array_equal(batch.inputs, ROWS[:5])


def test_at_random_every_row_is_drawn_alike_often():
    source = examples(n_features=3, examples=ARRAYS)
    first, second = (np.asarray(batch.inputs) for batch in batches(source, 2, 7000))
    assert (first != second).any()
    rows, counts = np.unique(first, axis=0, return_counts=True)
    np.testing.assert_array_equal(rows, ROWS)
    # 1000 each; five standard deviations of a binomial.
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(7000 * (1 / 7) * (6 / 7))


@pytest.mark.parametrize("sampling", ["random", "in_order", "stream"])
def test_targets_go_with_their_rows_and_features_are_not_known(sampling):
    targets = jnp.asarray(10 * ROWS[:, :2])
    source = examples(n_features=3, examples={**ARRAYS, "targets": targets}, sampling=sampling)
    batch = draw(source, key(), 4)
    np.testing.assert_array_equal(batch.targets, 10 * batch.inputs[:, :2])
    assert batch.factors.shape == (4, 0)
    alone = draw(examples(n_features=3, examples=ARRAYS, sampling=sampling), key(), 4)
    np.testing.assert_array_equal(alone.targets, alone.inputs)


@pytest.mark.parametrize("sampling", ["random", "stream"])
def test_what_it_gives_is_of_the_shapes_and_dtypes_of_the_arrays(sampling):
    arrays = {"inputs": jnp.zeros((4, 2), jnp.int32), "targets": jnp.zeros((4, 5), jnp.bfloat16)}
    gives = examples(n_features=2, examples=arrays, sampling=sampling).gives
    assert (gives.inputs.shape, gives.inputs.dtype) == ((2,), jnp.int32)
    assert (gives.targets.shape, gives.targets.dtype) == ((5,), jnp.bfloat16)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, "examples=[]: expected arrays inputs"),
        ({"x": ROWS}, "examples=['x']: expected arrays inputs"),
        ({"inputs": ROWS, "labels": ROWS}, "expected arrays inputs"),
        (ROWS, ": expected a mapping"),
        ({"inputs": ROWS[0]}, "examples.inputs of shape (3,): expected 3 rows of numbers"),
        ({"inputs": ROWS[:0]}, "examples.inputs"),
        (
            {"inputs": ROWS, "targets": ROWS[:6]},
            "examples.targets of shape (6, 3): expected 7 rows",
        ),
        ({"inputs": ROWS[:, :2]}, "n_features=3: expected 2, the columns of examples"),
    ],
)
def test_arrays_that_are_no_examples_are_refused_in_one_line(arrays, words):
    with pytest.raises(ArgumentError) as refusal:
        examples(n_features=3, examples=arrays)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
