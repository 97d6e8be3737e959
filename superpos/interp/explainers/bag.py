"""The latent depends on the token and on which tokens are near it, in any order: ridge regression.

Source: Hoerl & Kennard 1970, Ridge regression. The normal equations are solved by conjugate
gradients, scaled by how often each token occurs.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import diags_array
from scipy.sparse.linalg import cg

from superpos.arguments import CountOrZero, Positive, factory
from superpos.interp import bits
from superpos.interp.explainers.tables import number, sums_by_token
from superpos.interp.protocol import Contexts, Explainer, Explanation
from superpos.interp.vocabulary import check_vocabulary, quoted

TOLERANCE = 1e-3
"""Of the residual of the normal equations, beside the right side."""
N_SHOWN = 5
"""Tokens that the text of an explanation names, of each kind."""


class _Matrix(NamedTuple):
    """A matrix as SciPy takes it: by what it makes of a vector."""

    shape: tuple[int, int]
    dtype: np.dtype
    matvec: Callable[[np.ndarray], np.ndarray]


@factory
def bag(
    *,
    vocabulary: Sequence[str],
    before: CountOrZero = 8,
    after: CountOrZero = 0,
    own_penalty: Positive = 1.0,
    near_penalty: Positive = 100.0,
) -> Explainer:
    """A weight for the token, and one for each time that a token is near.

    Args:
        vocabulary: the text of each token.
        before: tokens before that are near, as a causal model sees them.
        after: tokens after that are near, as an encoder sees them, too.
        own_penalty: of the squared weights of the token, in tokens: one that occurs so often is
            believed by half, as in a table of unigrams.
        near_penalty: the same of the tokens near.

    Returns:
        An explainer; negative predictions are 0.
    """
    check_vocabulary(vocabulary)
    penalties = float(own_penalty), float(near_penalty)

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del rng
        counts = sums_by_token(contexts.tokens, None, len(vocabulary))
        seen = np.flatnonzero(counts)
        place = np.zeros(len(vocabulary), np.intp)
        place[seen] = np.arange(len(seen))
        mean = activations.mean(dtype=np.float64)
        found = ridge(place[contexts.tokens], activations - mean, before, after, penalties)
        written = bits.quantise(found)
        weights = np.zeros((2, len(vocabulary)))
        weights[:, seen] = written.reshape(2, -1)
        [mean] = bits.quantise(np.array([mean]))

        def predict(contexts: Contexts) -> np.ndarray:
            own, near = weights
            around = window_sums(near[contexts.tokens], before, after)
            return np.maximum(mean + own[contexts.tokens] + around, 0)

        n_weights = int(np.count_nonzero(written))
        length = bits.of_count(n_weights) + bits.of_set(weights.size, n_weights)
        length += bits.of_values(n_weights, signed=True) + bits.of_values(1)
        return Explanation(_text(weights, mean, vocabulary), length, predict)

    return explain


def ridge(
    tokens: np.ndarray,
    values: np.ndarray,
    before: int,
    after: int,
    penalties: tuple[float, float],
) -> np.ndarray:
    """Weights of tokens where they stand, then where they are near, (2 * n_tokens,)."""
    n_tokens = tokens.max() + 1
    penalty = np.repeat(penalties, n_tokens)

    def predict(weights: np.ndarray) -> np.ndarray:
        own, near = weights.reshape(2, -1)
        return own[tokens] + window_sums(near[tokens], before, after)

    def transposed(values: np.ndarray) -> np.ndarray:
        near = window_sums(values, after, before)
        return np.concatenate([sums_by_token(tokens, each, n_tokens) for each in (values, near)])

    scale = transposed(np.ones(tokens.shape)) + penalty
    square = _Matrix(
        shape=(len(scale), len(scale)),
        dtype=np.dtype(np.float64),
        matvec=lambda weights: transposed(predict(weights)) + penalty * weights,
    )
    found, _ = cg(square, transposed(values), rtol=TOLERANCE, M=diags_array(1 / scale))
    return found


def window_sums(values: np.ndarray, before: int, after: int) -> np.ndarray:
    """The sum over the places before and after each, itself not among them, (n, length)."""
    length = values.shape[1]
    sums = np.zeros((len(values), length + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    place = np.arange(length)
    first = np.maximum(place - before, 0)
    stop = np.minimum(place + after + 1, length)
    return sums[:, stop] - sums[:, first] - values


def _text(weights: np.ndarray, mean: float, vocabulary: Sequence[str]) -> str:
    """The tokens with the largest weights, of each kind."""
    parts = [number(mean)]
    for kind, row in zip(("on", "near"), weights, strict=True):
        best = np.argsort(-row, kind="stable")[:N_SHOWN]
        parts += [
            f"+{number(row[token])} {kind} {quoted([token], vocabulary)}"
            for token in best.tolist()
            if row[token] > 0
        ]
    return " ".join(parts)
