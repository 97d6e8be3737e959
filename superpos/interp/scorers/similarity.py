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

from superpos.arguments import Count, factory
from superpos.interp.examples import Negatives, labelled
from superpos.interp.protocol import Contexts, Explanation, Score, Scorer, take
from superpos.interp.scorers.detection import Measure, classified, unscored
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
    """
    check_vocabulary(vocabulary)

    def score(
        explanation: Explanation,
        contexts: Contexts,
        activations: np.ndarray,
        rng: np.random.Generator,
    ) -> Score:
        found = labelled(contexts, activations, rng, negatives=negatives, n=n_examples)
        if found is None:
            return unscored()
        vectors = _unit(embed(texts(take(contexts, found.rows), vocabulary)))
        query = _unit(embed([explanation.text]))[0]
        return classified(vectors @ query, found.labels, measure)

    return score


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
    """
    check_vocabulary(vocabulary)

    def score(
        explanation: Explanation,
        contexts: Contexts,
        activations: np.ndarray,
        rng: np.random.Generator,
    ) -> Score:
        del explanation
        found = labelled(contexts, activations, rng, negatives=negatives, n=n_examples)
        if found is None:
            return unscored()
        vectors = _unit(embed(texts(take(contexts, found.rows), vocabulary)))
        labels = found.labels
        is_query = np.concatenate([np.arange(n) % 2 == 0 for n in (labels.sum(), (~labels).sum())])
        means = [vectors[~is_query & (labels == label)].mean(0) for label in (True, False)]
        return classified(vectors[is_query] @ (means[0] - means[1]), labels[is_query], measure)

    return score


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows with a norm of 1, or 0."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)
