"""Text of independent tokens, and latents of which it is known what explains them."""

import numpy as np

from superpos.interp import Contexts, Explanation

N_TOKENS, LENGTH, N_CONTEXTS, N_DOCUMENTS = 8, 18, 600, 40
VOCABULARY = (" the", " cat", "ing", " Sat", ".", "42", "\n", " on")
RNG = np.random.default_rng(3)
CONTEXTS = Contexts(
    RNG.integers(N_TOKENS, size=(N_CONTEXTS, LENGTH), dtype=np.int32),
    np.repeat(np.arange(N_DOCUMENTS, dtype=np.int32), N_CONTEXTS // N_DOCUMENTS),
)
TOKEN, BEFORE, PLACE = 5, 3, 7
BEFORES = np.pad(CONTEXTS.tokens, ((0, 0), (1, 0)), constant_values=-1)[:, :-1]
BY_TOKEN = 2.0 * (CONTEXTS.tokens == TOKEN)
BY_BIGRAM = 1.0 * ((CONTEXTS.tokens == TOKEN) & (BEFORES == BEFORE))
BY_POSITION = np.broadcast_to(3.0 * (np.arange(LENGTH) == PLACE), CONTEXTS.tokens.shape)
BY_CONTEXT = np.where(np.arange(N_CONTEXTS) % 2 == 0, BY_TOKEN.T, 0).T
"""By the token, in every second context."""


def noise(rng: np.random.Generator, density: float = 0.05) -> np.ndarray:
    """A latent that has nothing to do with the text."""
    values = rng.exponential(size=CONTEXTS.tokens.shape)
    return values * (rng.random(values.shape) < density)


def explained_by(values: np.ndarray, text: str = "") -> Explanation:
    """An explanation that predicts given activations, by the first tokens of a context."""
    rows = {row.tobytes(): value for row, value in zip(CONTEXTS.tokens, values, strict=True)}
    return Explanation(
        text, 0.0, lambda contexts: np.stack([rows[row.tobytes()] for row in contexts.tokens])
    )


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)
