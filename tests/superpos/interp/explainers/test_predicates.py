"""What rules can ask, token by token with loops."""

import numpy as np

from superpos.interp.explainers.lexical import CLASSES, lexical_classes
from superpos.interp.explainers.predicates import NONE, class_numbers, holds, predicates
from tests.superpos.interp.latents import CONTEXTS, LENGTH, N_TOKENS, VOCABULARY

CLASS_OF = lexical_classes(VOCABULARY)
KINDS = predicates(VOCABULARY, class_numbers(VOCABULARY), LENGTH)
ROWS = CONTEXTS._replace(tokens=CONTEXTS.tokens[:20], document=CONTEXTS.document[:20])


def expected(row: list[int], place: int) -> list[set[int]]:
    """The predicates of each kind that hold at a place."""
    token, before = row[place], row[place - 1] if place else None
    return [
        {token},
        set() if before is None else {before},
        set() if before is None else {before * N_TOKENS + token},
        set(row[max(place - 8, 0) : place]),
        set(np.flatnonzero(CLASS_OF[token]).tolist()),
        set() if before is None else set(np.flatnonzero(CLASS_OF[before]).tolist()),
        {place},
    ]


def test_each_kind_lists_what_holds_once() -> None:
    found = [kind.holding(ROWS) for kind in KINDS]
    for at, row in enumerate(ROWS.tokens.tolist()):
        for place in range(LENGTH):
            for held, wanted in zip(found, expected(row, place), strict=True):
                numbers = held[at, place][held[at, place] != NONE].tolist()
                assert sorted(numbers) == sorted(wanted)


def test_a_predicate_holds_where_it_is_listed() -> None:
    for kind in KINDS:
        held = kind.holding(ROWS)
        number = int(held[3, 9].max())
        np.testing.assert_array_equal(holds(kind, number, ROWS), (held == number).any(-1))
    assert holds(KINDS[3], 2, ROWS).any() and not holds(KINDS[3], 2, ROWS).all()


def test_predicates_are_counted_and_said() -> None:
    assert [kind.n_choices for kind in KINDS] == [8, 8, 64, 8, len(CLASSES), len(CLASSES), 18]
    texts = [kind.text(1) for kind in KINDS]
    assert texts[:4] == [
        "on ' cat'",
        "after ' cat'",
        "at the end of ' the cat'",
        "up to 8 after ' cat'",
    ]
    assert texts[4:] == ["continues a word", "after: continues a word", "at position 1"]
