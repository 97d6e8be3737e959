"""What an agent earns on each branch when it is sent there, and how often it goes by itself."""

import jax
import jax.numpy as jnp
import numpy as np

from experiments.traps.branches import N_FEATURES
from experiments.traps.environment import N_BRANCHES
from experiments.traps.policy import MEAN
from superpos.arguments import ArgumentError, Count, factory
from superpos.environments import play
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State

PAIRS = np.array([[0, 1], [0, 2], [1, 2]])


@factory
def forced_branches(*, model: Model, source: Source, n_episodes: Count = 512) -> Evaluation:
    """Episodes in which the branch is set, and numbers are the most probable ones.

    Args:
        model: `branching_agent`.
        source: `rollouts` of the environment `branching`.
        n_episodes: on each branch, >= 1.

    Returns:
        An Evaluation of occupancy, the probability with which the agent takes E, (); of
        branch_return, the mean reward on S and on E, (2,); and of crosstalk, how much a number that
        is told depends on another feature that is shown: the mean |∂a_i/∂x_j| over both branches
        and both orders of the pairs 12, 13 and 23, (3,).

    Raises:
        ArgumentError: a value is out of range, or the model or the source is another one.
    """
    environment, policy = source.environment, model.policy
    if environment is None or environment.d_action != 1 + N_FEATURES:
        raise ArgumentError("source: expected rollouts of branching")
    if policy is None or "root_bias" not in model.dims:
        raise ArgumentError("model: expected branching_agent")

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        def told(x: Array) -> Array:
            return model.apply(params, state, x).recon

        def on_branch(chosen: tuple[Array, Array]) -> tuple[Array, Array]:
            branch, keys = chosen

            def act(key: Key, x: Array) -> tuple[Array, Array]:
                del key
                outputs = told(x)
                return policy.mode(outputs).at[0].set(branch), outputs

            played = jax.vmap(lambda key: play(environment, act, key))(keys)
            shown = played.observations[:, 1]
            slopes = jax.vmap(jax.jacrev(lambda x: told(x)[MEAN]))(shown)[..., :N_FEATURES]
            return played.rewards.sum(-1).mean(), jnp.abs(slopes).mean(0)

        keys = jax.random.split(key, (N_BRANCHES, n_episodes))
        earned, sizes = jax.lax.map(on_branch, (jnp.arange(N_BRANCHES, dtype=jnp.float32), keys))
        size = sizes.mean(0)
        takes_e = jnp.zeros(environment.d_action).at[0].set(1.0)
        root = told(jnp.zeros(environment.n_observations))
        return {
            "occupancy": jnp.exp(policy.log_probability(root, takes_e)),
            "branch_return": earned,
            "crosstalk": (size + size.T)[PAIRS[:, 0], PAIRS[:, 1]] / 2,
        }

    dims = {"branch_return": ("branch",), "crosstalk": ("pair",)}
    return Evaluation(measure, dims, common=False)  # each agent has episodes of its own
