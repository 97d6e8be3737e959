"""Labels of an axis: the numbers that were written, which a program is given in float32."""

from collections.abc import Sequence

import numpy as np

from superpos.arguments import ArgumentError, shown

SEED = "seed"


def labels_of(name: str, values: Sequence[float]) -> np.ndarray:
    """Check an axis.

    Args:
        name: of the axis.
        values: `seed` takes integers in [0, 2³²), any other axis numbers, finite in float32.

    Returns:
        The numbers as they were written, (n,): int64 where all are integers, else float64.

    Raises:
        ArgumentError: it is empty, has another number, or two that are one in float32; one line.
    """
    try:
        array = np.asarray(None if np.ma.is_masked(values) else values)
    except ValueError:
        array = np.asarray(None)
    if array.shape == (0,):
        raise ArgumentError(f"{name}: empty axis, expected a list of one or more numbers")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32) if array.dtype.kind in "iuf" else np.asarray(np.nan)
    if array.ndim != 1 or not np.all(np.isfinite(numbers)):
        raise ArgumentError(f"{name}={shown(values)}: expected a list of finite numbers")
    whole = array.dtype.kind in "iu"
    if name == SEED and not (whole and array.min() >= 0 and array.max() < 2**32):
        raise ArgumentError(f"{name}={shown(values)}: expected integers in [0, 4294967295]")
    labels = array.astype(np.int64 if whole and array.max() < 2**63 else np.float64)
    check_labels(name, labels)
    return labels


def as_inputs(axis: str, labels: np.ndarray) -> np.ndarray:
    """Labels of an axis as a program is given them: float32, or uint32 of the seed."""
    return labels.astype(np.uint32 if axis == SEED else np.float32)


def check_labels(name: str, labels: np.ndarray) -> None:
    """Refuse different labels that are one number to a program.

    Args:
        name: of the axis.
        labels: numbers, (n,). A label may come several times.

    Raises:
        ArgumentError: two of them are equal in float32; one line.
    """
    written = np.unique(labels)
    inputs = as_inputs(name, written)
    same = np.flatnonzero(inputs[1:] == inputs[:-1])
    if same.size:
        one, other = written[same[0] : same[0] + 2].tolist()
        raise ArgumentError(
            f"{name}: [{one}, {other}] is one number in float32 and appears twice, expected"
            " distinct values"
        )
