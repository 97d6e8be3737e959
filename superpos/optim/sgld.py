"""Langevin dynamics: descent with noise, which samples a tempered posterior around its start.

Source: Welling & Teh 2011, Bayesian Learning via Stochastic Gradient Langevin Dynamics, equation 4;
Lau et al. 2023, The Local Learning Coefficient (arXiv 2308.12108), section 4, whose localising
pull towards the start it has.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import NonNegative, Positive, factory
from superpos.types import Array, Key, Params


class SgldState(NamedTuple):
    """What Langevin dynamics remembers: the parameters it started from."""

    start: Params


@factory
def sgld(
    *,
    learning_rate: Positive,
    inverse_temperature: Positive,
    localisation: NonNegative = 0.0,
    prior_precision: NonNegative = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """Langevin dynamics for the density exp(-B L(w) - γ/2 ‖w - w*‖² - ρ/2 ‖w‖²), w* the start.

    An update is -η (∇L + (γ (w - w*) + ρ w) / B) plus a normal number of variance 2η / B. In the
    notation of Lau et al. B = nβ, and their step size is ε = 2η / B.

    Args:
        learning_rate: η, the step along the gradient of the loss, in (0, inf).
        inverse_temperature: B = nβ, the number of examples times their inverse temperature, in
            (0, inf); nβ = n / log n for the estimate of a local learning coefficient.
        localisation: γ >= 0, the pull towards the start.
        prior_precision: ρ >= 0, the pull towards 0 of a normal prior.

    Returns:
        An optax GradientTransformationExtraArgs, whose update takes the `key` of its noise.

    Raises:
        ArgumentError: a value is out of range.
    """

    def init(params: Params) -> SgldState:
        return SgldState(start=params)

    def update(
        updates: Params, state: Any, params: Params | None = None, **extra: Any
    ) -> tuple[Params, Any]:
        spread = jnp.sqrt(2 * learning_rate / inverse_temperature)

        def step(gradient: Array, w: Array, start: Array, leaf_key: Key) -> Array:
            pull = (localisation * (w - start) + prior_precision * w) / inverse_temperature
            noise = spread * jax.random.normal(leaf_key, w.shape, w.dtype)
            return (noise - learning_rate * (gradient + pull)).astype(w.dtype)

        leaves, structure = jax.tree.flatten(updates)
        keys = jax.tree.unflatten(structure, [*jax.random.split(extra["key"], len(leaves))])
        return jax.tree.map(step, updates, params, state.start, keys), state

    return optax.GradientTransformationExtraArgs(init, update)
