"""What an agent is made of beside its model: the world it acts in, and how it chooses."""

from collections.abc import Callable
from typing import Any, NamedTuple

from superpos.types.base import Array, Key


class Environment(NamedTuple):
    """A world in which an agent acts, one episode at a time, as pure functions.

    Attributes:
        reset: (key, params) -> (observation, state), at the start of an episode.
        step: (key, state, action, params) -> (observation, state, reward (), done ()). An action is
            a number from 0 to n_actions - 1, int32 (), or a vector, (d_action,). Once done, an
            episode is over: whoever plays reads no later reward.
        observe: (key, state, params) -> what the agent sees of a state, (n_observations,).
        params: the numbers of this world, as its factory was given them; () where it has none.
        n_observations: numbers of an observation.
        n_steps: steps after which every episode is over.
        n_actions: how many actions there are; 0 where they are vectors.
        d_action: numbers of an action; 0 where actions are numbered.
    """

    reset: Callable[[Key, Any], tuple[Array, Any]]
    step: Callable[[Key, Any, Array, Any], tuple[Array, Any, Array, Array]]
    observe: Callable[[Key, Any, Any], Array]
    params: Any
    n_observations: int
    n_steps: int
    n_actions: int = 0
    d_action: int = 0


class Policy(NamedTuple):
    """How an agent acts on the outputs of its model for an observation, `Output.recon`.

    Outputs may have leading dimensions, which actions and results then have, too.

    Attributes:
        sample: (key, outputs) -> an action as `Environment.step` takes it.
        mode: outputs -> the most probable action.
        log_probability: (outputs, action) -> its logarithm, or that of its density.
        entropy: outputs -> entropy of the action, in nats.
        value: outputs -> the estimate of the discounted rewards from here on.
        n_actions: as of the Environment.
        d_action: likewise.
    """

    sample: Callable[[Key, Array], Array]
    mode: Callable[[Array], Array]
    log_probability: Callable[[Array, Array], Array]
    entropy: Callable[[Array], Array]
    value: Callable[[Array], Array]
    n_actions: int
    d_action: int
