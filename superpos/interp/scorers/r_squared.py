"""How much of a latent is explained by context, beyond the token that it stands at."""

import numpy as np

from superpos.arguments import factory
from superpos.interp.protocol import Contexts, Explanation, Score, ScoreOf, Scorer


@factory
def r_squared() -> Scorer:
    """The share of the variance of the activations that predictions explain, over all tokens.

    Returns:
        A scorer with values of at most 1, below 0 where a prediction is worse than the mean; nan
        where the latent is never active. The gain of context is the difference between two
        explanations, as `superpos.interp.scoring.context_gain` takes it.
    """

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        del rng
        variance = np.square(activations - activations.mean()).sum()

        def score(explanation: Explanation) -> Score:
            left = np.square(activations - explanation.predict(contexts)).sum()
            value = float(1 - left / variance) if variance > 0 else float("nan")
            return Score(value, 0.0, activations.size)

        return score

    return scorer
