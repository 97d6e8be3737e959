"""What a sweep says on the terminal while it trains."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from superpos.app.progress import Reporter, progress_bar, stage
from superpos.train import Progress


def shown(reports: Sequence[Progress]) -> tuple[str, Reporter]:
    """The text on a plain terminal after a sweep made these reports."""
    console = Console(file=io.StringIO(), width=120, force_terminal=False, color_system=None)
    with progress_bar(console) as reporter:
        for report in reports:
            reporter(report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue(), reporter


def test_the_last_line_says_that_all_is_done() -> None:
    text, reporter = shown([Progress(0, 3, 0, 30), Progress(2, 3, 20, 30), Progress(3, 3, 30, 30)])
    assert "3 of 3 models" in text
    assert "100%" in text
    assert "model-steps/s" in text
    assert reporter.n_new == 3


def test_what_was_on_disk_is_not_new() -> None:
    text, reporter = shown([Progress(7, 10, 0, 30), Progress(10, 10, 30, 30)])
    assert reporter.n_new == 3
    assert "10 of 10 models" in text


def test_a_sweep_that_found_everything_says_so() -> None:
    text, reporter = shown([])
    assert reporter.n_new == 0
    assert "all found on disk" in text
    assert "compiling" not in text


def test_a_sweep_that_stopped_halfway_does_not_look_finished() -> None:
    console = Console(file=io.StringIO(), width=120)
    with pytest.raises(KeyboardInterrupt), progress_bar(console) as reporter:
        reporter(Progress(2, 10, 20, 100))
        raise KeyboardInterrupt
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "2 of 10 models" in text
    assert "20%" in text
    assert "all found on disk" not in text


def test_a_sweep_that_was_refused_does_not_say_that_all_is_there() -> None:
    console = Console(file=io.StringIO(), width=120)
    with pytest.raises(ValueError), progress_bar(console):
        raise ValueError
    assert isinstance(console.file, io.StringIO)
    assert "all found on disk" not in console.file.getvalue()


def test_large_numbers_are_grouped() -> None:
    text, _ = shown([Progress(0, 12345, 0, 10**9), Progress(12345, 12345, 10**9, 10**9)])
    assert "12,345 of 12,345 models" in text


def test_a_sweep_of_no_steps_can_be_shown() -> None:
    text, reporter = shown([Progress(0, 4, 0, 0), Progress(4, 4, 0, 0)])
    assert "4 of 4 models" in text
    assert reporter.n_new == 4


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_stage_says_what_is_done_once(is_terminal: bool) -> None:
    stream = io.StringIO()
    with stage(Console(file=stream, force_terminal=is_terminal, width=80), "drawing"):
        pass
    assert stream.getvalue().startswith("drawing\n")
    assert is_terminal or stream.getvalue() == "drawing\n"
