"""The process in which the peers run, and what is asked of it."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-parity" / "bin" / "python"
"""Made by `make parity`."""
SCRIPT = Path(__file__).with_name("peer.py")
Ask = Callable[[Mapping[str, Any]], dict[str, Any]]
"""A question -> its answer, as soon as it is there."""


@contextmanager
def peers(python: Path = PYTHON) -> Iterator[Ask | None]:
    """Start the process; None where there is no parity environment.

    Args:
        python: of the environment in which the peers are installed.

    Yields:
        What asks it. A question that is not answered, or by an error, raises a RuntimeError.
    """
    if not python.exists():
        yield None
        return
    command = [str(python), "-W", "ignore", str(SCRIPT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield lambda question: _asked(process, question)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # which ends it


def _asked(process: "subprocess.Popen[str]", question: Mapping[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    answer = json.loads(line) if line else {"ok": False, "error": "the process of the peers ended"}
    if not answer["ok"]:
        raise RuntimeError(f"peers: {answer['error']}")
    return answer
