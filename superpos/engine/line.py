"""How far a sweep is, as one line on a terminal that is written over and over."""

import sys
import time
from typing import TextIO

from superpos.engine.work import OnProgress, Progress

SECONDS = 0.2
"""Between two lines, at least."""


class Line:
    """Writes models done, rate and time left to a stream, when it is called."""

    def __init__(self, stream: TextIO) -> None:
        """Begin to count the time.

        Args:
            stream: a terminal.
        """
        self._stream = stream
        self._begun = time.monotonic()
        self._written = -SECONDS

    def __call__(self, report: Progress) -> None:
        """Show one report, unless the last one is still fresh; end the line with the last one."""
        passed = time.monotonic() - self._begun
        done = report.steps_done >= report.steps
        if passed - self._written < SECONDS and not done:
            return
        self._written = passed
        rate = report.steps_done / max(passed, 1e-9)
        left = (report.steps - report.steps_done) / rate if rate else 0.0
        text = f"{report.members_done:,} of {report.members:,} models, {rate:,.0f} model-steps/s"
        text += f", {passed:.0f} s" if done else f", {left:,.0f} s left"
        self._stream.write(f"\r{text}\x1b[K{chr(10) if done else ''}")
        self._stream.flush()


def on_terminal() -> OnProgress | None:
    """A line on stderr, where that is a terminal."""
    return Line(sys.stderr) if sys.stderr.isatty() else None
