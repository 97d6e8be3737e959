"""When devices beside the first join a sweep: as soon as that pays.

A program is compiled for each device alone, so on a machine of many cores a short sweep would spend
most of its time on programs that it hardly uses. What a sweep takes is not known before it runs.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from superpos.engine.program import Executable, Program
from superpos.engine.threads import as_here

POLL_SECONDS = 0.1
"""How often it is asked while nothing else happens."""


class Others:
    """The devices beside the first that have not joined yet."""

    def __init__(self, program: Program, n_steps: int) -> None:
        """Begin the clock.

        Args:
            program: compiled for the first device.
            n_steps: model-steps of the sweep.
        """
        self._program = program
        self._n_steps = n_steps
        self._n_done = 0
        self._begun = time.perf_counter()
        self.waiting = len(program.others) > 0

    def count(self, n_steps: int) -> None:
        """Model-steps are done."""
        self._n_done += n_steps

    def pays(self) -> bool:
        """Whether what is left takes longer than compiling did, or nothing is left to compile.

        As long as no step is done, as much is left as has passed: so what is lost by waiting is no
        more than what compiling takes.
        """
        if all(other.compiled for other in self._program.others):
            return True
        passed = time.perf_counter() - self._begun
        left = passed * (self._n_steps / self._n_done - 1) if self._n_done else passed
        return left > self._program.seconds

    def join(
        self, ready: Callable[[Executable], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Compile for each in a thread of its own; say when one is ready, or what went wrong."""
        self.waiting = False

        def compiled(other: Callable[[], Executable]) -> None:
            try:
                ready(other())
            except BaseException as error:
                failed(error)

        pool = ThreadPoolExecutor(len(self._program.others))
        for other in self._program.others:
            pool.submit(as_here(compiled), other)
        pool.shutdown(wait=False)
