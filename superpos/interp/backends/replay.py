"""Exchanges with a language model on disk: recorded once, and replayed without the model.

A file holds one JSON object a line: the model, the request, its SHA-256 and the answer. A run that
is recorded and stopped goes on where it was, and costs nothing for what it has asked already.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from superpos.arguments import ArgumentError
from superpos.interp.backends.protocol import (
    Backend,
    BackendError,
    Completion,
    Message,
    Usage,
)


def replay(path: str | Path) -> Backend:
    """A back end that answers from a file alone.

    Args:
        path: of a file that `recorded` has written.

    Returns:
        A Backend, which counts its answers as requests. It raises BackendError for a request that
        is not in the file.

    Raises:
        ArgumentError: there is no such file, or it is damaged; one line.
    """
    path, usage = Path(path), Usage()
    if not path.is_file():
        raise ArgumentError(f"{path}: expected a file to read")
    model, known = _read(path)
    if model is None:
        raise ArgumentError(f"{path}: empty, expected exchanges")

    def complete(messages: list[Message], most: int, n_logprobs: int = 0) -> Completion:
        digest = _digest(_request(model, messages, most, n_logprobs))
        if digest not in known:
            raise BackendError(f"{path}: holds no answer to the request {digest[:16]}")
        usage.requests += 1
        return known[digest]

    return Backend(model, complete, usage)


def recorded(backend: Backend, path: str | Path) -> Backend:
    """A back end whose exchanges are kept in a file, and which asks nothing twice.

    Args:
        backend: what answers.
        path: of the file, made where there is none; of the same model where there is one.

    Returns:
        A Backend, with the usage of the one that answers.

    Raises:
        ArgumentError: the file is damaged, or of another model; one line.
    """
    path, model = Path(path), backend.model
    found, known = _read(path) if path.exists() else (None, {})
    if found not in (None, model):
        raise ArgumentError(f"{path}: of the model {found}, expected {model}")

    def complete(messages: list[Message], most: int, n_logprobs: int = 0) -> Completion:
        request = _request(model, messages, most, n_logprobs)
        digest = _digest(request)
        if digest not in known:
            answer = backend.complete(messages, most, n_logprobs)
            _append(path, {**request, "sha256": digest, "answer": answer._asdict()})
            known[digest] = answer
        return known[digest]

    return Backend(model, complete, backend.usage)


def _request(model: str, messages: list[Message], most: int, n_logprobs: int) -> dict[str, Any]:
    said = [message._asdict() for message in messages]
    return {"model": model, "messages": said, "max_tokens": most, "n_logprobs": n_logprobs}


def _digest(request: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _append(path: Path, line: dict[str, Any]) -> None:
    """Add a line, in place of one that was cut off as it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read() != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        file.write(json.dumps(line, sort_keys=True).encode() + b"\n")


def _read(path: Path) -> tuple[str | None, dict[str, Completion]]:
    """The model of a file, None of an empty one, and its answers.

    A last line without an end is left out.

    Raises:
        ArgumentError: a line is no exchange, its hash does not fit, or it is of another model.
    """
    lines = path.read_bytes().split(b"\n")[:-1]
    exchanges = [_exchange(f"{path}:{number}", line) for number, line in enumerate(lines, 1)]
    models = {model for model, _, _ in exchanges}
    if len(models) > 1:
        raise ArgumentError(f"{path}: of {len(models)} models, expected one")
    return next(iter(models), None), {digest: answer for _, digest, answer in exchanges}


def _exchange(where: str, line: bytes) -> tuple[str, str, Completion]:
    try:
        value = json.loads(line)
        answer = value.pop("answer")
        digest, text, first = value.pop("sha256"), answer["text"], answer["first"]
        first = {str(token): float(log) for token, log in first.items()}
        sound = isinstance(text, str) and digest == _digest(value)
        model = str(value["model"])
    except (ValueError, KeyError, TypeError, AttributeError):
        sound, model, digest, text, first = False, "", "", "", {}
    if not sound:
        raise ArgumentError(f"{where}: damaged, expected an exchange with its SHA-256")
    return model, digest, Completion(text, first)
