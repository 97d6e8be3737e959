"""Ctrl-C and SIGTERM before there is anything to keep: the process ends at once, with one line.

Imports next to nothing, so that it comes before what takes a second to import.
"""

import os
import signal
from types import FrameType

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""Signal -> the exit code of a process that it stopped."""


def stop_at_once() -> None:
    """End the process at the first of the signals, unless they are ignored, as in a background."""
    for number in CODES:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    os.write(2, b"superpos: stopped before anything was begun\n")
    os._exit(CODES[signal.Signals(number)])
