"""Images of handwritten digits, as scikit-learn ships them.

Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, the 1,797 images of its
test set; `sklearn.datasets.load_digits`.
"""

import functools
from typing import Literal

import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, Count, factory
from superpos.data import Serve, served
from superpos.types import Batch, Source

Split = Literal["train", "test"]
N_CLASSES = 10
HELD_OUT = 5
"""Of the images of a digit, in the order of the file, every fifth is a test image."""


@factory
def digits(*, n_features: Count = 64, split: Split = "train", serve: Serve = "random") -> Source:
    """Digits of 8 x 8 pixels, each in [0, 1], and which digit it is.

    Of the images of each digit, in the order of the file, every fifth is held out: 1,442 to train
    on and 355 to test.

    Args:
        n_features: pixels of an image: 64.
        split: images to "train" on, or those that are held out, to "test".
        serve: "random" draws each batch with replacement; "in_order" serves the first batch_size
            images, beginning anew after the last.

    Returns:
        A Source whose batches have inputs (batch, 64), targets one-hot (batch, 10), float32, and
        factors (batch, 0), as features are not known.

    Raises:
        ArgumentError: a value is out of range, or scikit-learn is not installed.
    """
    images, labels = load(split)
    if n_features != images.shape[1]:
        raise ArgumentError(f"n_features={n_features}: expected the {images.shape[1]} of an image")
    return served(
        Batch(
            inputs=jnp.asarray(images),
            targets=jnp.asarray(np.eye(N_CLASSES, dtype=np.float32)[labels]),
            factors=jnp.zeros((len(images), 0)),
        ),
        serve,
        len(images),
    )


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
        raise ArgumentError("digits: expected scikit-learn, pip install scikit-learn") from None
    images, labels = map(np.asarray, load_digits(return_X_y=True))
    return (images / 16).astype(np.float32), labels
