"""Whether embeddings of texts tell contexts in which a latent is active from others.

Source: delphi (github.com/EleutherAI/delphi, `embedding` and `example_embedding`), which embeds by
a small language model; any function of texts will do, all-MiniLM-L6-v2 among them.
"""

import functools
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from superpos.arguments import ArgumentError, Count, factory
from superpos.interp.examples import Negatives
from superpos.interp.protocol import Contexts, Explanation, Scorer
from superpos.interp.scorers.detection import Measure, of_examples
from superpos.interp.vocabulary import check_vocabulary, texts

Embed = Callable[[Sequence[str]], np.ndarray]
"""Texts -> their embeddings, (n, d)."""


@factory
def hashed_words(*, n_dimensions: Count = 512) -> Embed:
    """An embedding without a model, which sees the words that texts share and not their meaning.

    Square roots of the counts of words, with signs, in dimensions chosen by a hash.

    Args:
        n_dimensions: of the embedding; words that share a dimension cancel on average.

    Returns:
        A function of texts, whose embeddings have a norm of 1, or 0 without words.

    Reference:
        Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning.
    """

    def embed(texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), n_dimensions))
        for vector, text in zip(vectors, texts, strict=True):
            for word, count in Counter(re.findall(r"\w+|[^\w\s]", text.lower())).items():
                number, negative = divmod(zlib.crc32(word.encode()), 2)
                vector[number % n_dimensions] += (1 - 2 * negative) * count**0.5
        return _unit(vectors)

    return embed


def once(embed: Embed) -> Embed:
    """The same, with each text embedded once and then remembered, as for a costly model."""
    remembered = functools.cache(lambda text: np.asarray(embed([text])[0]))
    return lambda texts: np.stack([remembered(text) for text in texts])


@factory
def explanation_similarity(
    *,
    embed: Embed,
    vocabulary: Sequence[str],
    measure: Measure = "auroc",
    negatives: Negatives = "random",
    n_examples: Count = 50,
) -> Scorer:
    """How well the similarity with the text of an explanation parts active from inactive contexts.

    Args:
        embed: texts -> embeddings, of which cosines are taken.
        vocabulary: the text of each token.
        measure: area under the curve, or balanced accuracy.
        negatives: which contexts stand for the class in which the latent is not active.
        n_examples: of each class.

    Returns:
        A scorer with values in [0, 1]; nan where a class has fewer than 10 examples.

    Raises:
        ArgumentError: no vocabulary; from the scorer, a token without a text, or an embedding that
            is not finite; one line.
    """
    check_vocabulary(vocabulary)

    def answer(explanation: Explanation, examples: Contexts, labels: np.ndarray) -> np.ndarray:
        del labels
        [query] = _embedded(embed, [explanation.text])
        return _embedded(embed, texts(examples, vocabulary)) @ query

    return of_examples(answer, measure=measure, negatives=negatives, n_examples=n_examples)


@factory
def example_similarity(
    *,
    embed: Embed,
    vocabulary: Sequence[str],
    measure: Measure = "auroc",
    negatives: Negatives = "random",
    n_examples: Count = 50,
) -> Scorer:
    """How well examples alone part active from inactive contexts; the explanation is not looked at.

    Half of the examples of each class are queries. A query is scored by its mean cosine with the
    active ones of the other half, less that with the inactive ones.

    Args:
        embed: texts -> embeddings, of which cosines are taken.
        vocabulary: the text of each token.
        measure: area under the curve, or balanced accuracy.
        negatives: which contexts stand for the class in which the latent is not active.
        n_examples: of each class.

    Returns:
        A scorer with values in [0, 1]; nan where a class has fewer than 10 examples.

    Raises:
        ArgumentError: no vocabulary; from the scorer, a token without a text, or an embedding that
            is not finite; one line.
    """
    check_vocabulary(vocabulary)

    def answer(explanation: Explanation, examples: Contexts, labels: np.ndarray) -> np.ndarray:
        del explanation
        vectors = _embedded(embed, texts(examples, vocabulary))
        is_query = np.zeros(len(labels), bool)
        for label in (True, False):
            is_query[np.flatnonzero(labels == label)[::2]] = True
        active, inactive = (vectors[~is_query & (labels == each)].mean(0) for each in (True, False))
        return np.where(is_query, vectors @ (active - inactive), np.nan)

    return of_examples(answer, measure=measure, negatives=negatives, n_examples=n_examples)


def _embedded(embed: Embed, texts: Sequence[str]) -> np.ndarray:
    """Embeddings of texts with a norm of 1, or 0, (n, d).

    Raises:
        ArgumentError: they are of another shape, or not finite; one line.
    """
    vectors = np.asarray(embed(texts))
    if vectors.ndim != 2 or len(vectors) != len(texts) or vectors.dtype.kind not in "iuf":
        given = f"{vectors.dtype}{list(vectors.shape)}"
        raise ArgumentError(f"embed: gives {given}, expected numbers [{len(texts)}, d]")
    if not np.isfinite(vectors).all():
        raise ArgumentError("embed: gives numbers that are not finite, expected those that are")
    return _unit(vectors)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows with a norm of 1, or 0."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)
