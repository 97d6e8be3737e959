"""Episodes that the model itself plays, as it is at each draw.

Source: Schulman et al. 2017, Proximal Policy Optimization Algorithms (arXiv 1707.06347), algorithm
1. `FitSpec.updates_per_draw` says how often a draw is learned from.
"""

import dataclasses

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, Fraction, factory
from superpos.environments.episodes import Trajectory, play
from superpos.environments.transitions import Transitions, n_columns, packed
from superpos.losses import generalised_advantages
from superpos.types import (
    Array,
    Batch,
    Environment,
    Example,
    Key,
    Model,
    Params,
    Policy,
    Source,
)

LEAST_STD = 1e-8
"""Added to the standard deviation that advantages are divided by."""


@factory
def rollouts(
    *,
    environment: Environment,
    model: Model,
    n_features: Count,
    discount: Fraction = 1.0,
    gae_lambda: Fraction = 1.0,
    normalised: bool = True,
) -> Source:
    """Episodes of an agent in an environment; an example is one of them.

    Args:
        environment: where it acts.
        model: who acts, of the run: a model with a policy, such as `models.actor_critic`.
        n_features: numbers of an observation, >= 1.
        discount: γ of the advantages, in [0, 1].
        gae_lambda: λ of the advantages, in [0, 1].
        normalised: whether the advantages of a batch are shifted and scaled to mean 0 and standard
            deviation 1.

    Returns:
        A Source whose inputs are observations, (batch, n_steps, n_features), and whose targets are
        what `environments.transitions` packs, (batch, n_steps, n_columns). It knows no factors.

    Raises:
        ArgumentError: a value is out of range, or the model does not fit the environment; one line.
    """
    policy = _fitting(environment, model, n_features)

    def sample(
        params: Params, state: tuple[()], key: Key, batch_size: int
    ) -> tuple[Batch, tuple[()]]:
        def act(key: Key, observation: Array) -> tuple[Array, Array]:
            outputs = model.apply(params, (), observation).recon
            return policy.sample(key, outputs), outputs

        keys = jax.random.split(key, batch_size)
        played = jax.vmap(lambda key: play(environment, act, key))(keys)
        transitions = _transitions(policy, played, discount=discount, gae_lambda=gae_lambda)
        if normalised:
            advantage = _normalised(transitions.advantage, transitions.alive)
            transitions = dataclasses.replace(transitions, advantage=advantage)
        batch = Batch(
            inputs=played.observations,
            targets=packed(transitions),
            factors=jnp.zeros((batch_size, 0)),
        )
        return batch, state

    inputs, targets = (
        jax.ShapeDtypeStruct((environment.n_steps, width), jnp.float32)
        for width in (n_features, n_columns(environment.d_action))
    )
    gives = Example(inputs, targets)
    return Source(lambda _: (), sample, gives=gives, environment=environment)


def _transitions(
    policy: Policy, played: Trajectory, *, discount: Array | float, gae_lambda: Array | float
) -> Transitions:
    """What a batch of episodes teaches."""
    values = policy.value(played.outputs)
    advantage = jax.vmap(
        lambda *episode: generalised_advantages(*episode, discount=discount, gae_lambda=gae_lambda)
    )(played.rewards, values, played.alive)
    return Transitions(
        action=played.actions,
        advantage=advantage,
        value_target=advantage + values,
        log_probability=policy.log_probability(played.outputs, played.actions),
        alive=played.alive,
        reward=played.rewards,
    )


def _normalised(advantage: Array, alive: Array) -> Array:
    """Advantages with mean 0 and standard deviation 1 over all steps that count."""
    mean = jnp.mean(advantage, where=alive)
    std = jnp.std(advantage, where=alive)
    return jnp.where(alive, (advantage - mean) / (std + LEAST_STD), 0.0)


def _fitting(environment: Environment, model: Model, n_features: int) -> Policy:
    """The policy of a model that can act in an environment.

    Raises:
        ArgumentError: it cannot; one line.
    """
    if model.policy is None:
        raise ArgumentError("model: expected one with a policy, such as actor_critic")
    if n_features != environment.n_observations:
        raise ArgumentError(
            f"n_features={n_features}: expected the {environment.n_observations} numbers that"
            " environment shows"
        )
    for name in ("n_actions", "d_action"):
        given, taken = getattr(environment, name), getattr(model.policy, name)
        if given != taken:
            raise ArgumentError(f"model: has {name}={taken}, expected the {given} of environment")
    return model.policy
