"""The line of a sweep says what was reported, is written over, and ends with the sweep."""

import io
import sys
from typing import Any

import pytest

from superpos.engine import line
from superpos.engine.line import Line, on_terminal
from superpos.engine.work import Progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def at_times(monkeypatch: pytest.MonkeyPatch, *times: float) -> None:
    """Let the clock show these times, one after the other."""
    clock: Any = iter(times).__next__
    monkeypatch.setattr(line.time, "monotonic", clock)


def test_a_line_says_models_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    at_times(monkeypatch, 100.0, 102.0, 102.1, 104.0)
    stream = Terminal()
    show = Line(stream)
    show(Progress(0, 1_500, 2_000, 4_000))
    show(Progress(700, 1_500, 2_100, 4_000))  # too soon
    show(Progress(1_500, 1_500, 4_000, 4_000))
    first, last = stream.getvalue().split("\r")[1:]
    assert first == "0 of 1,500 models, 1,000 model-steps/s, 2 s left\x1b[K"
    assert last == "1,500 of 1,500 models, 1,000 model-steps/s, 4 s\x1b[K\n"


def test_the_last_report_is_never_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    at_times(monkeypatch, 0.0, 0.0, 0.01)
    stream = Terminal()
    show = Line(stream)
    show(Progress(0, 2, 0, 10))
    show(Progress(2, 2, 10, 10))
    assert stream.getvalue().endswith("2 of 2 models, 1,000 model-steps/s, 0 s\x1b[K\n")


def test_there_is_a_line_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert on_terminal() is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(on_terminal(), Line)
