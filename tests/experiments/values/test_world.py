"""Worlds of concepts against their closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.values import world
from experiments.values.concepts import concepts
from superpos import random
from superpos.arguments import ArgumentError
from superpos.data import draw

LAW = {"n_used": 9.0, "density": 0.3, "n_valued": 2.0}
MANY = 4096


@pytest.fixture(scope="module")
def true():
    return np.asarray(world.draw_concepts(random.key(0), MANY, 12, correlation=0.5, **LAW))


def test_concepts_in_use_have_their_density_and_others_are_never_true(true):
    np.testing.assert_allclose(true[:, :9].mean(0), 0.3, atol=0.03)
    assert not true[:, 9:].any()


def test_a_correlate_is_a_copy_as_often_as_said_and_else_independent(true):
    found = np.corrcoef(true[:, :9].T)
    expected = np.eye(9)
    for named, correlate in ((0, 4), (1, 5)):
        expected[named, correlate] = expected[correlate, named] = 0.5
    np.testing.assert_allclose(found, expected, atol=0.06)


def test_the_value_is_a_sum_over_both_groups_of_mean_0_and_variance_1(true):
    found = np.asarray(world.values(jnp.asarray(true), density=0.3, n_valued=2, named_share=0.75))
    weights = np.zeros(12)
    weights[:2], weights[2:4] = (np.sqrt(share / (2 * 0.3 * 0.7)) for share in (0.75, 0.25))
    np.testing.assert_allclose(found, (true - 0.3) @ weights, atol=1e-5)
    assert (found.mean(), found.var()) == (pytest.approx(0, abs=0.06), pytest.approx(1, abs=0.1))


def test_items_are_mixtures_of_their_concepts(true):
    seen = np.asarray(
        world.observe(random.key(0), jnp.asarray(true), 6, noise_std=0.0, world_seed=3)
    )
    alone = np.asarray(world.observe(random.key(0), jnp.eye(12), 6, noise_std=0.0, world_seed=3))
    expected = np.tanh(true @ np.arctanh(alone.astype(float)))
    np.testing.assert_allclose(seen, expected, atol=1e-3)
    assert np.arctanh(alone).std() == pytest.approx(world.GAIN, rel=0.3)


def test_texts_say_what_their_names_say(true):
    say = jax.jit(lambda text: world.said(random.key(1), jnp.asarray(true), text, **LAW))
    told = [np.asarray(say(number)) for number in range(5)]
    np.testing.assert_array_equal(told[world.TRUE], true)
    np.testing.assert_array_equal(told[world.PERMUTED][:, :9], true[:, (np.arange(9) + 4) % 9])
    for text, group in ((world.NAMED_ABSENT, [0, 1]), (world.UNNAMED_ABSENT, [2, 3])):
        others = np.delete(np.arange(12), group)
        np.testing.assert_array_equal(told[text][:, others], true[:, others])
        for k in group:
            assert told[text][:, k].mean() == pytest.approx(0.3, abs=0.03)
            assert np.corrcoef(told[text][:, k], true[:, k])[0, 1] == pytest.approx(0, abs=0.06)


def test_the_last_text_is_of_items_whose_correlates_always_come_along():
    sizes = {"n_valued": 2, "n_features": 6, "n_concepts": 12, "density": 0.3}
    items = jax.jit(lambda text: draw(concepts(text=text, **sizes), random.key(0), 64))
    batch, other = items(world.CORRELATED), items(world.TRUE)
    np.testing.assert_array_equal(batch.factors[:, :2], batch.factors[:, 4:6])
    np.testing.assert_array_equal(batch.targets, batch.factors)
    assert (other.factors[:, :2] != other.factors[:, 4:6]).any()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"n_valued": 5}, "n_valued=5: expected at most a third of n_used=12"),
        ({"n_used": 13}, "n_used=13: expected at most n_concepts=12"),
        ({"text": 1.5}, "text=1.5: expected an integer"),
        ({"text": 5}, "text=5: expected a number in [0, 4]"),
        ({"density": 1.0}, "density=1.0: expected a number in (0, 1)"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(wrong, line):
    with pytest.raises(ArgumentError) as found:
        concepts(**{"n_features": 6, "n_concepts": 12, **wrong})
    assert str(found.value) == line
