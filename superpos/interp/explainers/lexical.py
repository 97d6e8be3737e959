"""The latent depends on what kind of token it stands at: its case, ending, digits, punctuation."""

import re
from collections.abc import Sequence

import numpy as np

from superpos.arguments import Positive, factory
from superpos.interp import bits
from superpos.interp.explainers.tables import number, sums_by_token
from superpos.interp.protocol import Contexts, Explainer, Explanation
from superpos.interp.vocabulary import check_vocabulary

CLASSES = {
    "begins a word": r"\s\w.*",
    "continues a word": r"\w.*",
    "lower case": r"\s?[^\W\d_A-Z]+",
    "capitalised": r"\s?[A-Z][^\W\d_A-Z]+",
    "capitals": r"\s?[A-Z]+",
    "has a digit": r".*\d.*",
    "one letter": r"\s?[^\W\d_]",
    "up to 3 letters": r"\s?[^\W\d_]{1,3}",
    "8 letters or more": r"\s?[^\W\d_]{8,}",
    "punctuation": r"\s?[^\w\s]+",
    "ends a sentence": r"\s?[.!?]+[\"')\u2019\u201d]*\s?",
    "quotation mark": r"\s?[\"'`\u2018\u2019\u201c\u201d]+",
    "white space": r"\s+",
    "has a line break": r".*\n.*",
    **{f"ends in -{end}": rf".*{end}" for end in ("s", "ed", "ing", "ly", "er", "ion")},
}
"""Name -> what all of a token's text matches."""


def lexical_classes(vocabulary: Sequence[str]) -> np.ndarray:
    """Which of CLASSES each token is in.

    Args:
        vocabulary: the text of each token, with a space before it where it begins a word.

    Returns:
        bool, (n_tokens, n_classes).
    """
    patterns = [re.compile(pattern, re.DOTALL) for pattern in CLASSES.values()]
    rows = [[bool(pattern.fullmatch(text)) for pattern in patterns] for text in vocabulary]
    return np.array(rows, bool).reshape(len(vocabulary), len(CLASSES))


@factory
def lexical(*, vocabulary: Sequence[str], penalty: Positive = 1.0) -> Explainer:
    """A weight for each class that the token is in, by least squares.

    Args:
        vocabulary: the text of each token, with a space before it where it begins a word.
        penalty: of the squared weights, in tokens.

    Returns:
        An explainer; negative predictions are 0.
    """
    check_vocabulary(vocabulary)
    classes = lexical_classes(vocabulary).astype(np.float64)

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del rng
        counts = sums_by_token(contexts.tokens, None, len(vocabulary))
        sums = sums_by_token(contexts.tokens, activations, len(vocabulary))
        seen = np.flatnonzero(counts)
        counts, sums, known = counts[seen], sums[seen], classes[seen]
        centred = known - counts @ known / counts.sum()
        square = (centred.T * counts) @ centred + penalty * np.eye(len(CLASSES))
        weights = np.linalg.solve(square, centred.T @ sums)
        offset = sums.sum() / counts.sum() - (counts @ known / counts.sum()) @ weights
        written = bits.quantise(np.append(weights, offset))
        table = np.maximum(classes @ written[:-1] + written[-1], 0)
        pairs = sorted(zip(written[:-1], CLASSES, strict=True), reverse=True)
        parts = [f"{value:+.2g} {name}" for value, name in pairs if value]
        return Explanation(
            " ".join([number(written[-1]), *parts]),
            bits.of_values(len(written), signed=True),
            lambda contexts: table[contexts.tokens],
        )

    return explain
