"""An episode of two steps: an action chooses which features may come, and then they are told.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), the environment of their experiments with PPO.
"""

import flax.struct
import jax
import jax.numpy as jnp

from experiments.traps.branches import N_FEATURES, features_on
from superpos.arguments import CountOrZero, Finite, NonNegative, factory
from superpos.types import Array, Environment, Key, Scalar

N_BRANCHES = 2
"""What an action may choose: S, which is 0, or E, which is 1."""


@flax.struct.dataclass(kw_only=True)
class BranchingParams:
    """The numbers of the world, as arguments of `branching` of these names, all ()."""

    bonus: Scalar
    noise: Scalar


@flax.struct.dataclass(kw_only=True)
class BranchingState:
    """Where an episode stands.

    Attributes:
        branch: one-hot, float32 (2,); 0 before it is chosen.
        values: of the features, float32 (3,).
        on: which of them count, 1 or 0, float32 (3,).
    """

    branch: Array
    values: Array
    on: Array


@factory
def branching(
    *, bonus: Finite = 0.15, noise: NonNegative = 0.3, n_nuisance: CountOrZero = 5
) -> Environment:
    """Choose S or E; then see two features, and say what they are.

    The first step shows nothing but zeros and earns nothing. At the second, two features are on, as
    of `branches`, and the reward is -Σ_i on_i (a_i - z_i)², and the bonus after E.

    Args:
        bonus: what E earns more, any number.
        noise: standard deviation of what is added to each feature that is shown, in [0, inf).
        n_nuisance: standard normal numbers that are shown beside features, and mean nothing, >= 0.

    Returns:
        An Environment over BranchingState and BranchingParams. Observations are the features, the
        nuisance and the branch, (3 + n_nuisance + 2,). Actions are vectors (4,): the first step
        reads the first number, above 1/2 for E, and the second step the others.

    Raises:
        ArgumentError: a value is out of range.
    """
    n_observations = N_FEATURES + n_nuisance + N_BRANCHES

    def observe(key: Key, state: BranchingState, params: BranchingParams) -> Array:
        chosen = state.branch.sum()
        drawn = jax.random.normal(key, (N_FEATURES + n_nuisance,), jnp.float32)
        shown = (state.values * state.on + params.noise * drawn[:N_FEATURES], drawn[N_FEATURES:])
        return jnp.concatenate([*(chosen * each for each in shown), state.branch])

    def reset(key: Key, params: BranchingParams) -> tuple[Array, BranchingState]:
        del key, params
        nothing = jnp.zeros(N_FEATURES)
        state = BranchingState(branch=jnp.zeros(N_BRANCHES), values=nothing, on=nothing)
        return jnp.zeros(n_observations), state

    def step(
        key: Key, state: BranchingState, action: Array, params: BranchingParams
    ) -> tuple[Array, BranchingState, Array, Array]:
        key_on, key_value, key_seen = jax.random.split(key, 3)
        done = state.branch.sum() > 0
        errors = jnp.square(action[1:] - state.values)
        reward = params.bonus * state.branch[1] - jnp.sum(state.on * errors)
        branch = (action[0] > 0.5).astype(jnp.int32)
        new = BranchingState(
            branch=jax.nn.one_hot(branch, N_BRANCHES, dtype=jnp.float32),
            values=jax.random.normal(key_value, (N_FEATURES,), jnp.float32),
            on=features_on(key_on, branch),
        )
        return observe(key_seen, new, params), new, jnp.where(done, reward, 0.0), done

    return Environment(
        reset,
        step,
        observe,
        BranchingParams(bonus=bonus, noise=noise),
        n_observations=n_observations,
        n_steps=2,
        d_action=1 + N_FEATURES,
    )
