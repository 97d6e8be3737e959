"""Digits: the split that is stated, the values that scikit-learn gives, and what is refused."""

import sys

import jax
import numpy as np
import pytest

from experiments.gauge import digits
from superpos.arguments import ArgumentError
from superpos.data import draw, examples


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


def test_an_asset_has_the_images_of_a_part_and_their_digits() -> None:
    for split in ("train", "test"):
        images, labels = digits.load(split)
        found = digits.digits(split=split)
        np.testing.assert_array_equal(found.arrays["inputs"], images)
        np.testing.assert_array_equal(found.arrays["targets"], np.eye(10)[labels])
        assert found.arrays["inputs"].min() == 0 and found.arrays["inputs"].max() == 1
    assert digits.digits(split="train").digest != digits.digits(split="test").digest


def test_data_of_the_asset_are_images_with_their_digits() -> None:
    images = digits.digits(split="test").arrays
    source = examples(n_features=64, examples=images, sampling="in_order")
    batch = draw(source, jax.random.key(0), 355)
    np.testing.assert_array_equal(batch.inputs, images["inputs"])
    np.testing.assert_array_equal(batch.targets, images["targets"])


def test_without_scikit_learn_the_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    digits._read.cache_clear()
    with pytest.raises(ArgumentError, match=r"^scikit-learn: not installed[^\n]*$"):
        digits.digits()
    digits._read.cache_clear()
