"""Exchanges on disk: what was recorded is replayed, and nothing else is answered."""

import json
import tracemalloc
from pathlib import Path

import pytest

from superpos.arguments import ArgumentError
from superpos.interp.backends import (
    Backend,
    BackendError,
    Completion,
    Message,
    Usage,
    recorded,
    replay,
)

YES = [Message("user", "yes?")]
NO = [Message("user", "no?")]


def repeating(model: str = "parrot") -> Backend:
    """Says what it is told, and counts."""
    usage = Usage()

    def complete(messages: list[Message], most: int, n_logprobs: int = 0) -> Completion:
        usage.requests += 1
        return Completion(messages[-1].content[:most], {"é": -0.5} if n_logprobs else {})

    return Backend(model, complete, usage)


def test_a_run_is_recorded_and_replayed(tmp_path: Path) -> None:
    path, backend = tmp_path / "new" / "exchanges.jsonl", repeating()
    kept = recorded(backend, path)
    said = [kept.complete(YES, 3, 0), kept.complete(YES, 3, 0), kept.complete(NO, 9, 1)]
    assert said == [("yes", {}), ("yes", {}), ("no?", {"é": -0.5})]
    assert backend.usage.requests == 2  # nothing is asked twice
    again = replay(path)
    assert again.model == "parrot"
    assert [again.complete(YES, 3, 0), again.complete(NO, 9, 1)] == said[1:]
    for asked in ((YES, 4, 0), (YES, 3, 1), (NO, 3, 0)):
        with pytest.raises(BackendError, match="holds no answer to the request [0-9a-f]{16}$"):
            again.complete(*asked)


def test_a_run_that_was_stopped_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    recorded(repeating(), path).complete(YES, 3, 0)
    whole = path.read_bytes()
    recorded(repeating(), path).complete(NO, 3, 0)
    path.write_bytes(path.read_bytes()[:-5])  # as if it was stopped while it wrote
    backend = repeating()
    kept = recorded(backend, path)
    assert [kept.complete(each, 3, 0).text for each in (YES, NO)] == ["yes", "no?"]
    assert backend.usage.requests == 1
    assert path.read_bytes().startswith(whole)
    assert len(path.read_text().splitlines()) == 2
    assert replay(path).complete(NO, 3, 0).text == "no?"


def test_an_answer_is_added_without_reading_those_before(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    kept = recorded(repeating(), path)
    kept.complete(YES, 3, 0)
    whole = path.read_bytes() * 5_000
    path.write_bytes(whole)
    tracemalloc.start()
    try:
        kept.complete(NO, 3, 0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(whole) / 20
    assert path.stat().st_size > len(whole)
    assert replay(path).complete(NO, 3, 0).text == "no?"


def changed(line: str, **values: object) -> str:
    return json.dumps({**json.loads(line), **values}) + "\n"


def test_a_file_that_is_damaged_or_of_another_model(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    with pytest.raises(ArgumentError, match="expected a file to read$"):
        replay(path)
    recorded(repeating(), path).complete(YES, 3, 0)
    with pytest.raises(ArgumentError, match="of the model parrot, expected other$"):
        recorded(repeating("other"), path)
    line = path.read_text()
    for text in ("{\n", "3\n", changed(line, max_tokens=4), changed(line, answer={"text": 1})):
        path.write_text(line + text)
        with pytest.raises(ArgumentError, match=":2: damaged, expected an exchange with its SHA"):
            replay(path)
    recorded(repeating("other"), tmp_path / "other.jsonl").complete(YES, 3, 0)
    path.write_text(line + (tmp_path / "other.jsonl").read_text())
    with pytest.raises(ArgumentError, match="of 2 models, expected one$"):
        replay(path)


def test_a_run_that_was_stopped_at_its_first_answer(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    path.write_text('{"model": "par')
    with pytest.raises(ArgumentError, match="empty, expected exchanges$"):
        replay(path)
    recorded(repeating(), path).complete(YES, 3, 0)
    assert replay(path).complete(YES, 3, 0).text == "yes"
