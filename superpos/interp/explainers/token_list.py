"""The latent is active on a few tokens, as a person would say it who looked at its examples."""

from collections.abc import Sequence

import numpy as np

from superpos.arguments import Count, factory
from superpos.interp import bits
from superpos.interp.explainers.tables import number, sums_by_token
from superpos.interp.protocol import Contexts, Explainer, Explanation
from superpos.interp.vocabulary import check_vocabulary, quoted


@factory
def token_list(*, vocabulary: Sequence[str], n_listed: Count) -> Explainer:
    """An activation for each of a few tokens, and one for the rest.

    Listed are the tokens with more than the mean activation whose own means lessen the squared
    error most; each is predicted its mean, any other token the mean over the rest.

    Args:
        vocabulary: the text of each token.
        n_listed: tokens; fewer where fewer have more than the mean activation.

    Returns:
        An explainer.
    """
    check_vocabulary(vocabulary)

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del rng
        counts = sums_by_token(contexts.tokens, None, len(vocabulary))
        sums = sums_by_token(contexts.tokens, activations, len(vocabulary))
        excess = np.maximum(sums / np.maximum(counts, 1) - activations.mean(), 0)
        gains = counts * np.square(excess)
        best = np.argsort(-gains, kind="stable")[:n_listed]
        listed = best[gains[best] > 0]
        n_rest = max(counts.sum() - counts[listed].sum(), 1)
        rest = max(sums.sum() - sums[listed].sum(), 0) / n_rest
        written = bits.quantise(np.append(sums[listed] / counts[listed], rest))
        table = np.full(len(vocabulary), written[-1])
        table[listed] = written[:-1]
        pairs = zip(listed.tolist(), written[:-1], strict=True)
        parts = [f"{quoted([token], vocabulary)}: {number(value)}" for token, value in pairs]
        return Explanation(
            "; ".join([*parts, f"else {number(written[-1])}"]),
            bits.of_count(len(listed))
            + bits.of_set(len(vocabulary), len(listed))
            + bits.of_values(len(written)),
            lambda contexts: table[contexts.tokens],
        )

    return explain
