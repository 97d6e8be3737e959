"""What an initialiser is, and how a model starts with it."""

import functools
from collections.abc import Callable
from typing import Any

import jax

from superpos.arguments import ArgumentError
from superpos.types import Array, Key, Params

Init = Callable[[Key, Params], Params]
"""(key, parameters that are all 0) -> initial parameters of the same shapes."""


def model_init(
    init: Init, zeros: Callable[[], Params]
) -> Callable[[Key], tuple[Params, tuple[()]]]:
    """The `init` of a Model without a state.

    Args:
        init: the initialiser.
        zeros: makes the parameters of the model, all 0.

    Returns:
        key -> (params, ()).

    Raises:
        ArgumentError: the initialiser does not fit the parameters; found by tracing it once.
    """

    def start(key: Key) -> tuple[Params, tuple[()]]:
        return init(key, zeros()), ()

    def both(key: Key) -> tuple[Params, Params]:
        blank = zeros()
        return init(key, blank), blank

    try:
        found, expected = jax.eval_shape(both, _a_key())
    except ArgumentError as error:
        raise ArgumentError(str(error)) from None  # without JAX's notes on its traceback
    if _shapes(found) != _shapes(expected):
        raise ArgumentError("init: expected parameters of the shapes that it is given")
    return start


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
