"""An agent: a network that says how to act on an observation, and one that says what it is worth.

An example is an episode, of which the inputs are the observations and the targets what
`superpos.environments.transitions` packs.

Source: Schulman et al. 2017, Proximal Policy Optimization Algorithms (arXiv 1707.06347), equation
9, with networks of tanh units that share nothing, as in their section 6.1.
"""

from itertools import pairwise
from typing import Any

import chex
import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, CountOrZero, NonNegative, factory
from superpos.environments.transitions import Transitions, n_columns, unpacked
from superpos.models.inits import Init, glorot, model_init
from superpos.models.mlp import MlpParams, layers
from superpos.models.policies import categorical, normal
from superpos.models.surrogates import Surrogate, policy_gradient
from superpos.types import Array, Batch, Example, Key, Model, Output, Policy


@flax.struct.dataclass(kw_only=True)
class ActorCriticParams:
    """Parameters of the agent.

    Attributes:
        policy: of the network whose outputs decide on the action.
        value: of the network whose output is the value.
    """

    policy: MlpParams
    value: MlpParams


@factory
def actor_critic(
    *,
    n_features: Count,
    n_steps: Count,
    n_actions: CountOrZero,
    d_action: CountOrZero = 0,
    n_hidden: Count = 32,
    n_layers: Count = 1,
    surrogate: Surrogate | None = None,
    value_coefficient: NonNegative = 0.5,
    entropy_bonus: NonNegative = 0.0,
    init: Init | None = None,
) -> Model:
    """A policy and a value, each of hidden layers of tanh units with biases.

    The loss is S + a (V - V_target)² - b H, each a mean over the steps of a batch that are not
    after the end of their episode: the surrogate, the error of the value, the entropy of the
    policy. What the agent does is its policy in training and evaluation; the bonus only shapes it.

    Args:
        n_features: numbers of an observation, >= 1.
        n_steps: steps of an episode, >= 1.
        n_actions: actions, >= 2, where they are numbered; else 0.
        d_action: numbers of an action, >= 1, where it is a vector; else 0.
        n_hidden: units in a hidden layer, >= 1.
        n_layers: hidden layers, >= 1.
        surrogate: S, of `models.surrogates`; None is `policy_gradient`.
        value_coefficient: a, in [0, inf).
        entropy_bonus: b, in [0, inf).
        init: initial parameters, of `models.inits`; None is `glorot`.

    Returns:
        A Model over ActorCriticParams with a `policy`. It applies to observations with any leading
        dimensions: `Output.code` is the last hidden layer of the policy, `Output.recon` the outputs
        that the policy reads. The loss measures, beside itself, episode_return (the undiscounted
        mean), entropy, value_error, approx_kl (the mean of r - 1 - log r) and clip_fraction.

    Raises:
        ArgumentError: a value is out of range, or actions are neither numbered nor vectors, or
            both; one line.
        AssertionError: a batch whose shapes are others.
    """
    if (n_actions > 0) == (d_action > 0) or n_actions == 1:
        raise ArgumentError(
            f"n_actions={n_actions}: expected at least 2 with d_action=0, or 0 with another"
            " d_action"
        )
    surrogate = policy_gradient() if surrogate is None else surrogate
    policy = categorical(n_actions) if n_actions else normal(d_action)

    def zeros() -> ActorCriticParams:
        hidden = [n_features, *[n_hidden] * n_layers]
        return ActorCriticParams(
            policy=_zeros([*hidden, n_actions or 2 * d_action]), value=_zeros([*hidden, 1])
        )

    def apply(params: ActorCriticParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_axis_dimension(x, -1, n_features)
        code, outputs = _outputs(params.policy, x)
        value = _outputs(params.value, x)[1]
        return Output(code=code, recon=jnp.concatenate([outputs, value], axis=-1))

    def loss(
        params: ActorCriticParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape(batch.inputs, (None, n_steps, n_features))
        chex.assert_shape(batch.targets, (None, n_steps, n_columns(d_action)))
        done = unpacked(batch.targets, d_action)
        outputs = apply(params, state, batch.inputs).recon
        total, measured = _terms(policy, surrogate, outputs, done)
        total += value_coefficient * measured["value_error"]
        total -= entropy_bonus * measured["entropy"]
        return total, (state, measured)

    start = model_init(glorot() if init is None else init, zeros)
    inputs, targets = (
        jax.ShapeDtypeStruct((n_steps, width), jnp.float32)
        for width in (n_features, n_columns(d_action))
    )
    dims = _dims("policy", n_layers) | _dims("value", n_layers)
    return Model(start, apply, loss, takes=Example(inputs, targets), dims=dims, policy=policy)


def _terms(
    policy: Policy, surrogate: Surrogate, outputs: Array, done: Transitions
) -> tuple[Array, dict[str, Array]]:
    """The surrogate, and what is measured beside it, for what was done in a batch of episodes."""
    log_ratio = policy.log_probability(outputs, done.action) - done.log_probability
    # After the end of an episode the ratio may be anything, infinity included.
    log_ratio = jnp.where(done.alive > 0, log_ratio, 0.0)

    def mean(values: Array) -> Array:
        return jnp.sum(values * done.alive) / jnp.sum(done.alive)

    return mean(surrogate.loss(log_ratio, done.advantage)), {
        "entropy": mean(policy.entropy(outputs)),
        "value_error": mean(jnp.square(policy.value(outputs) - done.value_target)),
        "approx_kl": mean(jnp.expm1(log_ratio) - log_ratio),
        "clip_fraction": mean(surrogate.clips(log_ratio)),
        "episode_return": jnp.sum(done.reward * done.alive, axis=-1).mean(),
    }


def _zeros(sizes: list[int]) -> MlpParams:
    return MlpParams(
        weights=tuple(jnp.zeros(pair) for pair in pairwise(sizes)),
        biases=tuple(jnp.zeros(size) for size in sizes[1:]),
    )


def _outputs(params: MlpParams, x: Array) -> tuple[Array, Array]:
    """The last hidden layer and the outputs, features last."""
    columns = x.reshape(-1, x.shape[-1]).T
    code, outputs = (
        each.T.reshape(*x.shape[:-1], each.shape[0]) for each in layers(params, columns, jnp.tanh)
    )
    return code, outputs


def _dims(network: str, n_layers: int) -> dict[str, tuple[str, ...]]:
    """Names of the dimensions of one network's parameters."""
    names = ["feature", *(f"hidden_{n}" for n in range(1, n_layers + 1)), f"{network}_output"]
    found: dict[str, Any] = {}
    for number, pair in enumerate(pairwise(names)):
        found[f"{network}.weights.{number}"] = pair
        found[f"{network}.biases.{number}"] = pair[1:]
    return found
