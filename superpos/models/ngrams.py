"""Models of n-grams: the probability of a token given the one or two before it, from counts.

Source: Kneser and Ney 1995, Improved backing-off for m-gram language modeling, in the interpolated
form of Chen and Goodman 1999, An empirical study of smoothing techniques for language modeling,
section 3 (one discount for each order). In NumPy and in float64.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from superpos.arguments import ArgumentError

MOST_CODES = 2**63
"""An n-gram is a number in int64, its tokens as digits of base n_tokens."""
Losses = Callable[[np.ndarray], np.ndarray]


class _Level(NamedTuple):
    """Counts of the n-grams of one length.

    Attributes:
        grams: their numbers, sorted, int64.
        counts: of each, float64.
        contexts: numbers of the n-grams without their last token, sorted, each once.
        totals: of the counts that follow each context.
        types: different tokens that follow each context.
        discount: what is taken from each count.
    """

    grams: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    types: np.ndarray
    discount: float


def kneser_ney(windows: np.ndarray, *, n_tokens: int, order: int) -> Losses:
    """An interpolated Kneser-Ney model of windows of text.

    P(w | context) = max(c - D, 0) / total + D types / total · P(w | shorter context), and in the
    end 1 / n_tokens. For all but the longest n-grams c counts the different tokens before it. D is
    n1 / (n1 + 2 n2), from the numbers of n-grams that are counted once and twice, and 1/2 where
    none is counted once.

    Args:
        windows: of the text to count in, (n, length), integers in [0, n_tokens), two or more in a
            window. The first of a window may be the last of another: a unigram is counted where it
            is predicted, so not there.
        n_tokens: size of the vocabulary, >= 1.
        order: tokens of the longest n-gram: 1 knows of no context, 3 of two tokens.

    Returns:
        Windows (n, length) -> the loss of each token but the first in nats, float64
        (n, length - 1). Where fewer tokens stand before one, the model of that order is taken.

    Raises:
        ArgumentError: a value is out of range, there is no window, or one is shorter than the
            order; from what is returned, windows of other tokens; one line.
    """
    if n_tokens < 1:
        raise ArgumentError(f"n_tokens={n_tokens}: expected 1 or more")
    if order < 1 or n_tokens**order > MOST_CODES:
        raise ArgumentError(f"order={order}: expected 1 or more, with n_tokens^order up to 2^63")
    _check(windows, n_tokens, max(2, order))
    raw = [_counted(_predicted(windows, n_tokens, n), n_tokens) for n in range(1, order + 1)]
    after = [_continued(raw[n], n_tokens, n) for n in range(1, order)]
    models = [[*after[:n], raw[n]] for n in range(order)]

    def losses(windows: np.ndarray) -> np.ndarray:
        _check(windows, n_tokens, 1)
        found = np.empty((windows.shape[0], windows.shape[1] - 1))
        for n in range(min(order, 2), order + 1):
            grams = _predicted(windows, n_tokens, n)
            first = max(n, 2) - 2
            grams = grams if n == order else grams[:, :1]
            found[:, first : first + grams.shape[1]] = -np.log(
                _probability(models[n - 1], grams, n_tokens)
            )
        return found

    return losses


def _check(windows: np.ndarray, n_tokens: int, least: int) -> None:
    """Refuse what are no windows of text.

    Raises:
        ArgumentError: one line.
    """
    shape = list(windows.shape)
    if windows.dtype.kind not in "iu" or len(shape) != 2 or not windows.size or shape[1] < least:
        raise ArgumentError(
            f"windows: {windows.dtype}{shape}, expected integers (n, length) of length {least} or"
            " more"
        )
    low, high = int(windows.min()), int(windows.max())
    if low < 0 or high >= n_tokens:
        raise ArgumentError(f"windows: tokens from {low} to {high}, expected [0, {n_tokens - 1}]")


def _probability(levels: list[_Level], grams: np.ndarray, n_tokens: int) -> np.ndarray:
    """Of the last token of each n-gram, given the others."""
    found = np.full(grams.shape, 1 / n_tokens)
    for n, level in enumerate(levels, 1):
        code = grams % n_tokens**n
        counts, _ = _looked_up(level.grams, level.counts, code)
        totals, known = _looked_up(level.contexts, level.totals, code // n_tokens)
        types, _ = _looked_up(level.contexts, level.types, code // n_tokens)
        totals = np.where(known, totals, 1.0)
        taken = np.maximum(counts - level.discount, 0) + level.discount * types * found
        found = np.where(known, taken / totals, found)
    return found


def _looked_up(
    keys: np.ndarray, values: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The values of keys, 0 where there is none, and whether there is one."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    known = keys[place] == wanted
    return np.where(known, values[place], 0.0), known


def _grams(windows: np.ndarray, n_tokens: int, n: int) -> np.ndarray:
    """The numbers of all n-grams of each window, (n_windows, length - n + 1), int64."""
    length = windows.shape[1] - n + 1
    found = np.zeros((windows.shape[0], length), np.int64)
    for at in range(n):
        found = found * n_tokens + windows[:, at : at + length]
    return found


def _predicted(windows: np.ndarray, n_tokens: int, n: int) -> np.ndarray:
    """Those n-grams of each window whose last token is predicted: not its first token alone."""
    return _grams(windows, n_tokens, n)[:, n == 1 :]


def _counted(grams: np.ndarray, n_tokens: int) -> _Level:
    return _level(*np.unique(grams, return_counts=True), n_tokens)


def _continued(longer: _Level, n_tokens: int, n: int) -> _Level:
    """How many different tokens stand before each n-gram, from those that are one longer."""
    return _level(*np.unique(longer.grams % n_tokens**n, return_counts=True), n_tokens)


def _level(grams: np.ndarray, counts: np.ndarray, n_tokens: int) -> _Level:
    contexts, which = np.unique(grams // n_tokens, return_inverse=True)
    once, twice = (int((counts == times).sum()) for times in (1, 2))
    discount = once / (once + 2 * twice) if once else 0.5
    totals, types = np.bincount(which, counts), np.bincount(which).astype(float)
    return _Level(grams, counts.astype(float), contexts, totals, types, discount)
