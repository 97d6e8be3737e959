"""What a language model loses where an autoencoder's reconstruction is in place of activations."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from superpos import metrics
from superpos.arguments import ArgumentError, CountOrZero, NonNegative, factory, shown
from superpos.data.text_activations import check_number
from superpos.interp.splicing import SplicedLosses, SplicedSite, spliced_losses
from superpos.types import Array, Evaluation, Key, Members, Model, Params, State

NEEDED = ("tokens", "document", "documents", "layers", "site")


@factory
def spliced(
    *,
    model: Model,
    transformers: Members,
    activations: Mapping[str, Any],
    layer: CountOrZero,
    site: SplicedSite = "mlp",
    transformer: NonNegative = 0,
    skip: CountOrZero = 1,
) -> Evaluation:
    """The next-token loss on held-out texts with reconstructions, and with 0, in their place.

    Args:
        model: a sparse autoencoder of activations of a trained transformer; it means nothing of a
            randomised one.
        transformers: an asset of trained language models.
        activations: the asset that the autoencoder is of, as `assets.activations` makes it, of one
            layer.
        layer: number of the block, from 0 on: of the activations, or, of the residual stream, of
            the block before that layer.
        site: "mlp", the hidden layer of its MLP, or "residual", the residual stream after it.
        transformer: the number of the one that is used, from 0 on.
        skip: first tokens of a text whose activations stay as they are, >= 0.

    Returns:
        An Evaluation of `clean_loss`, `spliced_loss` and `ablated_loss`, in nats per token, means
        over documents of the mean of each, and `loss_recovered` of these
        (`metrics.loss_recovered`), nan where ablation costs nothing that is certain, all ().

    Raises:
        ArgumentError: a value is out of range, there are no language models, or activations are of
            another layer or site, of several layers, or of no texts; one line.
    """
    forward = transformers.model.transformer
    if forward is None:
        raise ArgumentError("transformers: expected language models")
    _check(activations, layer, site)
    check_number("transformer", transformer, transformers.params.embedding)
    number = jnp.asarray(transformer).astype(jnp.int32)
    document, documents = jnp.asarray(activations["document"]), activations["documents"]
    weights = jax.tree.map(
        lambda leaf: jnp.asarray(leaf).at[number].get(mode="fill", fill_value=jnp.nan),
        transformers.params,
    )

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del key

        def reconstruct(x: Array) -> Array:
            recon = jax.vmap(lambda row: model.apply(params, state, row).recon)(x[skip:])
            return jnp.concatenate([x[:skip], recon])

        losses = spliced_losses(
            model=forward,
            params=weights,
            tokens=activations["tokens"],
            layer=layer,
            site=site,
            reconstruct=reconstruct,
        )
        losses = SplicedLosses(*(_means(each, document, documents) for each in losses))
        found = {f"{name}_loss": each.mean() for name, each in losses._asdict().items()}
        return {**found, "loss_recovered": metrics.loss_recovered(*losses)}

    return Evaluation(measure)


def _means(values: Array, document: Array, documents: Sequence[int]) -> Array:
    """Means over the texts of each document, (n_documents,)."""
    texts = document[None] == jnp.array(documents)[:, None]
    return jnp.mean(jnp.broadcast_to(values[None], texts.shape), axis=1, where=texts)


def _check(activations: Mapping[str, Any], layer: int, site: SplicedSite) -> None:
    """Refuse activations that are not those in whose place reconstructions are to be.

    Raises:
        ArgumentError: one line.
    """
    for name in NEEDED:
        if name not in activations:
            raise ArgumentError(f"activations: has no {name}, expected {', '.join(NEEDED)}")
    layers = activations["layers"]
    if len(layers) != 1:
        raise ArgumentError(f"activations.layers={shown([*layers])}: expected one, that of layer")
    if site != activations["site"]:
        raise ArgumentError(f"site={site}: expected the {activations['site']} of activations")
    [of_block] = layers
    number = of_block - (site == "residual")
    if number < 0:
        raise ArgumentError("activations.layers=[0]: no block is before that residual stream")
    if layer != number:
        raise ArgumentError(f"layer={layer}: expected {number}, as activations are of {of_block}")
