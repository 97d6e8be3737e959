"""Episodes: an agent and an environment, step by step."""

from collections.abc import Callable
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp

from superpos.types import Array, Environment, Key


@flax.struct.dataclass(kw_only=True)
class Trajectory:
    """One episode, with T = n_steps of the environment.

    Attributes:
        observations: (T, n_observations).
        actions: int32 (T,), or (T, d_action).
        rewards: (T,); 0 once the episode is over.
        alive: whether the episode was not over before a step, bool (T,). What the others have at
            later steps means nothing.
        outputs: what the model said of the observations, (T, n_outputs).
    """

    observations: Array
    actions: Array
    rewards: Array
    alive: Array
    outputs: Array


def play(
    environment: Environment, act: Callable[[Key, Array], tuple[Array, Array]], key: Key
) -> Trajectory:
    """Play one episode.

    Args:
        environment: where.
        act: (key, observation) -> (action, outputs of the model).
        key: of the whole episode.

    Returns:
        The Trajectory.
    """
    key_reset, key_steps = jax.random.split(key)

    def step(carry: tuple[Array, Any, Array], time: Array) -> tuple[Any, Trajectory]:
        observation, state, alive = carry
        key_act, key_step = jax.random.split(jax.random.fold_in(key_steps, time))
        action, outputs = act(key_act, observation)
        seen, state, reward, done = environment.step(key_step, state, action, environment.params)
        found = Trajectory(
            observations=observation,
            actions=action,
            rewards=jnp.where(alive, reward, 0.0),
            alive=alive,
            outputs=outputs,
        )
        return (seen, state, alive & ~done), found

    start = (*environment.reset(key_reset, environment.params), jnp.bool(True))
    return jax.lax.scan(step, start, jnp.arange(environment.n_steps))[1]
