"""What the next-token loss is where a reconstruction stands in place of activations.

Source: Bricken et al. 2023, Towards Monosemanticity, who put it in place of the hidden layer of an
MLP, or 0 there; `superpos.metrics.loss_recovered` says what share of the loss is kept.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, CountOrZero, factory
from superpos.models.transformer import Transformer, TransformerParams, select, token_losses
from superpos.types import Array

SplicedSite = Literal["mlp", "residual"]
"""The hidden layer of the MLP of a block, or the residual stream AFTER that block. What
`superpos.models.transformer.arms` calls the residual stream of a block is the one before it."""
Change = Callable[[Array], Array]
"""Activations of one text, (n, d), -> what stands in their place."""


class SplicedLosses(NamedTuple):
    """Means over the tokens of each text, in nats, (n_texts,).

    Attributes:
        clean: of the transformer as it is.
        spliced: with reconstructions in place of activations.
        ablated: with 0, or what stands for it, in their place.
    """

    clean: Array
    spliced: Array
    ablated: Array


@factory
def spliced_losses(
    *,
    model: Transformer,
    params: TransformerParams,
    tokens: Array,
    layer: CountOrZero,
    site: SplicedSite,
    reconstruct: Change,
    ablated: Array | None = None,
    batch_size: Count = 8,
) -> SplicedLosses:
    """The loss of texts with and without a reconstruction, and with the activations ablated.

    Args:
        model: its functions.
        params: its parameters.
        tokens: texts of one length, int32 (n_texts, length), 2 tokens or more.
        layer: number of the block, from 0.
        site: "mlp", its hidden layer, or "residual", the residual stream after it.
        reconstruct: activations of one text (length, d) -> their reconstructions, such as
            `lambda x: jax.vmap(lambda row: sae.apply(sae_params, state, row).recon)(x)`.
        ablated: what stands in place of the activations of a token, (d,) or (), such as their mean;
            None is 0.
        batch_size: texts at a time.

    Returns:
        The losses of each text. Texts of one document are not independent: take their means before
        `superpos.metrics.loss_recovered`.

    Raises:
        ArgumentError: there is no such layer, or tokens have another shape; one line.
    """
    n_layers = model.architecture.n_layers
    if layer >= n_layers:
        raise ArgumentError(f"layer={layer}: expected an integer in [0, {n_layers - 1}]")
    if tokens.ndim != 2 or tokens.shape[1] < 2:
        raise ArgumentError(f"tokens of shape {tokens.shape}: expected (n_texts, length >= 2)")

    def in_place(x: Array) -> Array:
        """The activations as they are, their reconstructions, and 0, (3, length, d)."""
        row = jnp.zeros(x.shape[1], x.dtype) if ablated is None else jnp.asarray(ablated, x.dtype)
        return jnp.stack([x, reconstruct(x), jnp.broadcast_to(row[None], x.shape)])

    def losses(params: TransformerParams, text: Array) -> SplicedLosses:
        each = changed_losses(model, params, text, layer, site, in_place)
        return SplicedLosses(*each.mean(axis=-1))

    @jax.jit
    def of_all(params: TransformerParams, tokens: Array) -> SplicedLosses:
        return jax.lax.map(lambda text: losses(params, text), tokens, batch_size=batch_size)

    return of_all(params, tokens)


def changed_losses(
    model: Transformer,
    params: TransformerParams,
    text: Array,
    layer: int,
    site: SplicedSite,
    changes: Change,
) -> Array:
    """Losses of each token of a text but the first, with activations changed in k ways.

    Args:
        model: its functions.
        params: its parameters.
        text: int32 (length,).
        layer: number of the block, from 0.
        site: which activations.
        changes: activations (length, d) -> what stands in their place, (k, length, d).

    Returns:
        In nats, (k, length - 1).
    """
    residual = model.embed(params, text)
    if layer > 0:
        residual = model.blocks(select(params.layers, slice(layer)), residual)[0][-1]
    block = select(params.layers, layer)
    after, hidden = model.block(block, residual)

    def losses(changed: Array) -> Array:
        stream = model.block(block, residual, lambda _: changed)[0] if site == "mlp" else changed
        if layer + 1 < model.architecture.n_layers:
            stream = model.blocks(select(params.layers, slice(layer + 1, None)), stream)[0][-1]
        return token_losses(model.unembed(params, stream), text)

    return jax.vmap(losses)(changes(hidden if site == "mlp" else after))
