"""The text of tokens, as people, language models and embeddings read it."""

from collections.abc import Sequence

import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.interp.protocol import Contexts


def check_vocabulary(vocabulary: Sequence[str]) -> None:
    """Refuse what is no vocabulary.

    Raises:
        ArgumentError: one line.
    """
    several = isinstance(vocabulary, (list, tuple)) and len(vocabulary) > 0
    if not several or not all(isinstance(text, str) for text in vocabulary):
        raise ArgumentError(f"vocabulary={shown(vocabulary)}: expected the text of each token")


def texts(contexts: Contexts, vocabulary: Sequence[str]) -> list[str]:
    """Each context as text.

    Raises:
        ArgumentError: a token has no text; one line.
    """
    return ["".join(text_of(row, vocabulary)) for row in contexts.tokens]


def text_of(tokens: np.ndarray, vocabulary: Sequence[str]) -> list[str]:
    """The text of each token.

    Args:
        tokens: their numbers, at least 0, (n,).
        vocabulary: the text of each.

    Raises:
        ArgumentError: a token has none; one line.
    """
    largest = tokens.max(initial=0)
    if largest >= len(vocabulary):
        raise ArgumentError(
            f"vocabulary: {len(vocabulary)} texts, expected one of each token, of which one is"
            f" {largest}"
        )
    return [vocabulary[int(token)] for token in tokens]


def quoted(tokens: Sequence[int], vocabulary: Sequence[str]) -> str:
    """Some tokens as text; a number past the vocabulary is where the context starts."""
    known = all(token < len(vocabulary) for token in tokens)
    text = "".join(vocabulary[token] for token in tokens if token < len(vocabulary))
    return repr(text) if known else f"start {text!r}"
