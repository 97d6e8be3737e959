"""How well an explanation foretells the activation at each token.

Source: Bricken et al. 2023, Towards Monosemanticity, appendix "Automated interpretability":
Spearman's correlation of predicted with true activations on 60 examples of 9 tokens, half of them
drawn across the intervals of activation and half at random, weighted so that they stand for all.
The weights are those of the balance heuristic (Veach & Guibas 1995): one over how often an example
is expected in the sample.
"""

import numpy as np

from superpos.arguments import ArgumentError, Count, factory
from superpos.interp import statistics
from superpos.interp.protocol import Contexts, Explanation, Score, ScoreOf, Scorer, take

N_TOKENS = 9
"""Of an example."""


@factory
def simulation(
    *, n_examples: Count = 60, n_tokens: Count = N_TOKENS, n_intervals: Count = 10
) -> Scorer:
    """Spearman's correlation on a weighted sample of short examples.

    Args:
        n_examples: drawn, with replacement.
        n_tokens: of an example; the explanation sees all of its context.
        n_intervals: equal parts of (0, the largest activation], each with as many examples.

    Returns:
        A scorer with values in [-1, 1]; 0 for a constant prediction, nan where the latent has the
        same activation in all that is drawn.

    Raises:
        ArgumentError: contexts are shorter than n_tokens; one line, from the scorer.
    """

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        cut = _cut(activations, n_tokens)
        drawn, weights = draw(cut.max(-1).ravel(), rng, n=n_examples, n_intervals=n_intervals)
        rows, pieces = np.divmod(drawn, cut.shape[1])
        examples, of_tokens = take(contexts, rows), np.repeat(weights, n_tokens)
        true = cut[rows, pieces].ravel()

        def score(explanation: Explanation) -> Score:
            predicted = _cut(explanation.predict(examples), n_tokens)
            predicted = predicted[np.arange(len(rows)), pieces].ravel()
            return Score(statistics.spearman(predicted, true, of_tokens), 0.0, len(drawn))

        return score

    return scorer


@factory
def pearson() -> Scorer:
    """Pearson's correlation over all tokens.

    Returns:
        A scorer with values in [-1, 1]; 0 for a constant prediction, nan where the latent is never
        active.
    """

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        del rng

        def score(explanation: Explanation) -> Score:
            predicted = explanation.predict(contexts).ravel()
            value = statistics.correlation(predicted, activations.ravel())
            return Score(value, 0.0, activations.size)

        return score

    return scorer


def draw(
    peaks: np.ndarray, rng: np.random.Generator, *, n: int, n_intervals: int
) -> tuple[np.ndarray, np.ndarray]:
    """Examples across the intervals of activation and at random, with weights that undo the choice.

    Args:
        peaks: the largest activation in each example, at least 0, (n_all,).
        rng: which.
        n: half of them, rounded down, are drawn across intervals; all at random where no example is
            active.
        n_intervals: equal parts of (0, the largest of peaks].

    Returns:
        Numbers of the examples, int (n,), and weights, (n,): the sum of weights x f over them has
        the mean of f over all examples as its expectation.
    """
    largest = peaks.max()
    active = np.flatnonzero(peaks > 0)
    interval = np.ceil(peaks[active] / (largest or 1) * n_intervals).astype(int)
    order = active[np.argsort(interval, kind="stable")]
    sizes = np.bincount(interval, minlength=n_intervals + 1)
    filled = np.flatnonzero(sizes)
    n_across = n // 2 if len(filled) else 0
    chosen = np.resize(filled[::-1], n_across)
    starts = np.cumsum(sizes) - sizes
    across = order[starts[chosen] + rng.integers(sizes[chosen])]
    at_random = rng.integers(len(peaks), size=n - n_across)
    drawn = np.concatenate([across, at_random])
    expected = np.full(len(peaks), (n - n_across) / len(peaks))
    n_chosen = np.bincount(chosen, minlength=n_intervals + 1)
    expected[active] += n_chosen[interval] / sizes[interval]
    return drawn, 1 / (expected[drawn] * len(peaks))


def _cut(values: np.ndarray, n_tokens: int) -> np.ndarray:
    """The last tokens of each context as examples: (n, length) -> (n, examples, n_tokens)."""
    n, length = values.shape
    n_pieces = length // n_tokens
    if not n_pieces:
        raise ArgumentError(f"n_tokens={n_tokens}: expected at most the {length} of a context")
    return values[:, length - n_pieces * n_tokens :].reshape(n, n_pieces, n_tokens)
