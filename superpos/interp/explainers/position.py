"""The latent depends on where in its context a token stands."""

import numpy as np

from superpos.arguments import factory
from superpos.interp import bits
from superpos.interp.explainers.tables import number
from superpos.interp.protocol import Contexts, Explainer, Explanation

N_SHOWN = 5
"""Positions that the text of an explanation names."""


@factory
def position() -> Explainer:
    """The mean activation at each position, from 0; that of all past the longest context fitted."""

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del contexts, rng
        written = bits.quantise(np.append(activations.mean(0), activations.mean()))

        def predict(contexts: Contexts) -> np.ndarray:
            places = np.minimum(np.arange(contexts.tokens.shape[1]), len(written) - 1)
            return np.broadcast_to(written[places], contexts.tokens.shape)

        best = np.argsort(-written[:-1], kind="stable")[:N_SHOWN]
        parts = [f"at {place}: {number(written[place])}" for place in best.tolist()]
        text = "; ".join([*parts, f"else less, {number(written[-1])} on average"])
        return Explanation(text, bits.of_values(len(written)), predict)

    return explain
