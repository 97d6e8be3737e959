"""What is required of numbers, keys and parts of a run, in one line where it does not hold.

Numbers are checked at once where they are known; else what is required is kept until they are.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jax.extend.core import get_opaque_trace_state

from superpos.types import Batch, Key, Model, Source


class ArgumentError(ValueError):
    """A refused argument, as one line: `name=value: expected ...`."""


class _Deferring(NamedTuple):
    """Conditions that are kept, and the trace in which they can be."""

    trace: Any
    conditions: list[jax.Array]


_deferring: ContextVar[_Deferring | None] = ContextVar("deferring", default=None)


@contextmanager
def deferring() -> Iterator[list[jax.Array]]:
    """Keep what is required of traced numbers inside, instead of letting it pass.

    Yields:
        The conditions, bool () each, of the trace in which this is called. What is required inside
        a further trace is not among them.
    """
    opened = _Deferring(_trace(), [])
    token = _deferring.set(opened)
    try:
        yield opened.conditions
    finally:
        _deferring.reset(token)


def require(allowed: Callable[..., Any], values: Sequence[Any], refusal: Callable[[], str]) -> None:
    """Refuse numbers that are not allowed, alone or together.

    Args:
        allowed: the numbers -> whether they are, in operations that arrays have.
        values: the numbers; where one is traced, the condition is kept by `deferring`, or passes.
        refusal: the line that says what is expected.

    Raises:
        ArgumentError: they are not allowed.
    """
    if not any(isinstance(value, Tracer) for value in values):
        with jax.ensure_compile_time_eval():  # else operations inside a trace would be traced
            line = None if allowed(*values) else refusal()
        if line is not None:
            raise ArgumentError(line)
        return
    opened = _deferring.get()
    if opened is not None and opened.trace == _trace():
        opened.conditions.append(jnp.all(allowed(*values)))


def _trace() -> Any:
    """The trace that is under way, to be compared."""
    return get_opaque_trace_state(convention="flax")


def check_key(key: Key) -> None:
    """Refuse anything but a single typed key of a generator that vmap leaves alone.

    Raises:
        TypeError: one line.
    """
    typed = isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if not typed or key.shape:
        raise TypeError("key: expected one typed key, jax.random.key(seed)")
    if "rbg" in str(jax.random.key_impl(key)):
        raise TypeError("key: expected threefry, as numbers of rbg depend on a member's place")


def check_fit(source: Source, model: Model) -> None:
    """Refuse a source whose examples are not what a model takes, where both say what that is.

    Raises:
        ArgumentError: one line.
    """
    if source.gives is None or model.takes is None:
        return
    for part in ("inputs", "targets"):
        given, taken = getattr(source.gives, part), getattr(model.takes, part)
        if (given.shape, given.dtype) != (taken.shape, taken.dtype):
            raise ArgumentError(
                f"model: takes {part} {taken.dtype}{list(taken.shape)}, expected the"
                f" {given.dtype}{list(given.shape)} that data gives"
            )


def check_matrix(model: Model | None) -> None:
    """Refuse a model whose parameters have no matrix W; None is left to when it is measured.

    Raises:
        ArgumentError: one line.
    """
    if model is None:
        return
    params, _ = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    if not hasattr(params, "W"):
        raise ArgumentError(
            "model: expected parameters with a matrix W; for others choose evaluations=loss, or"
            " recovery of a sparse autoencoder"
        )


def check_batch(batch: Any, model: Model, batch_size: int) -> None:
    """Refuse a batch of another size, or of examples that are not what a model says it takes.

    Raises:
        ArgumentError: one line.
    """
    if model.takes is None or not isinstance(batch, Batch):
        return
    for part in ("inputs", "targets"):
        given, taken = getattr(batch, part).shape, getattr(model.takes, part).shape
        if given != (batch_size, *taken):
            raise ArgumentError(
                f"data: gives {part} of shape {list(given)}, expected"
                f" {[batch_size, *taken]}, the batch size and what the model takes"
            )
