"""`python -m experiments experiment=<group>/<name> [key=value ...]`: run one experiment.

Exit codes: 0 done; 2 refused, one line per problem; 3 done, but members diverged or jobs failed;
130 and 143 stopped by Ctrl-C and by SIGTERM, with what is finished kept.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

from experiments import boundary
from experiments.startup import start_jax


class Terminated(KeyboardInterrupt):
    """SIGTERM, which stops a run as Ctrl-C does."""


def main() -> int:
    """Run the command line.

    Returns:
        The exit code.
    """
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(f"{__doc__}\nExperiments: {', '.join(boundary.experiments())}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as in the background of a shell
            signal.signal(number, _stop)
    batches = _Batches()
    try:
        return max(boundary.run(_run, batches), batches.close())
    except boundary.UsageError as error:
        return _refuse(str(error))
    except KeyboardInterrupt as stop:
        _complain("stopped; what is finished is kept, and the same command again goes on")
        sys.stdout.flush()
        # Not sys.exit: it would wait for the block that is still running.
        os._exit(143 if isinstance(stop, Terminated) else 130)


def _run(config: Mapping[str, Any]) -> boundary.Outcome:
    """Run one job and turn what it refuses into lines, so that other jobs go on."""
    from experiments.jobs import ConfigError
    from experiments.runner import run
    from superpos.train import StoreError, TrainError

    try:
        return run(config)
    except (ConfigError, StoreError, TrainError, MemoryError) as error:
        return boundary.Outcome(_refuse(str(error)))


class _Batches:
    """The jobs of hydra/launcher=vmap; what a multirun needs is loaded with the first of them."""

    def __init__(self) -> None:
        self._multirun: Any = None

    def __call__(
        self, configs: Sequence[dict[str, Any]], launch: boundary.Launch
    ) -> Sequence[boundary.Finish]:
        from experiments.jobs import ConfigError
        from experiments.multirun.multirun import Multirun
        from superpos.train import StoreError

        self._multirun = self._multirun or Multirun()
        try:
            return self._multirun.batch(configs, launch)
        except (ConfigError, StoreError) as error:
            raise boundary.UsageError(str(error)) from None

    def close(self) -> int:
        return self._multirun.close() if self._multirun else 0


def _refuse(text: str) -> int:
    for line in text.splitlines()[:20]:
        _complain(line)
    return 2


def _complain(line: str) -> None:
    print(f"superpos: {line}", file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    """Stop once: a second signal would interrupt the stopping."""
    del frame
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


if __name__ == "__main__":
    start_jax()
    sys.exit(main())
