"""Any server that speaks OpenAI's chat protocol: OpenAI itself, vLLM, llama.cpp, Ollama, ...

Source: OpenAI's API reference, `POST /chat/completions`, of which only what such servers share is
used.
"""

import json
import os
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from superpos.arguments import (
    ArgumentError,
    Count,
    CountOrZero,
    Interval,
    factory,
    shown,
)
from superpos.interp.backends.http import FailedError, RefusedError, checked_url, poster
from superpos.interp.backends.protocol import (
    Backend,
    BackendError,
    BudgetError,
    Completion,
    Message,
    Usage,
)

Seconds = Annotated[float, Interval("(0, inf)")]
MOST_WAIT = 120.0
"""Seconds between two tries."""
PER_MESSAGE, PER_REQUEST = 16, 64
"""Tokens that a chat template may add, at the most."""
MOST_LOGPROBS = 20
SET = {"model", "messages", "max_tokens", "max_completion_tokens", "n", "stream"}
"""Keys of a request that are no options."""


@factory
def openai_compatible(
    *,
    base_url: str,
    model: str,
    key_variable: str | None = None,
    max_requests: Count,
    max_tokens: Count,
    timeout: Seconds = 60.0,
    max_retries: CountOrZero = 5,
    backoff: Seconds = 1.0,
    length_key: Literal["max_tokens", "max_completion_tokens"] = "max_tokens",
    options: Mapping[str, Any] | None = None,
) -> Backend:
    """A language model behind a chat endpoint.

    Failures that may pass (429, 5xx, no answer in time, no JSON) are tried again after `backoff`
    seconds, each time twice as long, or after the time that the server asks for; others are not.

    Args:
        base_url: what stands before /chat/completions; https, or http of this machine.
        model: what the server calls the model.
        key_variable: name of the environment variable that holds the key; None sends none. The key
            is read for each request, and is in no message.
        max_requests: requests in the life of the back end, retries included, >= 1.
        max_tokens: tokens of prompts and answers in the same time, >= 1. A request that might
            exceed it, with a token for each byte, is not made.
        timeout: seconds from the start of a request to the end of its answer, in (0, inf).
        max_retries: times that a request is made again, >= 0.
        backoff: seconds before the first retry, in (0, inf).
        length_key: how the server calls the most tokens of an answer.
        options: what else goes into the request, laid over temperature 0; null leaves a key out.

    Returns:
        A Backend. It raises BudgetError, and BackendError for a server that fails. A message
        without content, as of a model that was cut off while it reasoned, is an empty answer.

    Raises:
        ArgumentError: a value is out of range, an address is not allowed, or there is no key.
    """
    post = poster(checked_url("base_url", base_url) + "/chat/completions", timeout)
    _headers(key_variable)
    usage = Usage()

    def told(error: RefusedError) -> str:
        """A line without the key, which a server may have repeated."""
        said = _hidden(error.said, key_variable)
        return f"{base_url} {error}" + (f": {shown(said)}" if said else "")

    def answered(request: dict[str, Any], bound: int) -> Any:
        """What the server sends, after as many tries as it takes."""
        attempt = 0
        while True:
            _check_budget(usage, bound, max_requests, max_tokens)
            usage.requests += 1
            try:
                return post(request, _headers(key_variable))
            except FailedError as error:
                usage.tokens += 0 if error.answered else bound
                if attempt == max_retries:
                    raise BackendError(f"{told(error)}, tried {attempt + 1} times") from None
                time.sleep(_pause(error, backoff * 2**attempt, base_url))
                usage.retries += 1
            except RefusedError as error:
                raise BackendError(told(error)) from None
            attempt += 1

    def complete(messages: list[Message], most: int, n_logprobs: int = 0) -> Completion:
        request = _request(model, messages, length_key, most, n_logprobs, options or {})
        bound = _bound(messages, most)
        value = answered(request, bound)
        usage.tokens += _tokens(value, bound)
        found = _completion(value, n_logprobs)
        if found is None:
            what = "a chat completion" + " with log-probabilities" * (n_logprobs > 0)
            error = RefusedError(f"answered something else than {what}", json.dumps(value))
            raise BackendError(told(error))
        return found

    return Backend(_named(model, options), complete, usage)


def _named(model: str, options: Mapping[str, Any] | None) -> str:
    """A model with what decides what it says.

    Raises:
        ArgumentError: options are no values of JSON, or set what is set for each request; one line.
    """
    for key in SET & set(options or {}):
        raise ArgumentError(f"options.{key}: set for each request, expected other keys")
    try:
        return f"{model} {json.dumps(options, sort_keys=True)}" if options else model
    except (TypeError, ValueError):
        raise ArgumentError(f"options={shown(options)}: expected values of JSON") from None


def _headers(key_variable: str | None) -> dict[str, str]:
    """What carries the key.

    Raises:
        ArgumentError: there is none, or it holds what no key does; one line without it.
    """
    if key_variable is None:
        return {}
    key = os.environ.get(key_variable, "")
    if not key:
        raise ArgumentError(f"key_variable={key_variable}: expected a key in that variable")
    if not all("!" <= each <= "~" for each in key):
        raise ArgumentError(f"key_variable={key_variable}: expected a key without spaces")
    return {"Authorization": f"Bearer {key}"}


def _hidden(text: str, key_variable: str | None) -> str:
    """A text without the key."""
    key = os.environ.get(key_variable, "") if key_variable else ""
    return text.replace(key, "***") if key else text


def _request(
    model: str,
    messages: list[Message],
    length_key: str,
    most: int,
    n_logprobs: int,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    if not 0 <= n_logprobs <= MOST_LOGPROBS:
        raise ArgumentError(f"n_logprobs={n_logprobs}: expected an integer in [0, {MOST_LOGPROBS}]")
    asked = {"logprobs": True, "top_logprobs": n_logprobs} if n_logprobs else {}
    said = [message._asdict() for message in messages]
    request = {"model": model, "messages": said, length_key: most, "temperature": 0, **asked}
    return {key: value for key, value in {**request, **options}.items() if value is not None}


def _bound(messages: list[Message], most: int) -> int:
    """Tokens of a request and its answer, at the most: none is shorter than a byte."""
    n_bytes = sum(len(message.content.encode()) + PER_MESSAGE for message in messages)
    return n_bytes + PER_REQUEST + most


def _check_budget(usage: Usage, bound: int, max_requests: int, max_tokens: int) -> None:
    if usage.requests >= max_requests:
        raise BudgetError(f"max_requests={max_requests}: spent, so no further request is made")
    if usage.tokens + bound > max_tokens:
        raise BudgetError(
            f"max_tokens={max_tokens}: {usage.tokens} are spent, and the next request may take"
            f" {bound}, so it is not made"
        )


def _pause(failure: FailedError, backoff: float, base_url: str) -> float:
    """Seconds to wait.

    Raises:
        BackendError: the server asks for more than MOST_WAIT.
    """
    if failure.wait is None:
        return min(backoff, MOST_WAIT)
    if failure.wait > MOST_WAIT:
        raise BackendError(f"{base_url} asks to wait {failure.wait:.0f} s, expected <= {MOST_WAIT}")
    return failure.wait


def _tokens(value: Any, bound: int) -> int:
    """Tokens that the server counted; the bound where it did not."""
    usage = value.get("usage") if isinstance(value, dict) else None
    if not isinstance(usage, dict):
        return bound
    counts: Any = [usage.get(f"{each}_tokens") for each in ("prompt", "completion")]
    known = all(type(count) is int and count >= 0 for count in counts)
    return sum(counts) if known else bound


def _completion(value: Any, n_logprobs: int) -> Completion | None:
    """The answer in what a server sends; None where it is of another shape."""
    try:
        choice = value["choices"][0]
        text = choice["message"]["content"]
        if text is None:
            return Completion("", {})
        tokens = choice["logprobs"]["content"][:1] if n_logprobs else []
        listed = [each for token in tokens for each in token["top_logprobs"]]
        first = {each["token"]: float(each["logprob"]) for each in listed}
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    sound = isinstance(text, str) and (first or not n_logprobs or not text)
    return Completion(text, first) if sound else None
