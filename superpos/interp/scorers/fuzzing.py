"""Whether an explanation tells tokens at which a latent is active from others.

Source: delphi (github.com/EleutherAI/delphi, `fuzzing`): tokens are highlighted in examples, and
asked is whether they are those that the explanation means. Right are those with at least 0.3 of the
largest activation of their example; wrong are random ones. The mean prediction at the highlighted
tokens stands for the answer.
"""

from typing import Literal

import numpy as np

from superpos.arguments import Count, PositiveFraction, factory
from superpos.interp.examples import FEWEST, activating, non_activating
from superpos.interp.protocol import Contexts, Explanation, Score, ScoreOf, Scorer, take
from superpos.interp.scorers.detection import Measure, classified, unscored

NumberOfWrong = Literal["matched", "mean"]


@factory
def fuzzing(
    *,
    measure: Measure = "auroc",
    wrong: Literal["inactive", "active"] = "inactive",
    n_wrong: NumberOfWrong = "matched",
    threshold: PositiveFraction = 0.3,
    n_examples: Count = 50,
) -> Scorer:
    """How well predictions part right highlights from wrong ones.

    Args:
        measure: area under the curve, or balanced accuracy.
        wrong: whether the wrong highlights are in contexts in which the latent is not active, as by
            default in delphi, or at inactive tokens of the very contexts with the right ones, which
            no explanation passes that knows of contexts alone.
        n_wrong: highlights of a wrong example: as many as of a right one, or, as in delphi, as many
            as are active in a right one on average, rounded up. Means over other numbers of tokens
            are distributed otherwise, so only the first has its floor at 1/2.
        threshold: of the largest activation of an example.
        n_examples: of each class.

    Returns:
        A scorer with values in [0, 1]; nan where a class has fewer than 10 examples.
    """

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        right = other = activating(activations, rng, n=n_examples)
        if wrong == "inactive":
            other = non_activating(activations, rng, n=n_examples)
        if min(len(right), len(other)) < FEWEST:
            return unscored
        rows = np.concatenate([right, other])
        labels = np.repeat([True, False], [len(right), len(other)])
        highlights = highlight(
            activations[rows], labels, rng, n_wrong=n_wrong, threshold=float(threshold)
        )
        examples, sizes = take(contexts, rows), highlights.sum(1)
        sizes = np.where(sizes > 0, sizes, np.nan)

        def score(explanation: Explanation) -> Score:
            means = (explanation.predict(examples) * highlights).sum(1) / sizes
            return classified(means, labels, measure)

        return score

    return scorer


def highlight(
    activations: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    n_wrong: NumberOfWrong = "matched",
    threshold: float = 0.3,
) -> np.ndarray:
    """Which tokens of examples are highlighted.

    Args:
        activations: of one latent, (n, length).
        labels: whether the highlights of an example are to be right, bool (n,), with some that are.
        rng: where the wrong ones are, among the tokens at which the latent is not active.
        n_wrong: as many as in the right examples, in their order, or as are active in them on
            average, rounded up.
        threshold: of the largest activation of an example, from which a token is a right one.

    Returns:
        bool (n, length); fewer where too few tokens are inactive for wrong ones.
    """
    right = activations >= threshold * activations.max(1, keepdims=True)
    if n_wrong == "matched":
        wanted = np.resize(right[labels].sum(1), len(labels) - labels.sum())
    else:
        wanted = np.ceil((activations[labels] > 0).sum(1).mean())
    inactive = activations[~labels] == 0
    ranks = np.where(inactive, rng.random(inactive.shape), np.inf).argsort(1).argsort(1)
    right[~labels] = inactive & (ranks < np.reshape(wanted, (-1, 1)))
    return right
