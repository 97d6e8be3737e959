"""What an initialiser is, and how a model starts with it."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax

from superpos.arguments import ArgumentError
from superpos.models.in_use import part_in_use
from superpos.types import Array, Key, Params

Init = Callable[..., Params]
"""(key, parameters that are all 0) -> initial parameters of the same shapes.

One that starts models of which a part is in use takes as a third argument, `sizes`, the sizes in
use of each array, in place of it; it gives that part the numbers that a model of its size has. What
it gives outside of it does not matter.
"""


def model_init(
    init: Init, zeros: Callable[[], Params], sizes: Params | None = None
) -> Callable[[Key], tuple[Params, tuple[()]]]:
    """The `init` of a Model without a state.

    Args:
        init: the initialiser.
        zeros: makes the parameters of the model, all 0.
        sizes: the sizes in use of each array, in place of it; None is all. The rest is 0.

    Returns:
        key -> (params, ()).

    Raises:
        ArgumentError: the initialiser does not fit the parameters; found by tracing it once.
    """

    def start(key: Key) -> tuple[Params, tuple[()]]:
        return part_in_use(started(init, key, zeros(), sizes), sizes), ()

    def both(key: Key) -> tuple[Params, Params]:
        blank = zeros()
        return started(init, key, blank, sizes), blank

    try:
        found, expected = jax.eval_shape(both, _a_key())
    except ArgumentError as error:
        raise ArgumentError(str(error)) from None  # without JAX's notes on its traceback
    if _shapes(found) != _shapes(expected):
        raise ArgumentError("init: expected parameters of the shapes that it is given")
    return start


def started(init: Init, key: Key, blank: Params, sizes: Params | None) -> Params:
    """The parameters that an initialiser gives.

    Args:
        init: the initialiser.
        key: where they are drawn from.
        blank: parameters that are all 0.
        sizes: the sizes in use of each array, in place of it; None is all.

    Raises:
        ArgumentError: it starts whole models alone; one line.
    """
    if sizes is None:
        return init(key, blank)
    if "sizes" not in inspect.signature(init).parameters:
        raise ArgumentError(
            "init: expected glorot, he, notebook, unit, normal_bias or fan_in_uniform beside n_used"
            " and width"
        )
    return init(key, blank, sizes)


@functools.cache
def _a_key() -> Any:
    """The shape of a key, which a model is made for many times in a multirun."""
    return jax.eval_shape(lambda: jax.random.key(0))


def fields(kind: str, params: Params, *names: str) -> tuple[Array, ...]:
    """The parameters that an initialiser sets.

    Raises:
        ArgumentError: the model has none of one of these names.
    """
    if not all(hasattr(params, name) for name in names):
        listed = " and ".join(names)
        raise ArgumentError(f"init={kind}: expected a model with the parameters {listed}")
    return tuple(getattr(params, name) for name in names)


def _shapes(params: Params) -> tuple[Any, list[tuple[int, ...]]]:
    leaves, structure = jax.tree.flatten(params)
    return structure, [leaf.shape for leaf in leaves]
