"""How an autoencoder fares on the examples that its source holds out."""

import jax
import jax.numpy as jnp

from superpos import metrics
from superpos.arguments import ArgumentError, factory
from superpos.required import check_fit
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State

EXAMPLES_AT_ONCE = 2048


@factory
def held_out_fit(*, model: Model, source: Source) -> Evaluation:
    """Sparsity and fit on all examples that are held out.

    Args:
        model: a sparse autoencoder.
        source: one that holds examples out, such as `data.text_activations`.

    Returns:
        An Evaluation of `held_out_l0`, `held_out_explained_variance` and `held_out_dead_share`, the
        share of latents that are on in none of them, all ().

    Raises:
        ArgumentError: the source holds nothing out, or does not give what the model takes; one
            line.
    """
    inputs = held_out_of(source, model)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del key
        code, recon = codes_of(model, params, state, inputs)
        return {
            "held_out_l0": metrics.l0(code),
            "held_out_explained_variance": metrics.explained_variance(recon, inputs),
            "held_out_dead_share": jnp.mean(~jnp.any(code != 0, axis=0)),
        }

    return Evaluation(measure)


def held_out_of(source: Source, model: Model) -> Array:
    """The inputs that a source holds out, (n, ...).

    Raises:
        ArgumentError: there are none, or the model takes others; one line.
    """
    check_fit(source, model)
    if source.held_out is None:
        raise ArgumentError(
            "source: expected one that holds examples out, as text_activations does"
        )
    return source.held_out


def codes_of(model: Model, params: Params, state: State, inputs: Array) -> tuple[Array, Array]:
    """Codes (n, n_latents) and reconstructions (n, n_inputs), some examples at a time."""

    def one(x: Array) -> tuple[Array, Array]:
        found = model.apply(params, state, x)
        return found.code, found.recon

    return jax.lax.map(one, inputs, batch_size=EXAMPLES_AT_ONCE)
