"""Correlations of weighted samples, and how well numbers part two classes. NumPy, float64."""

import numpy as np


def weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weight below each value, and half of the weight of its ties.

    With equal weights these are ranks up to a constant; with importance weights they estimate the
    ranks in all that the sample was drawn from.

    Args:
        values: (n,).
        weights: above 0, (n,).

    Returns:
        (n,).
    """
    _, where = np.unique(values, return_inverse=True)
    tied = np.bincount(where, weights)
    return (np.cumsum(tied) - tied / 2)[where]


def correlation(a: np.ndarray, b: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Pearson's correlation of a prediction with the truth.

    Args:
        a: the prediction, (n,).
        b: the truth, (n,).
        weights: of the examples, (n,); all the same where there are none.

    Returns:
        In [-1, 1]; 0 where the prediction is constant, nan where the truth is.
    """
    if np.ptp(b) == 0:
        return float("nan")
    if np.ptp(a) == 0:
        return 0.0
    a = a - np.average(a, weights=weights)
    b = b - np.average(b, weights=weights)
    of_a, of_b = (a, b) if weights is None else (a * weights, b * weights)
    # Sums, as BLAS would start threads that wait in a busy loop between short products.
    squares = (of_a * a).sum() * (of_b * b).sum()
    return float(np.clip((of_a * b).sum() / np.sqrt(squares), -1, 1)) if squares > 0 else 0.0


def spearman(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> float:
    """Spearman's correlation of a prediction with the truth, with weighted ranks.

    Returns:
        In [-1, 1]; 0 where the prediction is constant, nan where the truth is.
    """
    return correlation(weighted_ranks(a, weights), weighted_ranks(b, weights), weights)


def auroc(scores: np.ndarray, labels: np.ndarray) -> float:
    """The probability that a positive has the larger score; a tie counts half.

    Args:
        scores: (n,).
        labels: bool, (n,), with at least one of each.

    Returns:
        In [0, 1], the area under the curve of the receiver operating characteristic.
    """
    negatives = np.sort(scores[~labels])
    below, upto = (np.searchsorted(negatives, scores[labels], side) for side in ("left", "right"))
    return float((below + upto).sum() / (2 * len(below) * len(negatives)))


def best_threshold(scores: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the largest balanced accuracy, halfway between two scores.

    Args:
        scores: (n,).
        labels: bool, (n,), with at least one of each.

    Returns:
        The lowest of the best, -inf where no threshold is better than all being above it.
    """
    values, where = np.unique(scores, return_inverse=True)
    rates = [
        np.cumsum(np.bincount(where, each, len(values))) / each.sum() for each in (~labels, labels)
    ]
    gain = np.concatenate([[0.0], (rates[0] - rates[1])[:-1]])
    edges = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2])
    return float(edges[np.argmax(gain)])


def balanced_accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    """The mean of the rates of true positives and of true negatives.

    A score is no decision, so each half of the examples is decided by the best threshold of the
    other. Halves are every second example of each class, in the order in which they stand.

    Args:
        scores: (n,).
        labels: bool, (n,), with at least two of each.

    Returns:
        In [0, 1]; 1/2 where all scores are the same.
    """
    half = np.zeros(len(labels), bool)
    for label in (False, True):
        half[np.flatnonzero(labels == label)[::2]] = True
    above = np.zeros(len(labels), bool)
    for part in (half, ~half):
        above[part] = scores[part] > best_threshold(scores[~part], labels[~part])
    return float((above[labels].mean() + (~above[~labels]).mean()) / 2)
