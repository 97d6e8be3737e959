"""What an agent would do at any epoch, whether it has ever been there or not."""

import dataclasses

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, Counts, factory
from superpos.environments import EpochState
from superpos.evaluations.behaviour import probabilities
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State


@factory
def epoch_table(
    *, model: Model, source: Source, n_clocks: Count, n_capitals: Count, allowed: Counts
) -> Evaluation:
    """Probabilities of actions by what the clock shows, by capital and by N.

    Args:
        model: one with a policy.
        source: `rollouts` in `epochs`, or in a variation of it, with an encoding that draws
            nothing.
        n_clocks: readings of the clock, from 0 on, >= 1.
        n_capitals: capitals, from 0 on, >= 1.
        allowed: each N that the agent is shown, where it is shown one, >= 1; one or more.

    Returns:
        An Evaluation of policy_table (n_allowed, n_clocks, n_capitals, n_actions).

    Raises:
        ArgumentError: a value is out of range, the model has no policy, or the source is of no such
            environment; one line.
    """
    environment, policy = source.environment, model.policy
    if environment is None or policy is None:
        raise ArgumentError("source: expected rollouts of a model with a policy")
    if not allowed:
        raise ArgumentError("allowed=[]: expected one N or more")

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        key_start, key_seen = jax.random.split(key)
        _, start = environment.reset(key_start, environment.params)
        if not isinstance(start, EpochState):
            raise ArgumentError("source: expected epochs as its environment")

        def at(n_allowed: Array, clock: Array, capital: Array) -> Array:
            there = dataclasses.replace(
                start, epoch=clock, clock=clock, capital=capital, allowed=n_allowed
            )
            seen = environment.observe(key_seen, there, environment.params)
            return probabilities(policy, model.apply(params, state, seen).recon)

        shown = jnp.asarray(allowed, jnp.float32)
        numbers = (shown, *(jnp.arange(n, dtype=jnp.float32) for n in (n_clocks, n_capitals)))
        grid = jnp.meshgrid(*numbers, indexing="ij")
        return {"policy_table": jnp.vectorize(at, signature="(),(),()->(a)")(*grid)}

    return Evaluation(measure, {"policy_table": ("shown_allowed", "clock", "capital", "action")})
