"""Benchmarks whose result is one page: printed, and with `--write` the committed one anew."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.bench import machine

WRITE = "--write"
BUSY = 0.5
"""Load of other work, before the benchmark, from which on the machine was not idle."""


def run(
    arguments: Sequence[str], about: str | None, path: Path, text: Callable[[float], str | None]
) -> int:
    """Measure, print the page, and write it where that is asked for.

    Args:
        arguments: `--write`, or nothing.
        about: what is said of another word.
        path: of the committed page.
        text: the load of the machine before -> the page; None where it cannot be measured, which
            has been said then.

    Returns:
        0, or 2 for an unknown argument or where nothing is measured.
    """
    if set(arguments) - {WRITE}:
        print(about, file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    machine.set_up()
    page = text(load)
    if page is None:
        return 2
    print(page)
    if WRITE in arguments:
        path.write_text(page)
    return 0


def idleness(load: float) -> str:
    """A sentence where the machine was not idle, with a space after it; else nothing."""
    return "" if load < BUSY else f"It was **not idle**: its load was {load:.1f} before this. "
