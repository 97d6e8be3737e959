"""The latent has its mean activation everywhere: what every other explanation is to beat."""

import numpy as np

from superpos.arguments import factory
from superpos.interp import bits
from superpos.interp.explainers.tables import number
from superpos.interp.protocol import Contexts, Explainer, Explanation


@factory
def constant() -> Explainer:
    """The mean activation at every token."""

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del contexts, rng
        [mean] = bits.quantise(activations.mean(keepdims=True).ravel())
        return Explanation(
            f"{number(mean)} everywhere",
            bits.of_values(1),
            lambda contexts: np.full(contexts.tokens.shape, mean),
        )

    return explain
