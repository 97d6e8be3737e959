"""The targets of an episode as an example: what was done, and what it was worth, in columns."""

import flax.struct
import jax.numpy as jnp

from superpos.types import Array

N_COLUMNS = 5
"""Columns of the targets, beside those of the action."""


@flax.struct.dataclass(kw_only=True)
class Transitions:
    """Steps of episodes. Shapes are without leading dimensions, such as (batch, n_steps).

    Attributes:
        action: int32 (), or float32 (d_action,).
        advantage: how much better the action was than what the policy does on average, ().
        value_target: what the value of the observation is fitted to, ().
        log_probability: of the action, under the policy that played, ().
        alive: 1, or 0 for a step after the end of its episode, which does not count, ().
        reward: of the step, ().
    """

    action: Array
    advantage: Array
    value_target: Array
    log_probability: Array
    alive: Array
    reward: Array


def packed(transitions: Transitions) -> Array:
    """Transitions as targets.

    Args:
        transitions: with leading dimensions (..., n_steps).

    Returns:
        float32 (..., n_steps, n_columns): the action, in one column where it is a number, then the
        others in the order of `Transitions`.
    """
    others = jnp.stack(
        [
            transitions.advantage,
            transitions.value_target,
            transitions.log_probability,
            transitions.alive,
            transitions.reward,
        ],
        axis=-1,
    )
    action = transitions.action
    columns = action[..., None] if action.ndim < others.ndim else action
    return jnp.concatenate([columns, others], axis=-1, dtype=jnp.float32)


def unpacked(targets: Array, d_action: int) -> Transitions:
    """Targets as transitions.

    Args:
        targets: as of `packed`.
        d_action: numbers of an action; 0 where actions are numbered.
    """
    action = targets[..., :-N_COLUMNS]
    advantage, value_target, log_probability, alive, reward = jnp.moveaxis(
        targets[..., -N_COLUMNS:], -1, 0
    )
    return Transitions(
        action=action if d_action else action[..., 0].astype(jnp.int32),
        advantage=advantage,
        value_target=value_target,
        log_probability=log_probability,
        alive=alive,
        reward=reward,
    )


def n_columns(d_action: int) -> int:
    """Columns of the targets, as of `packed`."""
    return max(d_action, 1) + N_COLUMNS
