"""The chat protocol against a server on this machine: what works, and every way to fail."""

import json
import time
from typing import Any

import pytest

from superpos.arguments import ArgumentError
from superpos.interp.backends import BackendError, BudgetError, Message, openai_compatible
from superpos.interp.backends.http import MOST_BYTES
from tests.superpos.interp.server import Reply, chat, in_turn, serving

KEY = "sk-not-a-key-0123"
ASKED = [Message("system", "Be brief."), Message("user", "Is it on?")]
FEW: dict[str, Any] = {"model": "tiny", "max_requests": 9, "max_tokens": 10_000, "backoff": 0.001}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("KEY_OF_TESTS", KEY)
    return "KEY_OF_TESTS"


def test_what_is_sent_and_what_is_read(key: str) -> None:
    first = {"1": -0.25, "0": -1.5}
    with serving(in_turn(chat("1, yes", first, prompt_tokens=20, completion_tokens=3))) as server:
        backend = openai_compatible(base_url=server.url + "/", key_variable=key, **FEW)
        answer = backend.complete(ASKED, 5, 2)
    assert answer == ("1, yes", first)
    [(path, headers, value)] = server.asked
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert value == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Is it on?"},
        ],
        "max_tokens": 5,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 2,
    }
    assert (backend.usage.requests, backend.usage.tokens, backend.usage.retries) == (1, 23, 0)


def test_options_are_laid_over_the_request() -> None:
    with serving(in_turn(chat("yes"))) as server:
        backend = openai_compatible(
            base_url=server.url,
            length_key="max_completion_tokens",
            options={"temperature": None, "seed": 3},
            **FEW,
        )
        assert backend.complete(ASKED, 5, 0) == ("yes", {})
    assert backend.model == 'tiny {"seed": 3, "temperature": null}'  # what a record is of
    _, headers, value = server.asked[0]
    assert "Authorization" not in headers
    assert set(value) == {"model", "messages", "max_completion_tokens", "seed"}

    with pytest.raises(ArgumentError, match=r"^options=.*: expected values of JSON$"):
        openai_compatible(base_url=server.url, options={"seed": {3}}, **FEW)
    with pytest.raises(ArgumentError, match=r"^options.max_tokens: set for each request, expected"):
        openai_compatible(base_url=server.url, options={"max_tokens": 10**6}, **FEW)


def test_a_usage_of_another_shape_counts_as_the_bound() -> None:
    value = {**json.loads(chat("yes").body), "usage": [1, 2]}
    with serving(in_turn(Reply(json.dumps(value).encode()))) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        assert backend.complete(ASKED, 5, 0).text == "yes"
    assert backend.usage.tokens == 9 + 9 + 2 * 16 + 64 + 5


@pytest.mark.parametrize(
    ("failing", "n_tokens"),
    [
        (Reply(b"slow down", 429, {"Retry-After": "0.05"}), 10),
        (Reply(b"", 500), 10),
        (Reply(b"{", 503), 10),
        (Reply(b'{"choices": [{"mess'), None),  # cut off
    ],
)
def test_what_may_pass_is_tried_again(failing: Reply, n_tokens: int | None) -> None:
    answer = chat("yes", prompt_tokens=8, completion_tokens=2)
    with serving(in_turn(failing, failing, answer)) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        start = time.monotonic()
        assert backend.complete(ASKED, 5, 0).text == "yes"
    if "Retry-After" in failing.headers:
        assert time.monotonic() - start >= 0.1
    assert (backend.usage.requests, backend.usage.retries) == (3, 2)
    # What was perhaps computed counts as much as it may have cost: a token for each byte.
    lost = 2 * (9 + 9 + 2 * 16 + 64 + 5)
    assert backend.usage.tokens == (n_tokens or 10 + lost)


def test_waits_double() -> None:
    with serving(in_turn(Reply(b"", 500))) as server:
        backend = openai_compatible(base_url=server.url, **{**FEW, "backoff": 0.02}, max_retries=3)
        start = time.monotonic()
        with pytest.raises(BackendError, match=r" answered 500, tried 4 times$"):
            backend.complete(ASKED, 5, 0)
    assert time.monotonic() - start >= 0.02 + 0.04 + 0.08
    assert len(server.asked) == 4


def test_a_wait_that_is_too_long_is_not_taken() -> None:
    replies = (Reply(b"", 429, {"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}), chat("yes"))
    with serving(in_turn(*replies)) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        with pytest.raises(BackendError, match="asks to wait [0-9]+ s, expected <= 120"):
            backend.complete(ASKED, 5, 0)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_what_does_not_pass_is_not_tried_again(status: int, key: str) -> None:
    reply = Reply(
        f"bad key {KEY}, {'so ' * 23}{KEY}".encode(), status, {"Location": "http://127.0.0.1:9/"}
    )
    with serving(in_turn(reply)) as server:
        backend = openai_compatible(base_url=server.url, key_variable=key, **FEW)
        with pytest.raises(BackendError) as caught:
            backend.complete(ASKED, 5, 0)
    assert str(caught.value).startswith(f"{server.url} answered {status}: 'bad key ***")
    assert KEY[:6] not in str(caught.value)  # where the line is cut off, either
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"{}", delay=0.3),
        Reply(b"{}" + b" " * 200, trickle=0.05),
        Reply(b" " * 200, 503, trickle=0.05),
        Reply(b"{}", headers={f"X-{n}": "" for n in range(90)}, trickle=0.08),
    ],
)
def test_an_answer_that_takes_too_long(reply: Reply) -> None:
    """Also one that never stops to send a little, of its headers or of its body."""
    with serving(in_turn(reply)) as server:
        backend = openai_compatible(base_url=server.url, timeout=0.1, max_retries=1, **FEW)
        start = time.monotonic()
        with pytest.raises(BackendError, match=r"( within 0.1 s|answered 503), tried 2 times$"):
            backend.complete(ASKED, 5, 0)
    assert time.monotonic() - start < 5
    assert backend.usage.requests == 2


def test_a_server_without_tls() -> None:
    with serving(in_turn(chat("yes"))) as server:
        secure = server.url.replace("http:", "https:")
        backend = openai_compatible(base_url=secure, max_retries=0, **FEW)
        with pytest.raises(BackendError, match=r"cannot be reached: .*SSL.*, tried 1 times$"):
            backend.complete(ASKED, 5, 0)
    assert server.asked == []


def test_no_server() -> None:
    with serving(in_turn(chat("yes"))) as server:
        pass
    backend = openai_compatible(base_url=server.url, max_retries=0, **FEW)
    with pytest.raises(BackendError, match=r"cannot be reached: .*, tried 1 times$"):
        backend.complete(ASKED, 5, 0)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"choices": []},
        {"choices": [{"message": {}}]},
        {"choices": [{"message": {"content": ["yes"]}}]},
        {"error": "no"},
    ],
)
def test_an_answer_of_another_shape(value: Any) -> None:
    with serving(in_turn(Reply(json.dumps(value).encode()))) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        with pytest.raises(BackendError, match=r"answered something else than a chat completion: "):
            backend.complete(ASKED, 5, 0)
    assert len(server.asked) == 1


@pytest.mark.parametrize("text", [None, ""])
@pytest.mark.parametrize("logprobs", [None, {"content": []}])
def test_an_answer_without_words_is_one(text: str | None, logprobs: Any) -> None:
    """As of a model that is cut off while it reasons, or refuses; with its tokens, or without."""
    said = {"message": {"role": "assistant", "content": text}, "logprobs": logprobs}
    with serving(in_turn(Reply(json.dumps({"choices": [said]}).encode()))) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        assert backend.complete(ASKED, 5, 0) == ("", {})
        if text is None or logprobs:
            assert backend.complete(ASKED, 5, 2) == ("", {})


def test_a_server_without_log_probabilities_is_noticed() -> None:
    with serving(in_turn(chat("yes"))) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        with pytest.raises(BackendError, match="else than a chat completion with log-prob"):
            backend.complete(ASKED, 5, 2)
        with pytest.raises(ArgumentError, match=r"^n_logprobs=21: expected an integer in \[0, 20"):
            backend.complete(ASKED, 5, 21)


def test_a_huge_body_is_not_read() -> None:
    with serving(in_turn(Reply(b" " * (MOST_BYTES + 1)))) as server:
        backend = openai_compatible(base_url=server.url, **FEW)
        with pytest.raises(BackendError, match=f"answered more than {MOST_BYTES} bytes$"):
            backend.complete(ASKED, 5, 0)


def test_no_request_exceeds_a_budget() -> None:
    answer = chat("yes", prompt_tokens=8, completion_tokens=2)
    with serving(in_turn(answer)) as server:
        few = openai_compatible(base_url=server.url, **{**FEW, "max_requests": 2})
        for _ in range(2):
            few.complete(ASKED, 5, 0)
        with pytest.raises(BudgetError, match="^max_requests=2: spent"):
            few.complete(ASKED, 5, 0)
        assert len(server.asked) == 2
        bound = 9 + 9 + 2 * 16 + 64 + 5
        small = openai_compatible(base_url=server.url, **{**FEW, "max_tokens": bound + 5})
        small.complete(ASKED, 5, 0)
        with pytest.raises(
            BudgetError, match=f"10 are spent, and the next .* {bound}, so it is no"
        ):
            small.complete(ASKED, 5, 0)
        assert len(server.asked) == 3


def test_retries_are_in_the_budget() -> None:
    with serving(in_turn(Reply(b"", 500))) as server:
        backend = openai_compatible(base_url=server.url, **{**FEW, "max_requests": 2})
        with pytest.raises(BudgetError):
            backend.complete(ASKED, 5, 0)
    assert len(server.asked) == 2


def test_a_key_that_is_missing_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"base_url": "https://example.org/v1", "key_variable": "KEY_OF_TESTS", **FEW}
    monkeypatch.delenv("KEY_OF_TESTS", raising=False)
    with pytest.raises(ArgumentError, match="^key_variable=KEY_OF_TESTS: expected a key in that v"):
        openai_compatible(**known)
    monkeypatch.setenv("KEY_OF_TESTS", "two\r\nlines")
    with pytest.raises(ArgumentError) as caught:
        openai_compatible(**known)
    assert "two" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/v1",
        "http://127.0.0.1.example.org/",
        "ftp://localhost/",
        "localhost:8000",
        "https://",
        "https://user:word@example.org",
        "https://example.org/?key=1",
        "https://example.org/\n",
        "https://example.org:port/",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_not_allowed(url: str) -> None:
    with pytest.raises(ArgumentError, match="^base_url=.*: expected https://") as caught:
        openai_compatible(base_url=url, **FEW)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_requests", 0),
        ("max_tokens", 1.5),
        ("timeout", 0),
        ("backoff", -1),
        ("max_retries", -1),
    ],
)
def test_numbers_have_their_range(name: str, value: float) -> None:
    with pytest.raises(ArgumentError, match=f"^{name}={value}: expected "):
        openai_compatible(base_url="https://example.org", **{**FEW, name: value})
