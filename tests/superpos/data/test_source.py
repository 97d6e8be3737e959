"""Sources made of functions, batches made of sources, and one stream for all."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, elementwise, labelled, shared, sparse_uniform, stateless
from superpos.types import Batch, Source, vectors


def key(seed=4):
    """Made anew for each use, as a key may be used once."""
    return jax.random.key(seed)


def uniform(key, batch_size):
    x = jax.random.uniform(key, (batch_size, 3))
    return Batch(inputs=x, targets=x, factors=x)


def told_apart():
    """Batches of the first parameter, of what the state began with, and of the draws before."""

    def sample(params, state, key, batch_size):
        first, count = state
        x = jnp.broadcast_to(jnp.stack([params[0], first, count]), (batch_size, 3))
        return Batch(inputs=x, targets=x, factors=x), (first, count + 1)

    return Source(lambda key: (jax.random.uniform(key), jnp.float32(0)), sample, gives=vectors(3))


def test_a_function_of_a_key_becomes_a_source_without_state():
    source = stateless(uniform)
    state = source.init(key(0))
    assert state == ()
    batch, after = source.sample("anything", state, key(), 5)
    assert after == ()
    np.testing.assert_array_equal(batch.inputs, jax.random.uniform(key(), (5, 3)))
    assert (source.sample_columns, source.gives, source.stream) == (None, None, None)


def test_what_a_source_gives_is_declared_as_vectors_of_float32():
    gives = stateless(uniform, gives=vectors(3, 7)).gives
    assert (gives.inputs.shape, gives.targets.shape) == ((3,), (7,))
    assert gives.inputs.dtype == gives.targets.dtype == jnp.float32
    assert vectors(3).targets.shape == (3,)


def test_a_batch_is_drawn_at_the_start_of_a_source_with_the_parameters_given():
    first = jax.random.uniform(jax.random.fold_in(key(), 2**32 - 1))
    x = draw(told_apart(), key(), 4, params=jnp.array([7.0])).inputs
    np.testing.assert_array_equal(x, [[7.0, first, 0.0]] * 4)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: elementwise(n_features=3, data=data, function="square"),
        lambda data: labelled(n_features=3, data=data, n_classes=4),
        lambda data: shared(data=data),
    ],
    ids=["elementwise", "labelled", "shared"],
)
def test_a_source_of_a_source_hands_on_its_state_and_the_parameters(wrap):
    source = wrap(told_apart())
    state = source.init(key(0))
    first = jax.random.uniform(key(0))
    for count in (0, 1, 2):
        batch, state = source.sample(jnp.array([7.0]), state, key(), 2)
        np.testing.assert_array_equal(batch.inputs, [[7.0, first, count]] * 2)


def test_a_shared_source_has_a_stream_that_sources_of_it_keep():
    data = sparse_uniform(n_features=3, density=0.5)
    source = shared(data=data, stream_seed=2**32 - 1)
    assert source.stream == 2**32 - 1
    assert data.stream is None
    for outer in (
        elementwise(n_features=3, data=source, function="abs"),
        labelled(n_features=3, data=source, n_classes=2),
    ):
        assert outer.stream == 2**32 - 1
    # Drawn from by hand, it gives what the source gives for that key.
    fields = [dataclasses.astuple(draw(each, key(), 5)) for each in (source, data)]
    for one, other in zip(*fields, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_engine_that_knows_no_stream_is_given_no_columns():
    data = sparse_uniform(n_features=3, density=0.5)
    assert data.sample_columns is not None
    assert shared(data=data).sample_columns is None


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, True, None])
def test_a_seed_of_a_stream_that_is_none_is_refused_in_one_line(seed):
    with pytest.raises(ArgumentError) as refusal:
        shared(data=stateless(uniform), stream_seed=seed)
    assert str(refusal.value).startswith(f"stream_seed={seed}: expected an integer in")
    assert "\n" not in str(refusal.value)


def test_a_shared_source_is_checked_against_the_inputs_that_are_said():
    data = sparse_uniform(n_features=3, density=0.5)
    assert shared(data=data, n_features=3).stream == 0
    with pytest.raises(ArgumentError) as refusal:
        shared(data=data, n_features=4)
    assert str(refusal.value) == "n_features=4: expected the 3 of data"
