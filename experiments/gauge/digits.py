"""Images of handwritten digits, as scikit-learn ships them.

Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, the 1,797 images of its
test set; `sklearn.datasets.load_digits`.
"""

import functools
from typing import Literal

import numpy as np

from superpos.arguments import ArgumentError, factory
from superpos.assets import asset
from superpos.types import Asset

Split = Literal["train", "test"]
N_CLASSES = 10
HELD_OUT = 5
"""Of the images of a digit, in the order of the file, every fifth is a test image."""


@factory
def digits(*, split: Split = "train") -> Asset:
    """Digits of 8 x 8 pixels, each in [0, 1], and which digit it is.

    Of the images of each digit, in the order of the file, every fifth is held out: 1,442 to train
    on and 355 to test.

    Args:
        split: images to "train" on, or those that are held out, to "test".

    Returns:
        An Asset of "inputs" (n, 64) and "targets" one-hot (n, 10), float32, for `data.examples`.

    Raises:
        ArgumentError: a value is out of range, or scikit-learn is not installed.
    """
    images, labels = load(split)
    return asset({"inputs": images, "targets": np.eye(N_CLASSES, dtype=np.float32)[labels]})


def load(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The images (n, 64) in [0, 1], float32, and their digits (n,), int.

    Raises:
        ArgumentError: scikit-learn is not installed.
    """
    images, labels = _read()
    held_out = np.zeros(len(labels), bool)
    for digit in range(N_CLASSES):
        held_out[np.flatnonzero(labels == digit)[HELD_OUT - 1 :: HELD_OUT]] = True
    chosen = held_out if split == "test" else ~held_out
    return images[chosen], labels[chosen]


@functools.cache
def _read() -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ArgumentError(
            "scikit-learn: not installed; pip install 'superpos[experiments]'"
        ) from None
    images, labels = map(np.asarray, load_digits(return_X_y=True))
    return (images / 16).astype(np.float32), labels
