"""Levels: the first latents of an autoencoder reconstruct on their own, too.

Source: Bussmann et al. 2025, Learning Multi-Level Features with Matryoshka Sparse Autoencoders
(arXiv 2503.17547); weights of levels and levels that are detached: Chanin et al. 2025, Feature
Hedging (arXiv 2505.11756), and its code.
"""

from collections.abc import Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError
from superpos.saes.parts import Architecture, Pass
from superpos.saes.sparsity import Latents, Penalty
from superpos.types import Array, Params, Scalar


def nested(
    architecture: Architecture,
    prefixes: Sequence[int],
    weights: Sequence[Scalar] | None,
    *,
    d_code: int,
    width: Scalar | None,
    detached: bool = False,
) -> Architecture:
    """The architecture with an error, and a penalty where there is one, of each level.

    Args:
        architecture: that of all latents.
        prefixes: how many latents each of the inner levels has, rising numbers in [1, d_code). A
            level is left out that has no fewer than there are in use.
        weights: of each level, from the first prefix to all latents, >= 0; None is 1 for each.
        d_code: latents, >= 1.
        width: latents in use, the first of them; None is all.
        detached: whether the error of a level trains only the latents that the level before does
            not have, and its penalty reads only these. All levels train b_dec.

    Raises:
        ArgumentError: the prefixes do not rise below d_code, or there is another number of weights.
    """
    sizes = list(prefixes)
    if not all(low < high for low, high in pairwise([*sizes, d_code])):
        raise ArgumentError(f"prefixes={sizes}: expected rising numbers below d_code={d_code}")
    if weights is not None and len(weights) != len(sizes) + 1:
        raise ArgumentError(f"weights: {len(weights)} numbers, expected {len(sizes) + 1}")
    *inner, outer = [1.0] * (len(sizes) + 1) if weights is None else weights

    def counts(size: int) -> Array | bool:
        return True if width is None else size < jnp.floor(jnp.asarray(width))

    def recons(params: Params, code: Array) -> list[Array]:
        """Of each inner level, and of all latents."""
        decoder, b_dec = architecture.decoder(params), params.b_dec[None]
        found, below = [], b_dec
        for low, high in pairwise([0, *sizes, d_code]):
            found.append(code[:, low:high] @ decoder[low:high] + below)
            below = found[-1]
            if detached:
                fixed = jax.lax.stop_gradient(below - b_dec) + b_dec
                below = jnp.where(counts(high), fixed, below)
        return found

    def forward(params: Params, x: Array, used: Array) -> Pass:
        found = architecture.forward(params, x, used)
        return found._replace(recon=recons(params, found.code)[-1]) if detached else found

    def terms(params: Params, x: Array, found: Pass) -> dict[str, Array]:
        errors = architecture.terms(params, x, found)
        for weight, size, recon in zip(inner, sizes, recons(params, found.code), strict=False):
            error = weight * jnp.sum(jnp.square(x - recon), axis=-1).mean()
            errors[f"inner_{size}"] = jnp.where(counts(size), error, 0)
        return errors

    def penalise(penalty: Penalty, latents: Latents) -> Array:
        start, total = jnp.int32(0), jnp.zeros(())
        for weight, size in zip(inner, sizes, strict=True):
            level = weight * penalty(latents.among(start, size))
            total = total + jnp.where(counts(size), level, 0)
            start = jnp.where(detached & counts(size), size, start)
        return total + outer * penalty(latents.among(start, d_code))

    return architecture._replace(forward=forward, terms=terms, penalise=penalise, weight=outer)
