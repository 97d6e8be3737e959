"""What explains a latent, and what scores an explanation: the contract of all of `superpos.interp`.

An explainer sees the activations of one latent on some documents; a scorer sees them on others.
Both are pure functions of arrays and of a NumPy generator, so they need no language model and no
JAX; a language model behind the same two signatures is one more explainer or scorer.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from superpos.arguments import ArgumentError, shown


class Contexts(NamedTuple):
    """Windows of text, each inside one document.

    Attributes:
        tokens: numbers in the vocabulary, int32, (n, length).
        document: number of the document that each is from, int32, (n,).
    """

    tokens: np.ndarray
    document: np.ndarray


class Explanation(NamedTuple):
    """What is said of a latent.

    Attributes:
        text: for a person, or a language model.
        bits: length of its description (`superpos.interp.bits` for those that are no text).
        predict: contexts -> the activation at each of their tokens, at least 0, (n, length).
    """

    text: str
    bits: float
    predict: Callable[[Contexts], np.ndarray]


Explainer = Callable[[Contexts, np.ndarray, np.random.Generator], Explanation]
"""Contexts, the activations of one latent on them (n, length), a generator -> an explanation."""


class Score(NamedTuple):
    """How good an explanation is.

    Attributes:
        value: nan where it cannot be computed, as with too few examples.
        floor: what a constant or a random prediction scores.
        n: examples that it rests on.
    """

    value: float
    floor: float
    n: int


ScoreOf = Callable[[Explanation], Score]
"""An explanation, of a latent whose examples are chosen -> a score."""
Scorer = Callable[[Contexts, np.ndarray, np.random.Generator], ScoreOf]
"""Contexts, the activations of one latent on them (n, length), a generator -> the function that
scores explanations, which were fitted on other documents, all on the same examples."""


def check(contexts: Contexts) -> None:
    """Refuse contexts that are none.

    Raises:
        ArgumentError: one line.
    """
    for name, array in contexts._asdict().items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
            raise ArgumentError(f"contexts.{name}={shown(array)}: expected an array of integers")
    tokens, document = contexts
    if tokens.ndim != 2 or not tokens.size or tokens.min() < 0:
        raise ArgumentError("contexts.tokens: expected numbers of tokens, from 0, (n, length)")
    if document.shape != tokens.shape[:1]:
        raise ArgumentError(
            f"contexts.document: has shape {list(document.shape)}, expected [{len(tokens)}]"
        )


def take(contexts: Contexts, rows: np.ndarray) -> Contexts:
    """Some of the contexts, by their numbers or a mask, (n,)."""
    return Contexts(contexts.tokens[rows], contexts.document[rows])


def split(contexts: Contexts, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Part the documents at random into two halves: one to fit on, one to score on.

    Args:
        contexts: of at least 2 documents.
        rng: which half a document is in.

    Returns:
        Two masks, bool (n,). No document is in both, and each context in one.

    Raises:
        ArgumentError: they are all of one document; one line.
    """
    documents = np.unique(contexts.document)
    if len(documents) < 2:
        raise ArgumentError("contexts.document: expected at least 2 documents to split")
    chosen = rng.permutation(documents)[: len(documents) // 2]
    fitting = np.isin(contexts.document, chosen)
    return fitting, ~fitting
