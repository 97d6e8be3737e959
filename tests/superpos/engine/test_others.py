"""When other devices join, by a clock that is turned by hand."""

import types
from typing import Any

import pytest

from superpos.engine import others
from superpos.engine.others import Others


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(others.time, "perf_counter", lambda: now[0])
    return now


def later(*, compiled: bool = False, error: BaseException | None = None) -> Any:
    class Later:
        def __init__(self) -> None:
            self.compiled = compiled

        def __call__(self) -> str:
            if error is not None:
                raise error
            return "executable"

    return Later()


def program(*waiting: Any) -> Any:
    """It took two seconds to compile."""
    return types.SimpleNamespace(others=waiting, seconds=2.0)


def test_where_no_step_is_done_they_wait_as_long_as_compiling_took(clock: list[float]) -> None:
    waiting = Others(program(later()), 1000)
    found = []
    for passed in (0.0, 1.9, 2.1):
        clock[0] = 100.0 + passed
        found.append(waiting.pays())
    assert found == [False, False, True]


@pytest.mark.parametrize(("n_done", "pays"), [(100, True), (400, False), (900, False)])
def test_what_is_left_is_what_the_steps_done_say(
    clock: list[float], n_done: int, pays: bool
) -> None:
    """After a second: 9 seconds, 1.5 or 0.1 are left."""
    waiting = Others(program(later()), 1000)
    waiting.count(n_done // 2)
    waiting.count(n_done - n_done // 2)
    clock[0] += 1
    assert waiting.pays() == pays


def test_what_is_compiled_joins_at_once(clock: list[float]) -> None:
    del clock
    assert Others(program(later(compiled=True), later(compiled=True)), 1000).pays()
    assert not Others(program(later(compiled=True), later()), 1000).pays()
    assert not Others(program(), 1000).waiting


def joined(*waiting: Any) -> tuple[list[Any], list[BaseException]]:
    """What is ready and what failed, after all threads are done."""
    ready: list[Any] = []
    failed: list[BaseException] = []
    one = Others(program(*waiting), 1000)
    one.join(ready.append, failed.append)
    assert not one.waiting
    for _ in range(200):
        if len(ready) + len(failed) == len(waiting):
            break
        others.time.sleep(0.01)
    return ready, failed


def test_each_is_compiled_in_a_thread_and_an_error_is_told() -> None:
    error = MemoryError("no room")
    ready, failed = joined(later(), later(error=error), later())
    assert ready == ["executable", "executable"]
    assert failed == [error]
