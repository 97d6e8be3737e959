"""Digits: the split that is stated, the values that scikit-learn gives, and what is refused."""

import sys

import jax
import numpy as np
import pytest

from experiments.gauge import digits
from superpos.arguments import ArgumentError
from superpos.data import draw


@pytest.fixture(scope="module")
def original() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of scikit-learn."""
    from sklearn.datasets import load_digits  # here, since it loads for half a second

    return load_digits(return_X_y=True)


def rows(images) -> list[bytes]:
    return [np.float32(row).tobytes() for row in images]


def test_every_fifth_image_of_a_digit_is_held_out(original) -> None:
    all_images, all_labels = original
    images, labels = digits.load("test")
    for digit in range(10):
        expected = all_images[digit == all_labels][4::5] / 16
        np.testing.assert_array_equal(images[labels == digit], expected.astype(np.float32))


def test_the_two_parts_are_all_images_and_none_is_in_both(original) -> None:
    train, test = digits.load("train"), digits.load("test")
    assert (len(train[0]), len(test[0])) == (1442, 355)
    together = sorted(rows(train[0]) + rows(test[0]))
    assert together == sorted(rows(original[0] / 16))
    assert not set(rows(train[0])) & set(rows(test[0]))


def test_the_full_batch_is_the_part_in_order() -> None:
    images, labels = digits.load("test")
    batch = draw(digits.digits(split="test", serve="in_order"), jax.random.key(0), 355)
    np.testing.assert_array_equal(batch.inputs, images)
    np.testing.assert_array_equal(batch.targets, np.eye(10)[labels])
    assert batch.factors.shape == (355, 0)
    assert batch.inputs.min() == 0 and batch.inputs.max() == 1


@pytest.mark.slow
def test_random_batches_have_images_with_their_own_digit(original) -> None:
    of = dict(zip(rows(original[0] / 16), original[1], strict=True))
    batch = draw(digits.digits(), jax.random.key(0), 200)
    found = [of[row] for row in rows(batch.inputs)]
    np.testing.assert_array_equal(np.argmax(batch.targets, -1), found)
    assert len(set(rows(batch.inputs))) > 150


def test_another_number_of_pixels_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"^n_features=10: expected the 64 of an image$"):
        digits.digits(n_features=10)


def test_without_scikit_learn_the_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    digits._read.cache_clear()
    with pytest.raises(ArgumentError, match=r"^digits: expected scikit-learn[^\n]*$"):
        digits.digits()
    digits._read.cache_clear()
