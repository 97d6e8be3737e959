"""Contexts are parted by document."""

from typing import Any

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp import protocol
from superpos.interp.protocol import Contexts
from tests.superpos.interp.latents import CONTEXTS, N_DOCUMENTS, generator


def test_no_document_is_in_both_halves_and_every_context_in_one() -> None:
    fitting, scoring = protocol.split(CONTEXTS, generator())
    np.testing.assert_array_equal(fitting, ~scoring)
    halves = [set(CONTEXTS.document[half].tolist()) for half in (fitting, scoring)]
    assert halves[0].isdisjoint(halves[1])
    assert [len(half) for half in halves] == [N_DOCUMENTS // 2] * 2


def test_another_generator_gives_other_halves_and_the_same_one_the_same() -> None:
    first, again, other = (protocol.split(CONTEXTS, generator(seed))[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_one_document_cannot_be_split() -> None:
    with pytest.raises(ArgumentError, match="^contexts.document: expected at least 2 documents"):
        protocol.split(Contexts(CONTEXTS.tokens, np.zeros(len(CONTEXTS.tokens), int)), generator())


def test_contexts_are_taken_with_their_documents() -> None:
    taken = protocol.take(CONTEXTS, np.array([20, 3, 20]))
    np.testing.assert_array_equal(taken.tokens, CONTEXTS.tokens[[20, 3, 20]])
    np.testing.assert_array_equal(taken.document, [1, 0, 1])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"tokens": [[1, 2]]}, r"contexts.tokens=\[\[1, 2\]\]: expected an array of integers"),
        ({"tokens": CONTEXTS.tokens * 1.5}, "contexts.tokens=.*expected an array of integers"),
        ({"tokens": CONTEXTS.tokens[0]}, "contexts.tokens: expected numbers of tokens, from 0"),
        ({"tokens": CONTEXTS.tokens - 1}, "contexts.tokens: expected numbers of tokens, from 0"),
        ({"tokens": CONTEXTS.tokens[:0]}, "contexts.tokens: expected numbers of tokens, from 0"),
        ({"document": CONTEXTS.document[1:]}, r"contexts.document: has shape \[599\], expected"),
        ({"document": None}, "contexts.document=None: expected an array of integers"),
    ],
)
def test_what_are_no_contexts_is_refused_in_one_line(change: Any, line: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{line}") as refused:
        protocol.check(CONTEXTS._replace(**change))
    assert "\n" not in str(refused.value)
