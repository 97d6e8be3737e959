"""What is asked of a pool of workers."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Payload = Mapping[str, Any]


class LostError(Exception):
    """A worker that ended without a word, or that could not be had; one line."""


class Sent(NamedTuple):
    """A part in the hands of a worker.

    Attributes:
        done: tells whether the worker has ended, without waiting for that.
        result: what `worker.train` returned, once done; raises LostError.
        cancel: ends the worker.
    """

    done: Callable[[], bool]
    result: Callable[[], str | None]
    cancel: Callable[[], None]


class WorkerPool(NamedTuple):
    """Workers.

    Attributes:
        submit: sends a part to the next worker that is free; raises LostError.
        close: ends what was started for it.
    """

    submit: Callable[[Payload], Sent]
    close: Callable[[], None]


class Engine(NamedTuple):
    """A kind of pool.

    Attributes:
        make: (settings, folder of the multirun) -> the pool.
        wrong_settings: what is wrong with the settings, a line each; it starts and writes nothing.
    """

    make: Callable[[Mapping[str, Any], Path], WorkerPool]
    wrong_settings: Callable[[Mapping[str, Any]], Iterable[str]]


def first_line(error: BaseException) -> str:
    """What an error of a library says, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
