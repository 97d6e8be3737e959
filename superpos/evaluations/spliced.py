"""What a language model loses where an autoencoder's reconstruction is in place of activations."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from superpos import metrics
from superpos.arguments import ArgumentError, CountOrZero, NonNegative, factory
from superpos.interp.splicing import Site, spliced_losses
from superpos.types import Array, Evaluation, Key, Members, Model, Params, State


@factory
def spliced(
    *,
    model: Model,
    transformers: Members,
    activations: Mapping[str, Array],
    layer: CountOrZero,
    site: Site = "mlp",
    transformer: NonNegative = 0,
    skip: CountOrZero = 1,
) -> Evaluation:
    """The next-token loss on held-out texts with reconstructions, and with 0, in their place.

    Args:
        model: a sparse autoencoder of activations of a trained transformer; it means nothing of a
            randomised one.
        transformers: an asset of trained language models.
        activations: the asset that the autoencoder is of, with "tokens", (n_texts, length).
        layer: number of the block, from 0 on.
        site: "mlp", the hidden layer of its MLP, or "residual", the residual stream after it.
        transformer: the number of the one that is used, from 0 on; a fraction is dropped, and what
            is above the last is the last.
        skip: first tokens of a text whose activations stay as they are, >= 0.

    Returns:
        An Evaluation of `clean_loss`, `spliced_loss` and `ablated_loss`, means over texts in nats
        per token, and `loss_recovered` (`metrics.loss_recovered`), nan where ablation costs nothing
        that is certain, all ().

    Raises:
        ArgumentError: a value is out of range, there are no language models or no tokens; one line.
    """
    forward = transformers.model.transformer
    if forward is None:
        raise ArgumentError("transformers: expected language models")
    if "tokens" not in activations:
        raise ArgumentError("activations: has no tokens, expected those of the texts held out")
    weights, _ = transformers.at(jnp.asarray(transformer).astype(jnp.int32))

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
        found = {f"{name}_loss": each.mean() for name, each in losses._asdict().items()}
        recovered = metrics.loss_recovered(losses.clean, losses.spliced, losses.ablated)
        return {**found, "loss_recovered": recovered}

    return Evaluation(measure)
