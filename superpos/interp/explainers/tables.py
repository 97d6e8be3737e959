"""What explainers share: sums by token, the tokens before, and how numbers are shown."""

from typing import Any

import numpy as np

from superpos.arguments import ArgumentError


def sums_by_token(tokens: np.ndarray, values: np.ndarray | None, n_tokens: int) -> np.ndarray:
    """The sum of values at each token of the vocabulary, or how often each occurs.

    Args:
        tokens: of any shape.
        values: of the same shape; None to count.
        n_tokens: size of the vocabulary.

    Returns:
        (n_tokens,).

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    weights = None if values is None else values.ravel()
    sums = np.bincount(tokens.ravel(), weights, minlength=n_tokens)
    if len(sums) > n_tokens:
        raise ArgumentError(
            f"vocabulary: has {n_tokens} tokens, expected more than the {tokens.max()} in contexts"
        )
    return sums


def shifted(tokens: np.ndarray, n: int, fill: int) -> np.ndarray:
    """The token n before each in its context, or fill, (n_contexts, length)."""
    moved = np.full_like(tokens, fill)
    moved[:, n:] = tokens[:, : max(tokens.shape[1] - n, 0)]
    return moved


def number(value: Any) -> str:
    """An activation as text."""
    return f"{value:.2g}"
