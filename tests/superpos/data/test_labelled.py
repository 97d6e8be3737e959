"""Labels of a teacher: one function of the input, and classes alike in number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import random
from superpos.arguments import ArgumentError
from superpos.data import draw, labelled, sparse_uniform
from superpos.types import Source

N, C, UNITS = 12, 4, 16


def make(density: float = 0.5, **changes) -> Source:
    data = sparse_uniform(n_features=N, density=density)
    return labelled(
        **({"n_features": N, "data": data, "n_classes": C, "n_teacher": UNITS} | changes)
    )


def teacher(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The weights that the docstring states, in float64."""
    key_in, key_out = jax.random.split(jax.random.fold_in(random.key(0), seed))
    A = np.asarray(jax.random.normal(key_in, (N, UNITS)), float)
    B = np.asarray(jax.random.normal(key_out, (UNITS, C)), float)
    return A, B - B.mean(0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
def test_the_class_is_the_largest_output_of_the_teacher(seed: int) -> None:
    batch = draw(make(teacher_seed=seed), jax.random.key(1), 500)
    A, B = teacher(seed)
    scores = np.maximum(np.asarray(batch.inputs, float) @ A, 0) @ B
    np.testing.assert_array_equal(batch.targets, np.eye(C)[scores.argmax(-1)])
    assert batch.targets.dtype == jnp.float32


@pytest.mark.slow
def test_inputs_and_factors_are_those_of_the_data() -> None:
    batch = draw(make(), jax.random.key(1), 50)
    plain = draw(sparse_uniform(n_features=N, density=0.5), jax.random.key(1), 50)
    np.testing.assert_array_equal(batch.inputs, plain.inputs)
    np.testing.assert_array_equal(batch.factors, plain.factors)


def test_another_teacher_gives_other_labels_to_the_same_inputs() -> None:
    first, second = (draw(make(teacher_seed=seed), jax.random.key(1), 500) for seed in (0, 1))
    np.testing.assert_array_equal(first.inputs, second.inputs)
    assert 0.1 < np.mean(np.argmax(first.targets, -1) == np.argmax(second.targets, -1)) < 0.6


@pytest.mark.slow
def test_classes_are_more_alike_in_number_than_without_the_mean_taken() -> None:
    seeds = jnp.arange(20.0)
    batches = jax.vmap(lambda seed: draw(make(teacher_seed=seed), jax.random.key(1), 300))(seeds)
    largest = np.asarray(batches.targets).mean(1).max(-1)
    plain = []
    for seed, x in enumerate(np.asarray(batches.inputs, float)):
        key_in, key_out = jax.random.split(jax.random.fold_in(random.key(0), seed))
        A, B = jax.random.normal(key_in, (N, UNITS)), jax.random.normal(key_out, (UNITS, C))
        decided = (np.maximum(x @ np.asarray(A), 0) @ np.asarray(B)).argmax(-1)
        plain.append(np.bincount(decided, minlength=C).max() / len(decided))
    assert largest.mean() < np.mean(plain) - 0.05


@pytest.mark.slow
def test_no_input_is_the_first_class() -> None:
    batch = draw(make(density=1e-6), jax.random.key(0), 20)
    assert not batch.inputs.any()
    assert (np.argmax(batch.targets, -1) == 0).all()


def test_another_number_of_inputs_is_refused() -> None:
    with pytest.raises(ArgumentError, match=rf"^n_features=5: expected the {N} of data$"):
        make(n_features=5)
