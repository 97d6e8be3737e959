"""A server on this machine that speaks OpenAI's chat protocol, as a script tells it to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What is sent back: `trickle` seconds lie between the headers, and the bytes of the body."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    trickle: float = 0


@dataclass
class Server:
    """Where it listens, and what it was asked: (path, headers, value)."""

    url: str
    asked: list[tuple[str, dict[str, str], Any]]


Script = Callable[[Any], Reply]
"""The value of a request -> what is sent back."""


def chat(text: str | None, first: dict[str, float] | None = None, **usage: int) -> Reply:
    """A completion as OpenAI's API sends it."""
    listed = [
        {"token": token, "logprob": log, "bytes": None} for token, log in (first or {}).items()
    ]
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    if first is not None:
        choice["logprobs"] = {"content": [{**listed[0], "top_logprobs": listed}]}
    value = {
        "object": "chat.completion",
        "choices": [choice],
        **({"usage": usage} if usage else {}),
    }
    return Reply(json.dumps(value).encode())


def in_turn(*replies: Reply) -> Script:
    """One reply after another; the last for all that come later."""
    left = list(replies)
    return lambda value: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    asked: list[tuple[str, dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, dict(self.headers), value))
            with suppress(OSError):  # who asked may have gone
                self.send(script(value))

        def send(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            self.send_response(reply.status)
            for name, text in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, text)
                self.flush_headers()
                time.sleep(reply.trickle)
            self.end_headers()
            step = 1 if reply.trickle else max(len(reply.body), 1)
            for start in range(0, len(reply.body), step):
                self.wfile.write(reply.body[start : start + step])
                time.sleep(reply.trickle)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_address[1]}/v1", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
