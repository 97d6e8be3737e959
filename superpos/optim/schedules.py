"""Schedules of unit height: step -> factor of the learning rate, in [0, 1].

Each starts with a linear warm-up over `warmup_steps` updates, of which 0 is none.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jax.typing import ArrayLike

from superpos.arguments import ArgumentError, Count, CountOrZero, Fraction, factory
from superpos.types import Array

Schedule = Callable[[ArrayLike], Array]
"""The number of an update, from 0 on -> what multiplies the learning rate of it, ()."""


@factory
def constant(*, warmup_steps: CountOrZero = 0) -> Schedule:
    """Factor 1 after the warm-up.

    Args:
        warmup_steps: updates over which the factor rises linearly to 1, >= 0.

    Returns:
        step () -> factor ().

    Raises:
        ArgumentError: a value is out of range.
    """
    return _with_warmup(jnp.ones_like, warmup_steps)


@factory
def linear(*, n_steps: Count, warmup_steps: CountOrZero = 0, final: Fraction = 0.0) -> Schedule:
    """From 1 after the warm-up down to `final` at step n_steps, in a straight line.

    Args:
        n_steps: updates in the run, >= 1.
        warmup_steps: updates over which the factor rises linearly to 1, in [0, n_steps).
        final: the factor at the end, in [0, 1].

    Returns:
        step () -> factor ().

    Raises:
        ArgumentError: a value is out of range.
    """
    decay = _check_room(n_steps, warmup_steps)
    return _with_warmup(
        lambda step: final + (1 - final) * (1 - _progress(step, decay)), warmup_steps
    )


@factory
def cosine(*, n_steps: Count, warmup_steps: CountOrZero = 0, final: Fraction = 0.0) -> Schedule:
    """From 1 after the warm-up down to `final` at step n_steps, along half a cosine.

    Args:
        n_steps: updates in the run, >= 1.
        warmup_steps: updates over which the factor rises linearly to 1, in [0, n_steps).
        final: the factor at the end, in [0, 1].

    Returns:
        step () -> factor ().

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983), equation 5 without restarts.
    """
    decay = _check_room(n_steps, warmup_steps)

    def factor(step: Array) -> Array:
        return final + (1 - final) * 0.5 * (1 + jnp.cos(jnp.pi * _progress(step, decay)))

    return _with_warmup(factor, warmup_steps)


@factory
def oscillating(
    *, half_period: Count, warmup_steps: CountOrZero = 0, final: Fraction = 0.0
) -> Schedule:
    """From 1 down to `final` in half a period, up to 1 again in the next, and so on: a cosine.

    It is what PyTorch's CosineAnnealingLR does after its T_max steps.

    Args:
        half_period: updates from 1 to `final`, T_max in PyTorch, >= 1.
        warmup_steps: updates over which the factor rises linearly to 1 at first, >= 0.
        final: the least factor, in [0, 1].

    Returns:
        step () -> factor ().

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        PyTorch's documentation of CosineAnnealingLR, its closed form.
    """

    def factor(step: Array) -> Array:
        within = jnp.mod(step, 2.0 * half_period) / half_period  # exact, however long the run
        return final + (1 - final) * 0.5 * (1 + jnp.cos(jnp.pi * within))

    return _with_warmup(factor, warmup_steps)


def _check_room(n_steps: int, warmup_steps: int) -> int:
    if warmup_steps >= n_steps:
        raise ArgumentError(f"warmup_steps={warmup_steps}: expected fewer than n_steps={n_steps}")
    return n_steps - warmup_steps


def _progress(step: Array, decay_steps: int) -> Array:
    return jnp.clip(step / decay_steps, 0.0, 1.0)


def _with_warmup(factor: Callable[[Array], Array], warmup_steps: int) -> Schedule:
    """Rise over steps 0 .. warmup_steps - 1, then follow `factor` counted from there."""

    def scheduled(step: ArrayLike) -> Array:
        step = jnp.asarray(step, jnp.float32)
        if warmup_steps == 0:
            return factor(step)
        rise = (step + 1) / (warmup_steps + 1)
        return jnp.where(step < warmup_steps, rise, factor(step - warmup_steps))

    return scheduled
