"""A language model that says, from an explanation alone, how active a latent is at each token.

Source: Bills et al. 2023, Language models can explain neurons in language models. Asked for are the
tokens at which it is active, and the words of the prompt are ours.
"""

import re
from collections.abc import Sequence

import numpy as np

from superpos.interp.backends import Backend, Message
from superpos.interp.prompted.showing import numbered, shown
from superpos.interp.protocol import Contexts
from superpos.interp.vocabulary import text_of

STRONGEST = 10
SYSTEM = (
    "A unit inside a language model reacts to some pieces of text. You are told what it reacts to,"
    " and shown a passage token by token, one on each line, with its number. It knows a token and"
    " what stands before it, not what comes after it. ⏎ is the end of a line.\n"
    "Foretell the strength of the reaction at each token, as a whole number from 0 to"
    f" {STRONGEST}. Write a line `number: strength` for each token at which it is above 0, and"
    " nothing else; where there is no such token, write `none`."
)
FORM = re.compile(r"^([0-9]+): *([0-9]+)$")
TOKENS_OF_LINE = 8
"""Of an answer, at the most."""


def simulated(
    backend: Backend, text: str, contexts: Contexts, vocabulary: Sequence[str]
) -> np.ndarray:
    """Strengths at each token of contexts, by one request for each of them.

    Args:
        backend: what is asked.
        text: the explanation; nothing is asked where it is empty.
        contexts: whose strengths are wanted.
        vocabulary: the text of each token.

    Returns:
        In [0, 1], (n, length); 0 for all of a context whose answer is not as it was asked for,
        which `backend.usage.unparsed["simulate"]` counts.
    """
    found = np.zeros(contexts.tokens.shape)
    if not text:
        return found
    for strengths, tokens in zip(found, contexts.tokens, strict=True):
        lines = numbered([shown(text) for text in text_of(tokens, vocabulary)])
        messages = [
            Message("system", SYSTEM),
            Message("user", f"Explanation: {shown(text)}\n\n{lines}"),
        ]
        answer = backend.complete(messages, TOKENS_OF_LINE * len(tokens), 0).text
        told = _strengths(answer, len(tokens))
        backend.usage.answers["simulate"] += 1
        backend.usage.unparsed["simulate"] += told is None
        for place, strength in (told or {}).items():
            strengths[place] = strength / STRONGEST
    return found


def _strengths(answer: str, n: int) -> dict[int, int] | None:
    """Position of a token -> strength; None where an answer is not as it was asked for."""
    lines = [line.strip() for line in answer.strip().splitlines()]
    if lines == ["none"]:
        return {}
    matches = [FORM.match(line) for line in lines]
    pairs = [(int(each[1]) - 1, int(each[2])) for each in matches if each]
    sound = pairs and len(pairs) == len(lines) == len({place for place, _ in pairs})
    within = all(0 <= place < n and strength <= STRONGEST for place, strength in pairs)
    return dict(pairs) if sound and within else None
