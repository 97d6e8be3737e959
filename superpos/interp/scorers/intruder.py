"""Whether an explanation finds the one context among several in which a latent is not active.

Source: delphi (github.com/EleutherAI/delphi, `intruder`), where a language model is shown the
contexts alone; here the explanation points at the context with the lowest predicted peak.
"""

import numpy as np

from superpos.arguments import ArgumentError, Count, factory
from superpos.interp.examples import Negatives, labelled
from superpos.interp.protocol import Contexts, Explanation, Score, ScoreOf, Scorer, take


@factory
def intruder(
    *, n_shown: Count = 5, n_examples: Count = 50, negatives: Negatives = "random"
) -> Scorer:
    """How often the explanation finds the intruder.

    Args:
        n_shown: contexts that are shown at once, one of them the intruder; at least 2.
        n_examples: intruders.
        negatives: which contexts they are.

    Returns:
        A scorer with values in [0, 1], where contexts that are equally low share the intruder; the
        floor is 1 / n_shown. nan where a class has fewer than 10 examples, or than are shown.

    Raises:
        ArgumentError: fewer than 2 contexts are shown; one line.
    """
    if n_shown < 2:
        raise ArgumentError(f"n_shown={n_shown}: expected at least 2")

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        floor = 1 / n_shown
        found = labelled(contexts, activations, rng, negatives=negatives, n=n_examples)
        if found is None or found.labels.sum() < n_shown - 1:
            return lambda _: Score(float("nan"), floor, 0)
        examples, labels = take(contexts, found.rows), found.labels
        others = np.tile(np.arange(labels.sum()), ((~labels).sum(), 1))
        others = rng.permuted(others, axis=1)[:, : n_shown - 1]

        def score(explanation: Explanation) -> Score:
            peaks = explanation.predict(examples).max(1)
            lowest, intruders = peaks[labels][others], peaks[~labels][:, None]
            n_equal = (lowest == intruders).sum(1)
            is_lowest = (lowest >= intruders).all(1)
            return Score(float((is_lowest / (1 + n_equal)).mean()), floor, len(intruders))

        return score

    return scorer
