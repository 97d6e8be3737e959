"""A language model as a function of messages, whoever runs it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class BackendError(Exception):
    """A language model that gives no answer, as one line."""


class BudgetError(BackendError):
    """A request that would exceed a budget, so that it was not made; one line."""


class Message(NamedTuple):
    """A part of a conversation.

    Attributes:
        role: who says it.
        content: what is said.
    """

    role: Literal["system", "user", "assistant"]
    content: str


class Completion(NamedTuple):
    """What a model says next.

    Attributes:
        text: its answer.
        first: the tokens that were likeliest to start it -> natural logarithm of their probability;
            empty where none were asked for.
    """

    text: str
    first: Mapping[str, float]


@dataclass
class Usage:
    """What a back end has done so far, counted as it does it.

    Attributes:
        requests: that were made, retries included.
        retries: requests that were made again.
        tokens: of prompts and answers; an upper bound where no count was given.
        answers: number of answers that were read, by what they were for.
        unparsed: number of those that were not of the form that was asked for, by the same.
    """

    requests: int = 0
    retries: int = 0
    tokens: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    unparsed: Counter[str] = field(default_factory=Counter)


class Backend(NamedTuple):
    """A language model that answers.

    Attributes:
        model: its name, and whatever else decides what it says; a record is of one such.
        complete: (messages, most tokens of the answer, number of alternatives to the first token)
            -> Completion. It raises BackendError.
        usage: what it has done.
    """

    model: str
    complete: Callable[[list[Message], int, int], Completion]
    usage: Usage
