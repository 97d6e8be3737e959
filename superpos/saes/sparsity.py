"""Penalties on how many latents are active, or on how much."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp

from superpos.arguments import ArgumentError, CountOrZero, NonNegative, Positive, factory
from superpos.types import Array, Scalar


class Latents(NamedTuple):
    """What a penalty reads.

    Attributes:
        acts: activations >= 0, (batch, d_code).
        norms: of the rows of the decoder, (d_code,).
        gate: 1 where a latent is active, else 0, with a gradient to its threshold, (batch, d_code);
            None where latents have no threshold.
    """

    acts: Array
    norms: Array
    gate: Array | None

    def among(self, start: Array, end: int) -> "Latents":
        """The latents [start, end), the others as if they were not active."""
        index = jnp.arange(self.norms.shape[0])
        here = ((index >= start) & (index < end))[None]
        gate = None if self.gate is None else jnp.where(here, self.gate, 0)
        return Latents(jnp.where(here, self.acts, 0), self.norms, gate)


Penalty = Callable[[Latents], Array]
"""Latents -> (), the mean over a batch, without a coefficient."""


class Sparsity(NamedTuple):
    """A penalty with its coefficient.

    Attributes:
        penalty: of latents.
        coefficient: >= 0; where a run is tuned, at its start.
        warmup_steps: updates over which the coefficient rises in a straight line from 0.
        target: the number of active latents that is asked for; None where none is.
    """

    penalty: Penalty
    coefficient: Scalar
    warmup_steps: int
    target: Scalar | None = None

    def risen(self, step: Array) -> Array:
        """The factor of the coefficient at an update, ()."""
        if self.warmup_steps == 0:
            return jnp.ones(())
        return jnp.minimum(step / self.warmup_steps, 1.0)


@factory
def l1(*, coefficient: NonNegative = 1.0, warmup_steps: CountOrZero = 0) -> Sparsity:
    """The L1 norm of the code, each latent weighted by the norm of its decoder row.

    Without the weights a free decoder would grow and the code shrink.

    Args:
        coefficient: in [0, inf).
        warmup_steps: updates over which it rises from 0, >= 0.

    Returns:
        A Sparsity, Σ_i a_i ‖W_dec,i‖, the mean over a batch.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Conerly et al. 2024, Update on training SAEs, Anthropic, April.
    """
    return Sparsity(_l1, coefficient, warmup_steps)


@factory
def step(*, coefficient: NonNegative = 1.0, warmup_steps: CountOrZero = 0) -> Sparsity:
    """The number of active latents, with the pseudo-derivative of a step in the threshold.

    Args:
        coefficient: in [0, inf).
        warmup_steps: updates over which it rises from 0, >= 0.

    Returns:
        A Sparsity of a model with thresholds, L0, the mean over a batch.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Rajamanoharan et al. 2024, JumpReLU (arXiv 2407.14435), equation 9.
    """
    return Sparsity(lambda latents: _l0(latents).mean(), coefficient, warmup_steps)


@factory
def tanh(
    *, coefficient: NonNegative = 1.0, tanh_scale: Positive = 4.0, warmup_steps: CountOrZero = 0
) -> Sparsity:
    """A smooth count of active latents.

    Args:
        coefficient: in [0, inf).
        tanh_scale: c, in (0, inf).
        warmup_steps: updates over which it rises from 0, >= 0.

    Returns:
        A Sparsity, Σ_i tanh(c a_i ‖W_dec,i‖), the mean over a batch.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Conerly et al. 2025, Dictionary learning optimization techniques, Anthropic, January.
    """

    def penalty(latents: Latents) -> Array:
        weighted = latents.acts * latents.norms[None]
        return jnp.tanh(tanh_scale * weighted).sum(-1).mean()

    return Sparsity(penalty, coefficient, warmup_steps)


@factory
def quadratic(
    *, target: Positive, coefficient: NonNegative = 1.0, warmup_steps: CountOrZero = 0
) -> Sparsity:
    """The squared distance of each example's L0 from what is asked for.

    Args:
        target: L0*, in (0, inf).
        coefficient: in [0, inf).
        warmup_steps: updates over which the coefficient rises from 0, >= 0.

    Returns:
        A Sparsity of a model with thresholds, 2/L0* (L0 - L0*)², the mean over a batch.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        McDougall et al. 2025, Gemma Scope 2; SAELens 6.54.12, "quadratic".
    """

    def penalty(latents: Latents) -> Array:
        return (2 / target * jnp.square(_l0(latents) - target)).mean()

    return Sparsity(penalty, coefficient, warmup_steps, target)


@factory
def relative(
    *, target: Positive, coefficient: NonNegative = 1.0, warmup_steps: CountOrZero = 0
) -> Sparsity:
    """The squared relative distance of a batch's mean L0 from what is asked for.

    Args:
        target: L0*, in (0, inf).
        coefficient: in [0, inf).
        warmup_steps: updates over which the coefficient rises from 0, >= 0.

    Returns:
        A Sparsity of a model with thresholds, (L0/L0* - 1)² of the mean L0.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Marks et al. 2024, dictionary_learning 0.1.0, the trainer of JumpReLU.
    """

    def penalty(latents: Latents) -> Array:
        return jnp.square(_l0(latents).mean() / target - 1)

    return Sparsity(penalty, coefficient, warmup_steps, target)


def _l1(latents: Latents) -> Array:
    """Each latent's sum first, which is the gradient of its norm too."""
    return jnp.sum(latents.acts.sum(axis=0) * latents.norms) / latents.acts.shape[0]


def _l0(latents: Latents) -> Array:
    """Active latents of each example, (batch,)."""
    if latents.gate is None:
        raise ArgumentError("sparsity: counts latents, expected a model with thresholds")
    return latents.gate.sum(-1)
