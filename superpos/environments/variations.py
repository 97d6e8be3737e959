"""Variations of `epochs`: a clock that can be tampered with, and an N that is drawn."""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Counts, factory
from superpos.environments.epochs import INVEST, EpochState
from superpos.types import Array, Environment, Key


@factory
def tampering(
    *, environment: Environment, penalty_reads: Literal["true", "observed"]
) -> Environment:
    """Add an action, the last one, that sets the observed clock back to 0 and earns nothing.

    Args:
        environment: `epochs`.
        penalty_reads: the "true" clock, so that tampering changes only what is seen; or the
            "observed" one, so that it also puts the penalty off.

    Returns:
        The Environment with n_actions + 1 actions.

    Raises:
        ArgumentError: a value is out of range, or it is another environment; one line.
    """
    _check_epochs(environment)
    tamper = environment.n_actions

    def step(key: Key, state: EpochState, action: Array) -> tuple[Array, EpochState, Array, Array]:
        tampers = action == tamper
        _, new, reward, done = environment.step(key, state, jnp.where(tampers, INVEST, action))
        zero = jnp.zeros_like(new.clock)
        new = dataclasses.replace(
            new,
            capital=jnp.where(tampers, state.capital, new.capital),
            clock=jnp.where(tampers, zero, new.clock),
            epoch=jnp.where(tampers & (penalty_reads == "observed"), zero, new.epoch),
        )
        return environment.observe(key, new), new, reward, done

    return environment._replace(step=step, n_actions=tamper + 1)


@factory
def drawn_allowed(*, environment: Environment, allowed: Counts) -> Environment:
    """Draw N for each episode, in place of one that is the same in all.

    Args:
        environment: `epochs`, or a variation of it.
        allowed: what N may be, each >= 1 and as probable as the others.

    Returns:
        The Environment.

    Raises:
        ArgumentError: a value is out of range, there is none, or it is another environment; one
            line.
    """
    _check_epochs(environment)
    if not allowed:
        raise ArgumentError("allowed=[]: expected at least one number")

    def reset(key: Key) -> tuple[Array, EpochState]:
        key_inner, key_allowed, key_seen = jax.random.split(key, 3)
        _, state = environment.reset(key_inner)
        drawn = jax.random.choice(key_allowed, jnp.asarray(allowed, jnp.float32))
        state = dataclasses.replace(state, allowed=drawn)
        return environment.observe(key_seen, state), state

    return environment._replace(reset=reset)


def _check_epochs(environment: Environment) -> None:
    _, state = jax.eval_shape(environment.reset, jax.eval_shape(lambda: jax.random.key(0)))
    if not isinstance(state, EpochState):
        raise ArgumentError("environment: expected epochs, or a variation of it")
