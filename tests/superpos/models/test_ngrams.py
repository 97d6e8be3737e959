"""Models of n-grams beside counts by hand and a slow model of the definition."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models.ngrams import kneser_ney

WINDOWS = np.array([[0, 1, 0, 2], [0, 1, 1, 0]], np.int32)
N_TOKENS = 4


def test_a_unigram_is_its_count_and_a_share_of_what_was_never_seen() -> None:
    """Counts 2, 3, 1, 0 of 6 without the first of a window, which the one before may have had.

    One comes once, one twice, so D = 1 / (1 + 2) of each of 3 goes to all 4.
    """
    losses = kneser_ney(WINDOWS, n_tokens=N_TOKENS, order=1)(np.array([[0, 0, 1, 2, 3]]))
    spread = 3 * (1 / 3) / 6 / 4
    counts = ((2 - 1 / 3) / 6, (3 - 1 / 3) / 6, (1 - 1 / 3) / 6, 0)
    probabilities = [each + spread for each in counts]
    np.testing.assert_allclose(losses, -np.log([probabilities]))


def test_a_bigram_backs_off_to_how_many_tokens_stand_before() -> None:
    """Bigrams 01: 2, 10: 2, 02: 1, 11: 1, so n1 = 2, n2 = 2 and D = 1/3.

    Before 0 stands one token (1), before 1 two (0, 1), before 2 one (0): D of these is
    2 / (2 + 2) = 1/2. After 0 come 3 tokens of 2 types.
    """
    lower = {
        0: (1 - 0.5) / 4 + 0.5 * 3 / 4 / 4,
        1: (2 - 0.5) / 4 + 0.5 * 3 / 4 / 4,
        2: (1 - 0.5) / 4 + 0.5 * 3 / 4 / 4,
        3: 0.5 * 3 / 4 / 4,
    }
    counts = {0: 0, 1: 2, 2: 1, 3: 0}
    expected = [(max(counts[w] - 1 / 3, 0) + 1 / 3 * 2 * lower[w]) / 3 for w in range(4)]
    found = kneser_ney(WINDOWS, n_tokens=N_TOKENS, order=2)(np.array([[0, w] for w in range(4)]))
    np.testing.assert_allclose(np.exp(-found[:, 0]), expected)
    unseen = kneser_ney(WINDOWS, n_tokens=N_TOKENS, order=2)(np.array([[3, w] for w in range(4)]))
    np.testing.assert_allclose(np.exp(-unseen[:, 0]), [lower[w] for w in range(4)])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_of_all_next_tokens_sum_to_1(order: int) -> None:
    text = np.random.default_rng(0).integers(0, N_TOKENS, (20, 9))
    model = kneser_ney(text, n_tokens=N_TOKENS, order=order)
    every = np.array([*itertools.product(range(N_TOKENS), repeat=order)])
    if order == 1:
        every = np.array([[0, token] for token in range(N_TOKENS)])
    total = np.exp(-model(every)[:, -1]).reshape(-1, N_TOKENS).sum(1)
    np.testing.assert_allclose(total, 1)


def test_a_trigram_is_the_definition_written_out() -> None:
    rng = np.random.default_rng(1)
    text, asked = rng.integers(0, 3, (30, 6)), rng.integers(0, N_TOKENS, (10, 6))
    found = kneser_ney(text, n_tokens=N_TOKENS, order=3)(asked)
    for row, losses in zip(asked.tolist(), found, strict=True):
        for at, loss in enumerate(losses, 1):
            context = tuple(row[max(0, at - 2) : at])
            assert loss == pytest.approx(-math.log(written_out(text, context, row[at])))


def written_out(text: np.ndarray, context: tuple[int, ...], token: int, *, top: bool = True):
    """P(token | context) by dictionaries of all n-grams, of which the longest are counted."""
    n = len(context) + 1
    rows = [tuple(row) for row in text.tolist()]
    raw = [row[i : i + n] for row in rows for i in range(n == 1, len(row) - n + 1)]
    longer = {row[i : i + n + 1] for row in rows for i in range(len(row) - n)}
    counts = {g: raw.count(g) if top else sum(x[1:] == g for x in longer) for g in set(raw)}
    counts = {g: count for g, count in counts.items() if count}
    ones, twos = (sum(c == k for c in counts.values()) for k in (1, 2))
    discount = ones / (ones + 2 * twos) if ones else 0.5
    after = {g: count for g, count in counts.items() if g[:-1] == context}
    lower = written_out(text, context[1:], token, top=False) if context else 1 / N_TOKENS
    if not after:
        return lower
    taken = max(after.get((*context, token), 0) - discount, 0)
    return (taken + discount * len(after) * lower) / sum(after.values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order": 0}, "order=0: expected 1 or more"),
        ({"order": 7, "n_tokens": 2048}, r"order=7: .* n_tokens\^order up to 2\^63"),
        ({"order": 5}, r"windows: int32\[2, 4\], expected integers .* of length 5 or more"),
        ({"windows": WINDOWS[:, :1]}, r"windows: int32\[2, 1\], .* of length 2 or more"),
        ({"windows": WINDOWS[:0]}, r"windows: int32\[0, 4\], expected integers"),
        ({"windows": WINDOWS + 0.5}, r"windows: float64\[2, 4\], expected integers"),
        ({"windows": WINDOWS - 1}, r"windows: tokens from -1 to 1, expected \[0, 3\]"),
        ({"n_tokens": 2}, r"windows: tokens from 0 to 2, expected \[0, 1\]"),
        ({"n_tokens": 0}, "n_tokens=0: expected 1 or more"),
    ],
)
def test_what_cannot_be_counted_is_one_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{words}"):
        kneser_ney(**{"windows": WINDOWS, "n_tokens": N_TOKENS, "order": 1, **changes})


@pytest.mark.parametrize("token", [-1, N_TOKENS])
def test_a_token_that_is_not_in_the_vocabulary_has_no_loss(token: int) -> None:
    losses = kneser_ney(WINDOWS, n_tokens=N_TOKENS, order=2)
    with pytest.raises(ArgumentError, match=r"^windows: tokens from .*, expected \[0, 3\]"):
        losses(np.array([[0, token]]))
