"""Which tokens a latent is on at: how many, and what of activations is a matter of the token alone.

Source: Heap et al. 2025, Sparse Autoencoders Can Interpret Randomly Initialized Transformers (arXiv
2501.17727), for the entropy; Bricken et al. 2023, Towards Monosemanticity, for single-token
features. An example is a token of a text, and `tokens` says which one of a vocabulary it is.
"""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jax.scipy.special import entr

from superpos.arguments import Count, PositiveFraction
from superpos.metrics.activity import Codes, Rows
from superpos.metrics.directions import PerLatent, latent_mean
from superpos.metrics.entry import Axes, Numbers, metric
from superpos.required import require
from superpos.types import Array

Tokens = Annotated[Any, Axes(("example",), "whole numbers")]
Activations = Annotated[Any, Axes(("context", "position", "latent"))]
Windows = Annotated[Any, Axes(("context", "position"), "whole numbers")]
Masses = Annotated[Any, Axes(("latent", "token"))]
Means = Annotated[Any, Axes(("token", "input"))]


@metric
def token_masses(code: Codes, tokens: Tokens, *, n_tokens: Count) -> Masses:
    """The total activation of each latent on each token of the vocabulary.

    Args:
        code: (..., n_examples, n_latents).
        tokens: of each example, in [0, n_tokens), (..., n_examples).
        n_tokens: size of the vocabulary, >= 1.

    Returns:
        The sum of absolute values, >= 0, (..., n_latents, n_tokens).

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    _check(tokens, n_tokens, "tokens")
    total = jnp.vectorize(
        lambda code, tokens: jax.ops.segment_sum(jnp.abs(code), tokens, n_tokens).T,
        signature="(n,k),(n)->(k,t)",
    )
    return total(code, tokens)


@metric
def token_entropy(code: Codes, tokens: Tokens, *, n_tokens: Count) -> PerLatent:
    """How widely the activation of a latent is spread over the vocabulary.

    It is that of the text for a latent that is always on alike. One that is on at random has less,
    the more so the fewer its examples: at most log n on n of them. Compare latents that are on as
    often, or shuffle the code over the examples for the entropy that chance gives.

    Args:
        code: (..., n_examples, n_latents).
        tokens: of each example, in [0, n_tokens), (..., n_examples).
        n_tokens: size of the vocabulary, >= 1.

    Returns:
        The entropy of `token_masses` over their sum, in [0, log n_tokens] nats, (..., n_latents);
        0 for a single token, and for a latent that is never on, which means are to leave out.

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    return jnp.sum(entr(_shares(token_masses(code, tokens, n_tokens=n_tokens))), axis=-1)


@metric
def top_token_entropy(
    activations: Activations, contexts: Windows, *, n_tokens: Count, n_top: Count = 40
) -> PerLatent:
    """The entropy over tokens in the contexts in which a latent is most active.

    Args:
        activations: (..., n_contexts, length, n_latents).
        contexts: the tokens of each, in [0, n_tokens), (..., n_contexts, length).
        n_tokens: size of the vocabulary, >= 1.
        n_top: contexts that are looked at, those with the largest activation, of equal ones the
            first; all where there are no more.

    Returns:
        As `token_entropy`, of all activations in these contexts, (..., n_latents).

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    peaks = jnp.swapaxes(jnp.max(jnp.abs(activations), axis=-2), -1, -2)
    _, chosen = jax.lax.top_k(peaks, min(n_top, peaks.shape[-1]))
    none = jnp.zeros(peaks.shape, bool)
    among = jnp.put_along_axis(none, chosen, True, axis=-1, inplace=False)
    kept = jnp.where(jnp.swapaxes(among, -1, -2)[..., None, :], activations, 0.0)
    lead = activations.shape[:-3]
    code = kept.reshape(*lead, -1, activations.shape[-1])
    _check(contexts, n_tokens, "contexts")
    return token_entropy(code, contexts.reshape(*lead, -1), n_tokens=n_tokens)


@metric
def largest_token_share(code: Codes, tokens: Tokens, *, n_tokens: Count) -> PerLatent:
    """The part of its activation that a latent has on its token with the most.

    A latent that is always on alike has the part of the most frequent token, one that is on in a
    single example has 1.

    Args:
        code: (..., n_examples, n_latents).
        tokens: of each example, in [0, n_tokens), (..., n_examples).
        n_tokens: size of the vocabulary, >= 1.

    Returns:
        In [0, 1], (..., n_latents); 0 for a latent that is never on.

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    return jnp.max(_shares(token_masses(code, tokens, n_tokens=n_tokens)), axis=-1)


@metric
def single_token_share(
    code: Codes, tokens: Tokens, *, n_tokens: Count, threshold: PositiveFraction = 0.9
) -> Numbers:
    """The share of latents that stand for a single token.

    Latents that are on in few examples do so by chance: of those that are on once, all.

    Args:
        code: (..., n_examples, n_latents).
        tokens: of each example, in [0, n_tokens), (..., n_examples).
        n_tokens: size of the vocabulary, >= 1.
        threshold: part of its activation that a latent has on that token, in (0, 1].

    Returns:
        Of the latents that are ever on, in [0, 1], (...); 0 where none is.

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    shares = largest_token_share(code, tokens, n_tokens=n_tokens)
    return latent_mean((shares >= threshold).astype(shares.dtype), shares > 0)


@metric
def token_means(inputs: Rows, tokens: Tokens, *, n_tokens: Count) -> Means:
    """The mean activation at each token of the vocabulary: all that a look-up of tokens knows.

    Args:
        inputs: activations, (..., n_examples, n_inputs).
        tokens: of each example, in [0, n_tokens), (..., n_examples).
        n_tokens: size of the vocabulary, >= 1.

    Returns:
        (..., n_tokens, n_inputs); the mean of all for a token that does not occur.

    Raises:
        ArgumentError: a token is not in the vocabulary; one line.
    """
    _check(tokens, n_tokens, "tokens")

    def means(inputs: Array, tokens: Array) -> Array:
        total = jax.ops.segment_sum(inputs, tokens, n_tokens)
        counts = jax.ops.segment_sum(jnp.ones_like(inputs[:, :1]), tokens, n_tokens)
        known = total / jnp.maximum(counts, 1)
        return jnp.where(counts > 0, known, jnp.mean(inputs, axis=0, keepdims=True))

    return jnp.vectorize(means, signature="(n,d),(n)->(t,d)")(inputs, tokens)


@metric
def without_token_means(inputs: Rows, tokens: Tokens, means: Means) -> Rows:
    """Activations without what a look-up of tokens knows of them: their means, of other examples.

    An autoencoder that is trained and scored on these explains nothing that is a matter of the
    token alone.

    Args:
        inputs: activations, (..., n_examples, n_inputs).
        tokens: of each example, (..., n_examples).
        means: as `token_means` gives them, of the documents that one fits on,
            (..., n_tokens, n_inputs).

    Returns:
        (..., n_examples, n_inputs).

    Raises:
        ArgumentError: a token has no mean; one line.
    """
    _check(tokens, means.shape[-2], "tokens")
    return inputs - jnp.take_along_axis(means, tokens[..., None], axis=-2)


def _check(tokens: Array, n_tokens: int, name: str) -> None:
    """Refuse tokens that are not in the vocabulary.

    Raises:
        ArgumentError: one line.
    """
    require(
        lambda tokens: jnp.all((tokens >= 0) & (tokens < n_tokens)),
        [tokens],
        lambda: f"{name}: expected numbers in [0, {n_tokens})",
    )


def _shares(masses: Array) -> Array:
    """Of each token, the part of the sum; 0 where that is 0."""
    total = jnp.sum(masses, axis=-1, keepdims=True)
    return masses / jnp.where(total > 0, total, 1.0)
