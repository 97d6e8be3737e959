"""What an agent does, and what it earns."""

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, factory
from superpos.environments import play
from superpos.types import Array, Evaluation, Key, Model, Params, Policy, Source, State


@factory
def behaviour(
    *, model: Model, source: Source, n_episodes: Count = 256, greedy: bool = False
) -> Evaluation:
    """Episodes that are played for this alone.

    Args:
        model: one with a policy.
        source: one with an environment, such as `data.rollouts`.
        n_episodes: how many are played, >= 1.
        greedy: whether the most probable action is taken, in place of one that is drawn.

    Returns:
        An Evaluation of evaluated_return (), the undiscounted mean; of alive (n_steps,), the share
        of episodes that are not over before a step; and, where actions are numbered, of
        action_probabilities (n_steps, n_actions), the probability that an episode is not over and
        takes an action. The last is a mean of probabilities and not a count, so a rare action has
        one as well; over the actions it adds up to `alive`.

    Raises:
        ArgumentError: a value is out of range, the model has no policy, or the source no
            environment; one line.
    """
    environment, policy = source.environment, model.policy
    if environment is None:
        raise ArgumentError("source: expected one with an environment, such as rollouts")
    if policy is None:
        raise ArgumentError("model: expected one with a policy, such as actor_critic")

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        def act(key: Key, observation: Array) -> tuple[Array, Array]:
            outputs = model.apply(params, state, observation).recon
            return policy.mode(outputs) if greedy else policy.sample(key, outputs), outputs

        keys = jax.random.split(key, n_episodes)
        played = jax.vmap(lambda key: play(environment, act, key))(keys)
        found = {
            "evaluated_return": played.rewards.sum(axis=-1).mean(),
            "alive": played.alive.mean(axis=0),
        }
        if not environment.n_actions:
            return found
        takes = (
            jax.nn.one_hot(played.actions, environment.n_actions)
            if greedy
            else probabilities(policy, played.outputs)
        )
        shares = jnp.mean(takes * played.alive[..., None], axis=0)
        return found | {"action_probabilities": shares}

    return Evaluation(measure, {"alive": ("time",), "action_probabilities": ("time", "action")})


def probabilities(policy: Policy, outputs: Array) -> Array:
    """Of each numbered action, (..., n_actions), on outputs (..., n_outputs)."""

    def of_action(action: Array) -> Array:
        return policy.log_probability(outputs, jnp.broadcast_to(action, outputs.shape[:-1]))

    actions = jnp.arange(policy.n_actions)
    return jnp.exp(jax.vmap(of_action, out_axes=-1)(actions))
