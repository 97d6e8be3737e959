"""Latents that no longer fire, and what brings them back: an auxiliary loss, or a new start."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import NonNegative, factory
from superpos.saes.lazily import where_needed
from superpos.saes.select import largest
from superpos.types import Array, Key, Scalar


@flax.struct.dataclass(kw_only=True)
class Resampling:
    """What an optimiser needs to start dead latents anew.

    Attributes:
        dead: which are dead, bool (d_code,).
        used: which are in use, bool (d_code,).
        examples: one for each latent, (d_code, d_in).
        starts: where parameters with a number for each latent start, by name, (d_code,) each.
    """

    dead: Array
    used: Array
    examples: Array
    starts: Mapping[str, Array]


class Dead(NamedTuple):
    """What a loss adds for latents that are dead.

    Attributes:
        term: (pre, decoder, rank, residual, dead) -> (), with its coefficient. The pre-activations
            (batch, d_code) and the decoder (d_code, d_in) that reconstructs from them have
            gradients. By what latents are chosen (batch, d_code), the residual (batch, d_in) and
            which latents are dead (d_code,) have none. None adds nothing.
        window: a latent is dead that has not fired in more updates than this.
        spares_fired: whether a latent that fires in a batch is not dead in it, so that silence is
            counted with the batch.
    """

    term: Callable[[Array, Array, Array, Array, Array], Array] | None
    window: Scalar
    spares_fired: bool = False


@factory
def auxk(
    *, coefficient: NonNegative = 1.0, window: NonNegative = 1000.0, normalised: bool = False
) -> Dead:
    """AuxK: dead latents reconstruct what the living ones leave over.

    Of the dead latents of each example the min(d_in / 2, n_dead) largest take part, by their
    pre-activations or, in AbsTopK, by the size of these, and without a bias.

    Args:
        coefficient: in [0, inf).
        window: updates without firing after which a latent is dead, in [0, inf).
        normalised: False adds min(n_dead / (d_in / 2), 1) times the squared error, with negative
            pre-activations, as SAELens does; True the squared error as part of the variance of
            what is left over, with a ReLU, of latents that are not active in the batch either, as
            dictionary_learning does.

    Returns:
        A Dead.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Gao et al. 2024, Scaling and evaluating sparse autoencoders (arXiv 2406.04093), A.2.
    """

    def error(parts: tuple[Array, Array], given: tuple[Array, Array, Array]) -> Array:
        (pre, decoder), (rank, residual, dead) = parts, given
        most = max(1, decoder.shape[-1] // 2)
        n_dead = dead.sum()
        values = jax.nn.relu(pre) if normalised else pre
        chosen = largest(jnp.where(dead[None], rank, -jnp.inf), jnp.minimum(most, n_dead))
        acts = jnp.where(chosen & dead[None], values, 0)
        squared = jnp.sum(jnp.square(acts @ decoder - residual), axis=-1).mean()
        if not normalised:
            return jnp.minimum(n_dead / most, 1.0) * squared
        spread = jnp.sum(jnp.square(residual - residual.mean(0)[None]), axis=-1).mean()
        return jnp.where(spread > 0, squared / jnp.where(spread > 0, spread, 1), 0)

    def term(pre: Array, decoder: Array, rank: Array, residual: Array, dead: Array) -> Array:
        given = (*jax.lax.stop_gradient((rank, residual)), dead)
        return coefficient * where_needed(jnp.any(dead), error, (pre, decoder), given)

    return Dead(term, window, spares_fired=normalised)


@factory
def resample(*, window: NonNegative = 1000.0) -> Dead:
    """Dead latents start anew, which `optim.sae_adam` does every `resample_every` updates.

    Args:
        window: updates without firing after which a latent is dead, in [0, inf).

    Returns:
        A Dead. The state of its model has an example of the last batch for each latent, drawn in
        proportion to the square of its loss.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Bricken et al. 2023, Towards Monosemanticity, "Neuron Resampling".
    """
    return Dead(None, window)


def badly_reconstructed(x: Array, recon: Array, n_drawn: int, key: Key) -> Array:
    """Examples drawn with replacement, in proportion to the square of their squared error.

    Args:
        x: (batch, d_in).
        recon: (batch, d_in).
        n_drawn: how many.
        key: of the draw.

    Returns:
        (n_drawn, d_in).
    """
    weights = jnp.cumsum(jnp.square(jnp.sum(jnp.square(x - recon), axis=-1)))
    places = jax.random.uniform(key, (n_drawn,), weights.dtype) * weights[-1]
    return x[jnp.minimum(jnp.searchsorted(weights, places, side="right"), x.shape[0] - 1)]
