"""Decisions and accuracy, by hand and against scikit-learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.metrics import accuracy, decisions

LOGITS = jnp.array([[0.0, 2.0, 1.0], [3.0, -1.0, 3.0], [-5.0, -4.0, -3.0], [1.0, 1.0, 0.0]])


def test_the_largest_is_decided_and_the_first_of_equals() -> None:
    assert decisions(LOGITS).tolist() == [1, 0, 2, 0]


def test_accuracy_by_hand() -> None:
    targets = jnp.eye(3)[jnp.array([1, 0, 0, 1])]
    assert accuracy(LOGITS, targets) == pytest.approx(0.5)
    soft = jnp.array([[0.3, 0.4, 0.3], [0.1, 0.2, 0.7], [0.0, 0.0, 1.0], [0.8, 0.1, 0.1]])
    assert accuracy(LOGITS, soft) == pytest.approx(0.75)


def test_what_is_not_a_number_decides_nothing() -> None:
    assert decisions(LOGITS.at[1, 2].set(jnp.nan)).tolist() == [1, -1, 2, 0]
    targets = jnp.eye(3)[jnp.array([0, 0, 0, 0])]
    assert jnp.isnan(accuracy(jnp.full((4, 3), jnp.nan), targets))
    assert jnp.isnan(accuracy(LOGITS.at[2, 1].set(jnp.nan), targets))
    assert jnp.isnan(accuracy(LOGITS, targets.at[0, 0].set(jnp.nan)))


def test_accuracy_agrees_with_scikit_learn_for_a_batch_of_networks() -> None:
    from sklearn.metrics import accuracy_score  # here, since it loads for half a second

    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(5, 40, 3)), rng.integers(3, size=40)
    targets = np.broadcast_to(np.eye(3)[labels], logits.shape)
    found = jax.jit(accuracy)(jnp.float32(logits), jnp.float32(targets))
    expected = [accuracy_score(labels, one.argmax(-1)) for one in logits]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.usefixtures("x64")
def test_float64_stays_float64() -> None:
    logits = jnp.asarray(np.random.default_rng(0).normal(size=(7, 3)))
    assert accuracy(logits, logits).dtype == jnp.float64
