"""Cross entropy against SciPy in float64, scikit-learn, and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from superpos.losses import sigmoid_cross_entropy, softmax_cross_entropy

RNG = np.random.default_rng(0)
LOGITS, LABELS = 3 * RNG.normal(size=(4, 9)), RNG.integers(4, size=9)
ONE_HOT = np.eye(4)[:, LABELS]


def loss_of(logits: np.ndarray, targets: np.ndarray) -> float:
    return float(softmax_cross_entropy(jnp.float32(logits), jnp.float32(targets)))


def test_a_batch_is_averaged_over() -> None:
    from sklearn.metrics import log_loss  # here, since it loads for half a second

    expected = -(ONE_HOT * scipy.special.log_softmax(LOGITS, axis=0)).sum(0).mean()
    assert loss_of(LOGITS, ONE_HOT) == pytest.approx(expected, rel=1e-6)
    probabilities = scipy.special.softmax(LOGITS, axis=0).T
    assert loss_of(LOGITS, ONE_HOT) == pytest.approx(
        log_loss(LABELS, probabilities, labels=range(4)), rel=1e-5
    )


def test_one_example() -> None:
    assert loss_of(LOGITS[:, 0], ONE_HOT[:, 0]) == pytest.approx(
        -scipy.special.log_softmax(LOGITS[:, 0])[LABELS[0]], rel=1e-6
    )


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes() -> None:
    assert loss_of(np.full((4, 2), 7.0), ONE_HOT[:, :2]) == pytest.approx(np.log(4), rel=1e-6)


def test_targets_may_be_probabilities() -> None:
    """At logits log t the loss is the entropy of t, which is the least there is."""
    t = scipy.special.softmax(RNG.normal(size=4))
    assert loss_of(np.log(t), t) == pytest.approx(-(t * np.log(t)).sum(), rel=1e-6)
    assert loss_of(np.log(t) + [0.3, 0, 0, 0], t) > loss_of(np.log(t), t)


def test_logits_of_any_size_are_finite() -> None:
    far = np.array([[1e4], [-1e4]])
    assert loss_of(far, np.array([[1.0], [0.0]])) == 0
    assert loss_of(far, np.array([[0.0], [1.0]])) == pytest.approx(2e4)


@pytest.mark.usefixtures("x64")
def test_the_gradient_is_softmax_minus_target() -> None:
    gradient = jax.grad(softmax_cross_entropy)(jnp.asarray(LOGITS), jnp.asarray(ONE_HOT))
    expected = (scipy.special.softmax(LOGITS, axis=0) - ONE_HOT) / LOGITS.shape[1]
    np.testing.assert_allclose(gradient, expected, atol=1e-14)


@given(st.floats(-50, 50))
def test_the_same_added_to_all_logits_changes_nothing(shift: float) -> None:
    assert loss_of(LOGITS + shift, ONE_HOT) == pytest.approx(loss_of(LOGITS, ONE_HOT), rel=1e-4)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(AssertionError):
        softmax_cross_entropy(jnp.zeros((3, 2)), jnp.zeros((2, 3)))
    with pytest.raises(AssertionError):
        softmax_cross_entropy(jnp.zeros((3, 2, 1)), jnp.zeros((3, 2, 1)))


def test_labels_that_are_independent_are_summed_over_outputs_and_averaged() -> None:
    targets = np.random.default_rng(1).uniform(size=LOGITS.shape)
    each = targets * scipy.special.log_expit(LOGITS)
    each += (1 - targets) * scipy.special.log_expit(-LOGITS)
    found = sigmoid_cross_entropy(jnp.float32(LOGITS), jnp.float32(targets))
    assert float(found) == pytest.approx(-each.sum(0).mean(), rel=1e-6)


def test_log_odds_of_any_size_are_finite() -> None:
    far = jnp.float32([1e4, -1e4])
    assert float(sigmoid_cross_entropy(far, jnp.float32([1, 0]))) == 0
    assert float(sigmoid_cross_entropy(far, jnp.float32([0, 0]))) == pytest.approx(1e4)
