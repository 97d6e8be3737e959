"""What a regulariser is, and how several are one."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax

from superpos.types import Array, Key, Params

Hook = Callable[[Array, Params, Key], Array]
"""(array, params, key) -> array of the same shape. The batch is last."""


class Regulariser(NamedTuple):
    """Pure functions that act in `loss`, never in `apply`. None of any sort costs nothing.

    Attributes:
        on_inputs: each changes the inputs, (n_features, batch).
        on_code: each changes the code, (n_hidden, batch).
        code_penalties: code -> (), a mean over the batch, reduced like the error. They read the
            code as it was before `on_code`.
        params_penalties: params -> (), added to the loss as it is.
    """

    on_inputs: tuple[Hook, ...] = ()
    on_code: tuple[Hook, ...] = ()
    code_penalties: tuple[Callable[[Array], Array], ...] = ()
    params_penalties: tuple[Callable[[Params], Array], ...] = ()


def chain(*regularisers: Regulariser) -> Regulariser:
    """Several regularisers as one: what each changes is given to the next, and penalties add up."""
    return Regulariser(
        *(tuple(itertools.chain(*hooks)) for hooks in zip(*regularisers, strict=True))
    )


def changed(hooks: Sequence[Hook], array: Array, params: Params, key: Key) -> Array:
    """An array after each hook in turn. One hook has the key itself, each of several its own."""
    keys = jax.random.split(key, len(hooks)) if len(hooks) > 1 else [key] * len(hooks)
    for hook, own in zip(hooks, keys, strict=True):
        array = hook(array, params, own)
    return array
