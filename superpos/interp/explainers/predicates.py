"""What a rule can ask of a token: itself, those before it, its class, its position."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from superpos.interp.explainers.lexical import CLASSES, lexical_classes
from superpos.interp.explainers.tables import shifted
from superpos.interp.protocol import Contexts
from superpos.interp.vocabulary import quoted

WINDOW = 8
"""Tokens before, of which a rule may ask for one at any place."""
NONE = -1


class Predicates(NamedTuple):
    """All predicates of one kind.

    Attributes:
        holding: contexts -> numbers of those that hold at each token, each once, NONE where there
            are fewer, int (n, length, at_most).
        n_choices: how many there are.
        text: number -> what the predicate says.
    """

    holding: Callable[[Contexts], np.ndarray]
    n_choices: float
    text: Callable[[int], str]


def holds(kind: Predicates, number: int, contexts: Contexts) -> np.ndarray:
    """Where a predicate holds, bool (n, length)."""
    return (kind.holding(contexts) == number).any(-1)


def class_numbers(vocabulary: Sequence[str]) -> np.ndarray:
    """The lexical classes that each token is in, by number.

    Args:
        vocabulary: the text of each token, with a space before it where it begins a word.

    Returns:
        NONE where there are fewer, and in the last row, which is of no token,
        int (n_tokens + 1, at_most).
    """
    classes = lexical_classes(vocabulary)
    at_most = int(classes.sum(1).max(initial=0))
    order = np.argsort(~classes, axis=1, kind="stable")[:, :at_most]
    numbers = np.where(np.take_along_axis(classes, order, 1), order, NONE)
    return np.vstack([numbers, np.full((1, at_most), NONE)])


def predicates(vocabulary: Sequence[str], classes: np.ndarray, length: int) -> list[Predicates]:
    """The predicates of all kinds.

    Args:
        vocabulary: the text of each token.
        classes: lexical classes of each token, as `class_numbers` gives them.
        length: of a context.

    Returns:
        The token; the one before; both; one of the last 8; a class of the token; one of the token
        before; the position.
    """
    n = len(vocabulary)

    def before(contexts: Contexts) -> np.ndarray:
        return shifted(contexts.tokens, 1, NONE)

    def pairs(contexts: Contexts) -> np.ndarray:
        first = before(contexts).astype(np.int64)
        return np.where(first == NONE, NONE, first * n + contexts.tokens)[..., None]

    def quote(*tokens: int) -> str:
        return quoted(tokens, vocabulary)

    names = list(CLASSES)
    return [
        Predicates(lambda c: c.tokens[..., None], n, lambda t: f"on {quote(t)}"),
        Predicates(lambda c: before(c)[..., None], n, lambda t: f"after {quote(t)}"),
        Predicates(pairs, float(n) ** 2, lambda t: f"at the end of {quote(*divmod(t, n))}"),
        Predicates(_near, n, lambda t: f"up to {WINDOW} after {quote(t)}"),
        Predicates(lambda c: classes[c.tokens], len(names), lambda t: names[t]),
        Predicates(lambda c: classes[before(c)], len(names), lambda t: f"after: {names[t]}"),
        Predicates(_places, length, lambda t: f"at position {t}"),
    ]


def _near(contexts: Contexts) -> np.ndarray:
    """The last tokens before each, the repeated ones once."""
    near = [shifted(contexts.tokens, steps, NONE) for steps in range(1, WINDOW + 1)]
    for later in range(1, WINDOW):
        repeated = np.logical_or.reduce([near[later] == each for each in near[:later]])
        near[later][repeated] = NONE
    return np.stack(near, axis=-1)


def _places(contexts: Contexts) -> np.ndarray:
    """The position of each token."""
    n, length = contexts.tokens.shape
    return np.broadcast_to(np.arange(length)[:, None], (n, length, 1))
