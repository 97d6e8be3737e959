"""The rule of the Gram matrix as an optimiser, of a model whose parameters are G = W Wᵀ and b."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import (
    ArgumentError,
    Count,
    Decay,
    MaybeCount,
    NonNegative,
    Positive,
    factory,
)
from superpos.gauge.gram import GramState, gram_update, truncate
from superpos.gauge.groups import map_paths, paths_of
from superpos.types import Array, Params


class GramSgdState(NamedTuple):
    """What `gram_sgd` remembers of the momentum V of W.

    Attributes:
        n_updates: updates done, int32 ().
        cross: W Vᵀ, (n, n).
        momentum: V Vᵀ, (n, n).
        b_momentum: the momentum of b, (n,).
    """

    n_updates: Array
    cross: Array
    momentum: Array
    b_momentum: Array


@factory
def gram_sgd(
    *,
    learning_rate: Positive,
    momentum: Decay = 0.0,
    weight_decay: NonNegative = 0.0,
    truncate_every: Count = 25,
    rank: MaybeCount = None,
) -> optax.GradientTransformation:
    """What stochastic gradient descent of W and b does to G = W Wᵀ and b, which it never leaves.

    Args:
        learning_rate: step size of W in (0, inf).
        momentum: decay of the running sum of gradients, in [0, 1).
        weight_decay: W and b shrink by learning_rate * weight_decay of themselves at each step, in
            [0, inf).
        truncate_every: updates between two truncations of the rank, >= 1.
        rank: columns of W, >= 1, to which `gauge.truncate` takes the rank back; None is never.

    Returns:
        An optax GradientTransformation, whose update needs the parameters: G (n, n), which is
        symmetric, and b (n,).

    Raises:
        ArgumentError: a value is out of range; or, from `init`, the parameters are others.

    Reference:
        `superpos.gauge.gram_step`.
    """

    def init(params: Params) -> GramSgdState:
        found = paths_of(params)
        if set(found) != {"G", "b"}:
            raise ArgumentError("optim=gram_sgd: expected a model with the parameters G and b")
        zero = jnp.zeros_like(found["G"])
        return GramSgdState(jnp.zeros((), jnp.int32), zero, zero, jnp.zeros_like(found["b"]))

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        gradient, old = paths_of(updates), paths_of(params)
        before = GramState(
            G=old["G"],
            cross=state.cross,
            momentum=state.momentum,
            b=old["b"],
            b_momentum=state.b_momentum,
        )
        after = gram_update(
            before,
            (gradient["G"] + gradient["G"].T) / 2,
            gradient["b"],
            learning_rate=learning_rate,
            momentum=momentum,
            weight_decay=weight_decay,
        )
        count = jnp.asarray(optax.safe_increment(state.n_updates))
        if rank is not None:
            due = count % truncate_every == 0
            truncated = functools.partial(truncate, n_hidden=rank)
            after = jax.lax.cond(due, truncated, lambda it: it, after)
        new = {"G": after.G, "b": after.b}
        step = map_paths(lambda path, leaf: new[path] - leaf, params)
        return step, GramSgdState(count, after.cross, after.momentum, after.b_momentum)

    return optax.GradientTransformation(init, update)
