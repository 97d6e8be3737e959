"""The latent depends on the token and those right before it: a table with back-off.

Source: MacKay & Peto 1995, A hierarchical Dirichlet language model, for how a mean of few examples
leans on that of the shorter n-gram.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from superpos.arguments import ArgumentError, Count, Positive, factory
from superpos.interp import bits
from superpos.interp.explainers.tables import number, shifted, sums_by_token
from superpos.interp.protocol import Contexts, Explainer, Explanation
from superpos.interp.vocabulary import check_vocabulary, quoted

N_SHOWN = 5
"""n-grams that the text of an explanation names."""


class _Table(NamedTuple):
    """n-grams of one length, as numbers in order, and the activation that each is predicted."""

    keys: np.ndarray
    values: np.ndarray


@factory
def ngram(*, vocabulary: Sequence[str], order: Count, strength: Positive = 1.0) -> Explainer:
    """A mean activation for every n-gram that was seen; the longest one that is known decides.

    With an order of 1 this is the table of unigrams. The mean of an n-gram counts as many examples
    of the shorter one's mean as `strength` says, and that of a unigram as many of the mean of all.
    An n-gram has no longer ones where it is never active.

    Args:
        vocabulary: the text of each token.
        order: tokens in the longest n-gram, the current one included.
        strength: examples that the shorter n-gram stands for.

    Returns:
        An explainer. Before the first token of a context stands a token of its own.

    Raises:
        ArgumentError: there are too many n-grams to be numbered; one line.
    """
    check_vocabulary(vocabulary)
    base = len(vocabulary) + 1
    if base**order >= 2**63:
        raise ArgumentError(f"order={order}: expected fewer tokens, for {base - 1} in vocabulary")

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del rng
        sums_by_token(contexts.tokens, None, len(vocabulary))  # refuses tokens it does not have
        values = activations.ravel().astype(np.float64)
        largest = values.max()
        [mean] = bits.quantise(values.mean(keepdims=True), largest)
        tables: list[_Table] = []
        shorter = np.full(values.shape, mean)
        alive = np.arange(len(values))
        for n in range(1, order + 1):
            keys = _keys(contexts.tokens, n, base)[alive]
            alive = alive[np.argsort(keys, kind="stable")]
            keys = np.sort(keys)
            starts = np.flatnonzero(np.diff(keys, prepend=-1))
            counts = np.diff(starts, append=len(keys))
            sums = np.add.reduceat(values[alive], starts) if len(starts) else np.zeros(0)
            means = (sums + strength * shorter[alive[starts]]) / (counts + strength)
            tables.append(_Table(keys[starts], bits.quantise(means, largest)))
            shorter[alive] = np.repeat(tables[-1].values, counts)
            alive = alive[np.repeat(sums > 0, counts)]

        def predict(contexts: Contexts) -> np.ndarray:
            found = np.full(contexts.tokens.size, mean)
            places = np.arange(found.size)
            for n, table in enumerate(tables, start=1):
                keys = _keys(contexts.tokens, n, base)[places]
                at = np.searchsorted(table.keys, keys)
                known = np.append(table.keys, -1)[at] == keys
                places = places[known]
                found[places] = table.values[at[known]]
            return found.reshape(contexts.tokens.shape)

        length = bits.of_values(1 + sum(len(table.keys) for table in tables))
        for n, table in enumerate(tables, start=1):
            length += bits.of_count(len(table.keys)) + bits.of_set(
                float(base) ** n, len(table.keys)
            )
        return Explanation(_text(tables, vocabulary, mean), length, predict)

    return explain


def _keys(tokens: np.ndarray, order: int, base: int) -> np.ndarray:
    """The n-gram that ends at each token, as a number, (n * length,)."""
    keys = tokens.astype(np.int64)
    for n in range(1, order):
        keys = keys + shifted(tokens, n, base - 1) * np.int64(base**n)
    return keys.ravel()


def _text(tables: Sequence[_Table], vocabulary: Sequence[str], mean: float) -> str:
    """The n-grams with the largest activations."""
    base = len(vocabulary) + 1
    parts = []
    for n, (keys, values) in enumerate(tables, start=1):
        for at in np.argsort(-values, kind="stable")[:N_SHOWN]:
            tokens = [int(keys[at]) // base**k % base for k in reversed(range(n))]
            parts.append((values[at], quoted(tokens, vocabulary)))
    parts.sort(key=lambda part: -part[0])
    shown = [f"{text}: {number(value)}" for value, text in parts[:N_SHOWN]]
    return "; ".join([*shown, f"else less, {number(mean)} on average"])
