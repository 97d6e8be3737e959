"""`superpos experiment=<group>/<name> [key=value ...]`: run one experiment.

  superpos experiment=train sweep.seed=[0,1,2]    train, judge claims, draw, write a page
  superpos -m hydra/launcher=vmap ...             the jobs of a multirun, in one program
  superpos claims [full] [--jobs N]               all experiments with claims, and one table
  superpos report [guides] [--jobs N]             the same, and a site of pages
  superpos export FOLDER FILE                     results as zarr, netCDF, parquet or csv,
                                                  or one trained model as safetensors
  superpos triggers audit LOG                     whether runs were evaluated when they were to be
  superpos --with PACKAGE ...                     with the components and experiments of a package
  eval "$(superpos -sc install=bash)"             keys and values are completed by the tab key

In a clone, `python -m experiments ...` is `superpos --with experiments ...`. Exit codes: 0 done; 1
an audit found violations; 2 refused, one line per problem; 3 done, but members diverged or jobs
failed; 130 and 143 stopped by Ctrl-C and by SIGTERM, with what is finished kept.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import FrameType
from typing import Any

from superpos.app import boundary, jobs
from superpos.app.extensions import ExtensionError, name_packages

WITH = "--with"


class Terminated(KeyboardInterrupt):
    """SIGTERM, which stops a run as Ctrl-C does."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        words: of the command line, without the program; None is those of this process.

    Returns:
        The exit code.
    """
    try:
        rest = _named(sys.argv[1:] if words is None else words)
        if {"-h", "--help"} & {*rest[:1]}:
            from superpos.app.overview import overview

            print(f"{__doc__}\n{overview()}")
            return 0
        if rest[:1] == ["--version"]:
            print(f"superpos {version('superpos')}")
            return 0
        if rest and rest[0] in COMMANDS:
            return COMMANDS[rest[0]](rest[1:])
        if rest and re.fullmatch(r"[A-Za-z]\w*", rest[0]):
            raise jobs.UsageError(_no_command(rest[0]))
        return _run_experiment(rest)
    except (jobs.UsageError, ExtensionError) as error:
        return _refuse(str(error))


def _no_command(word: str) -> str:
    from superpos.arguments import did_you_mean

    close = did_you_mean(word, COMMANDS)
    return f"{word}: expected key=value, or one of {', '.join(COMMANDS)}{close}"


def _named(words: Sequence[str]) -> list[str]:
    """The words without `--with PACKAGE`, which name packages for this process."""
    rest, packages, following = [], [], iter(words)
    for word in following:
        option, sign, value = word.partition("=")
        if option != WITH:
            rest.append(word)
            continue
        package = value if sign else next(following, "")
        if not package:
            raise jobs.UsageError(f"{WITH}: expected a package, as in {WITH} my_package")
        packages.append(package)
    name_packages(packages)
    return rest


def _run_experiment(words: Sequence[str]) -> int:
    """Compose a config and run it, or the jobs of a multirun."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as in the background of a shell
            signal.signal(number, _stop)
    batches = _Batches()
    try:
        single = _Jobs()
        return max(boundary.run(words, single.run, batches, single.check), batches.close())
    except KeyboardInterrupt as stop:
        _complain("stopped; what is finished is kept, and the same command again goes on")
        sys.stdout.flush()
        # Not sys.exit: it would wait for the block that is still running.
        os._exit(143 if isinstance(stop, Terminated) else 130)


def _claims(words: Sequence[str]) -> int:
    from superpos.app.claims.everything import main

    return _written(main, words)


def _report(words: Sequence[str]) -> int:
    from superpos.app.report.everything import main

    return _written(main, words)


def _written(main: Callable[[Sequence[str]], int], words: Sequence[str]) -> int:
    """What a command returns that writes files; 2 where one cannot be read or written."""
    from superpos.arguments import ArgumentError
    from superpos.train import StoreError

    try:
        return main(words)
    except (ArgumentError, StoreError) as error:
        return _refuse(str(error))


def _export(words: Sequence[str]) -> int:
    from superpos.app.export import main

    return main(words)


def _triggers(words: Sequence[str]) -> int:
    from superpos.app.schedule import main

    return main(words)


COMMANDS = {"claims": _claims, "report": _report, "export": _export, "triggers": _triggers}
"""First word -> what it does with the others; each loads what it needs."""


class _Jobs:
    """Runs jobs one at a time; what is refused becomes lines, so that other jobs go on."""

    def __init__(self) -> None:
        self._checked: Any = None

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse a config that cannot be run; what was made of it serves the run that follows."""
        from superpos.app.config.experiment import bind
        from superpos.app.config.sweep_plan import ConfigError
        from superpos.app.startup import check_devices

        check_devices()
        try:
            self._checked = bind(config)
        except ConfigError as error:
            raise jobs.UsageError(str(error)) from None

    def run(self, config: Mapping[str, Any]) -> jobs.Outcome:
        from superpos.app.config.sweep_plan import ConfigError
        from superpos.app.runner import run
        from superpos.app.startup import check_devices
        from superpos.arguments import ArgumentError
        from superpos.train import StoreError, TrainError

        check_devices()
        try:
            return run(config, self._checked)
        except (
            ArgumentError,
            ConfigError,
            ExtensionError,
            StoreError,
            TrainError,
            MemoryError,
        ) as error:
            return jobs.Outcome(_refuse(str(error)))


class _Batches:
    """The jobs of hydra/launcher=vmap; what a multirun needs is loaded with the first of them."""

    def __init__(self) -> None:
        self._multirun: Any = None

    def __call__(
        self, configs: Sequence[dict[str, Any]], launch: jobs.Launch
    ) -> Sequence[jobs.Finish]:
        from superpos.app.config.sweep_plan import ConfigError
        from superpos.app.multirun.multirun import Multirun
        from superpos.app.startup import check_devices
        from superpos.train import StoreError

        check_devices()
        self._multirun = self._multirun or Multirun()
        try:
            return self._multirun.batch(configs, launch)
        except (ConfigError, ExtensionError, StoreError) as error:
            raise jobs.UsageError(str(error)) from None

    def close(self) -> int:
        return _written(lambda _: self._multirun.close(), ()) if self._multirun else 0


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
