"""The latent follows the first of a few rules that applies, as many as pay for their description.

Source: Rivest 1987, Learning decision lists; Rissanen 1978, Modeling by shortest data description.
A rule pays where it shortens the description of the activations by more bits than it takes itself.
They are described by whether each is 0, at the rate of the rule that decides it, and how large it
is else, as an exponential variable with the mean of that rule.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from superpos.arguments import Count, factory
from superpos.interp import bits
from superpos.interp.explainers.predicates import NONE, Predicates, class_numbers, holds, predicates
from superpos.interp.explainers.tables import number, sums_by_token
from superpos.interp.protocol import Contexts, Explainer, Explanation
from superpos.interp.vocabulary import check_vocabulary

LARGEST_TABLE = 2**24
"""Up to which the place of a predicate is looked up in a table, and beyond which it is searched."""


class _Rule(NamedTuple):
    """A predicate, by kind and number, and the mean activation where it decides."""

    kind: int
    number: int
    mean: float


class _Candidates(NamedTuple):
    """Predicates that hold at some token at which the latent is active.

    Attributes:
        kinds: of each, int (n,).
        numbers: of each, among those of its kind, int (n,).
        holding: places in this list of those that hold at each token, n where there are fewer,
            int (some, n_tokens).
    """

    kinds: np.ndarray
    numbers: np.ndarray
    holding: np.ndarray


@factory
def decision_list(*, vocabulary: Sequence[str], n_rules: Count = 10) -> Explainer:
    """Rules in order, each the one that saves most bits where none before it applies.

    A rule asks for the token, the one before, both, one of the last 8, a lexical class of the token
    or of the one before, or a position.

    Args:
        vocabulary: the text of each token, with a space before it where it begins a word.
        n_rules: at most; the list ends before where no rule pays for itself.

    Returns:
        An explainer.
    """
    check_vocabulary(vocabulary)
    classes = class_numbers(vocabulary)

    def explain(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        del rng
        sums_by_token(contexts.tokens, None, len(vocabulary))  # refuses tokens it does not have
        kinds = predicates(vocabulary, classes, contexts.tokens.shape[1])
        rules, rest = _fit(kinds, contexts, activations, n_rules)
        written = bits.quantise(np.array([*(rule.mean for rule in rules), rest]))

        def predict(contexts: Contexts) -> np.ndarray:
            predicted = np.full(contexts.tokens.shape, written[-1])
            for rule, value in reversed(list(zip(rules, written[:-1], strict=True))):
                predicted[holds(kinds[rule.kind], rule.number, contexts)] = value
            return predicted

        parts = [
            f"{kinds[rule.kind].text(rule.number)}: {number(value)}"
            for rule, value in zip(rules, written[:-1], strict=True)
        ]
        length = bits.of_count(len(rules)) + bits.of_values(len(written))
        length += sum(_bits_of_predicate(kinds, rule.kind) for rule in rules)
        return Explanation("; else ".join([*parts, number(written[-1])]), length, predict)

    return explain


def _bits_of_predicate(kinds: Sequence[Predicates], kind: int) -> float:
    return bits.of_choice(len(kinds)) + bits.of_choice(kinds[kind].n_choices)


def _fit(
    kinds: Sequence[Predicates], contexts: Contexts, activations: np.ndarray, n_rules: int
) -> tuple[list[_Rule], float]:
    """Rules in order, and the mean activation where none applies."""
    values = activations.ravel().astype(np.float64)
    candidates = _candidates(kinds, contexts, values > 0)
    least = values[values > 0].min(initial=np.inf)
    # Two numbers of each rule describe activations, though what it predicts is their product.
    costs = np.array([_bits_of_predicate(kinds, kind) for kind in range(len(kinds))])
    costs = costs[candidates.kinds] + 2 * bits.BITS_OF_VALUE
    free = np.ones(len(values), bool)
    left = _sums(candidates, values, free)
    total = np.array([len(values), np.count_nonzero(values), values.sum()])
    rules: list[_Rule] = []
    while len(rules) < n_rules and len(costs):
        saved = _length(total, least) - _length(left, least) - _length(total[:, None] - left, least)
        best = int(np.argmax(saved - costs))
        if saved[best] <= costs[best]:
            break
        n, _, sum_ = left[:, best]
        rules.append(_Rule(int(candidates.kinds[best]), int(candidates.numbers[best]), sum_ / n))
        covered = free & (candidates.holding == best).any(0)
        total = total - left[:, best]
        left = left - _sums(candidates, values, covered)
        free &= ~covered
    return rules, float(values[free].mean()) if free.any() else 0.0


def _candidates(kinds: Sequence[Predicates], contexts: Contexts, active: np.ndarray) -> _Candidates:
    """The predicates worth a look, and where they hold."""
    numbers, holding = [], []
    for kind in kinds:
        held = kind.holding(contexts).reshape(len(active), -1).T
        found = np.unique(held[:, active])
        numbers.append(found[found != NONE])
        holding.append(held)
    sizes = [len(each) for each in numbers]
    starts, n = np.cumsum(sizes) - sizes, sum(sizes)
    placed = [
        _places(held, found, start, n)
        for held, found, start in zip(holding, numbers, starts, strict=True)
    ]
    return _Candidates(
        np.repeat(np.arange(len(kinds)), sizes),
        np.concatenate(numbers),
        np.concatenate(placed),
    )


def _places(held: np.ndarray, found: np.ndarray, start: int, missing: int) -> np.ndarray:
    """The place of each predicate that is among those found, from start; missing for others."""
    if not len(found):
        return np.full(held.shape, missing)
    if held.max() < LARGEST_TABLE:
        table = np.full(held.max() + 2, missing)  # NONE is its last entry
        table[found] = start + np.arange(len(found))
        return table[held]
    at = np.minimum(np.searchsorted(found, held), len(found) - 1)
    return np.where(found[at] == held, start + at, missing)


def _sums(candidates: _Candidates, values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Tokens, active tokens and the sum of activations where each holds, (3, n_candidates)."""
    n = len(candidates.kinds)
    active = where & (values > 0)
    held = candidates.holding[:, active]
    weights = np.tile(values[active], len(held))
    sums = [
        np.bincount(candidates.holding[:, where].ravel(), minlength=n + 1),
        np.bincount(held.ravel(), minlength=n + 1),
        np.bincount(held.ravel(), weights, minlength=n + 1),
    ]
    return np.stack(sums)[:, :n].astype(np.float64)


def _length(sums: np.ndarray, least: float) -> np.ndarray:
    """Bits of activations, given tokens, active tokens and their sum, up to what all codes share.

    Args:
        sums: (3, ...).
        least: of the activations above 0, against rounding of differences.

    Returns:
        (...).
    """
    n, active, sum_ = sums
    sum_ = np.maximum(sum_, active * least if np.isfinite(least) else 0)
    zeros = xlogy(n, n) - xlogy(active, active) - xlogy(n - active, n - active)
    sizes = xlogy(active, sum_) - xlogy(active, active)
    return (zeros + sizes) / np.log(2)
