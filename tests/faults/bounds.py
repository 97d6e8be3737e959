"""What a call that is refused may take."""

import gc
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

MOST_BYTES = 100e6


@contextmanager
def soon(seconds: float) -> Iterator[None]:
    """Fail where the body takes long; what the machine does besides is not counted.

    Neither is what this process has left from the tests before: threads that still compile, and the
    collection of their garbage, which may take seconds.
    """
    begun = time.thread_time()
    gc.disable()
    try:
        yield
        took = time.thread_time() - begun
    finally:
        gc.enable()
    assert took < seconds


@contextmanager
def small() -> Iterator[None]:
    """Fail where the body takes much memory."""
    tracemalloc.start()
    try:
        yield
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES
