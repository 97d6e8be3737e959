"""What a latent does to the logits by its direction alone.

Source: Bricken et al. 2023, Towards Monosemanticity, "logit weights". The coherence of the tokens
that a latent promotes is ours: that of the words of a topic by their embeddings, of Fang et al.
2016, Using Word Embedding to Evaluate the Coherence of Topics from Twitter Data.
"""

from typing import Annotated, Any

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count
from superpos.metrics.directions import Decoder, PerLatent
from superpos.metrics.entry import Axes, metric
from superpos.metrics.geometry import polar, row_products

Unembedding = Annotated[Any, Axes(("input", "token"))]
Embedding = Annotated[Any, Axes(("token", "embedded"))]
Effects = Annotated[Any, Axes(("latent", "token"))]


@metric
def logit_effects(W_dec: Decoder, unembedding: Unembedding) -> Effects:
    """What each latent adds to the logit of each token where it is 1, by the direct path.

    Norms and later blocks are left out. The gain of the last norm goes into the unembedding, and a
    decoder of a hidden layer is multiplied by what that layer writes first.

    Args:
        W_dec: directions in the residual stream, (..., n_latents, n_inputs).
        unembedding: (..., n_inputs, n_tokens).

    Returns:
        Less their mean over tokens, which changes no probability, (..., n_latents, n_tokens).
    """
    effects = row_products(W_dec, jnp.swapaxes(unembedding, -1, -2))
    return effects - jnp.mean(effects, axis=-1, keepdims=True)


@metric
def logit_effect_coherence(
    W_dec: Decoder, unembedding: Unembedding, embedding: Embedding, *, n_top: Count = 10
) -> PerLatent:
    """How alike the tokens are that a latent promotes most.

    The floor is that of random directions, of rows of normal numbers in place of W_dec: about 0
    where the embedding has nothing to do with the unembedding, and above it where it is tied.

    Args:
        W_dec: directions in the residual stream, (..., n_latents, n_inputs).
        unembedding: (..., n_inputs, n_tokens).
        embedding: of tokens, by which they are alike, (..., n_tokens, n_embedded).
        n_top: tokens that are looked at, in [2, n_tokens].

    Returns:
        The mean cosine of two of them, of embeddings less their mean over the vocabulary, in
        [-1, 1], (..., n_latents).

    Raises:
        ArgumentError: there are fewer tokens, or n_top is 1.
    """
    n_tokens = embedding.shape[-2]
    if not 2 <= n_top <= n_tokens:
        raise ArgumentError(f"n_top={n_top}: expected an integer in [2, {n_tokens}]")
    _, top = jax.lax.top_k(logit_effects(W_dec, unembedding), n_top)
    directions = polar(embedding - jnp.mean(embedding, axis=-2, keepdims=True))[1]
    chosen = jnp.vectorize(lambda rows, which: rows[which], signature="(t,d),(k,n)->(k,n,d)")
    rows = chosen(directions, top)
    together = jnp.sum(jnp.square(jnp.sum(rows, axis=-2)), axis=-1)
    alone = jnp.sum(jnp.square(rows), axis=(-2, -1))
    return (together - alone) / (n_top * (n_top - 1))
