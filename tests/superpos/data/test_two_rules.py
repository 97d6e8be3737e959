"""Two rules, by NumPy, on the examples that are said to agree or not."""

from typing import Any

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, two_rules, two_rules_examples
from superpos.data.two_rules import PAIRS

SIZES: dict[str, Any] = {"n_features": 15, "n_samples": 40, "n_held_out": 50}
ROOT = 3**0.5
RULES = (
    (lambda x: x[:, 0], lambda x: x.sum(1)),
    (lambda x: x.sum(1), lambda x: x[:, 0] * x[:, 1] * x[:, 2]),
    (lambda x: x[:, 0], lambda x: slabs(x[:, 1] / ROOT)),
    (lambda x: x[:, 0], lambda x: np.abs(x[:, 1]) / ROOT - 0.5),
    (lambda x: x[:, 0], lambda x: x[:, 1:].sum(1)),
    (lambda x: x[:, 1], lambda x: np.sin(4 * np.arctan2(x[:, 1], x[:, 0]))),
)


def slabs(u: np.ndarray) -> np.ndarray:
    """In the middle of five slabs of [-1, 1] it is 1, and -1 in those beside it."""
    return np.where(np.digitize(u, [-0.6, -0.2, 0.2, 0.6]) % 2 == 0, 1.0, -1.0)


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_rules_agree_where_they_are_trained_and_differ_where_not(pair: int) -> None:
    made = two_rules_examples(pair=pair, **SIZES)
    first, second = RULES[pair]
    x, probe = (np.asarray(each, float) for each in (made.train.inputs, made.probe))
    assert x.shape == (40, 15) and probe.shape == (50, 15)
    for rule in (first, second):
        np.testing.assert_array_equal(np.sign(rule(x)), made.train.targets[:, 0])
    np.testing.assert_array_equal(np.sign(first(probe)), made.first)
    np.testing.assert_array_equal(np.sign(second(probe)), -np.asarray(made.first))
    square = np.square(np.concatenate([x, probe])).mean()
    assert square == pytest.approx(1, abs=0.15)
    assert 0.2 < np.mean(np.asarray(made.train.targets) > 0) < 0.8


def test_label_noise_is_the_share_that_the_first_rule_has_wrong() -> None:
    made = two_rules_examples(pair=2, label_noise=0.25, **SIZES)
    x, y = np.asarray(made.train.inputs, float), np.asarray(made.train.targets[:, 0])
    first, second = RULES[2]
    assert np.sum(np.sign(first(x)) != y) == 10
    np.testing.assert_array_equal(np.sign(second(x)), y)
    shown = {tuple(row) for row in np.asarray(made.probe)}
    assert not shown & {tuple(row) for row in np.asarray(made.train.inputs)}


def test_few_examples_are_of_their_kind_whatever_the_seed() -> None:
    made = jax.vmap(
        lambda seed: two_rules_examples(
            n_features=5, pair=0, n_samples=1, n_held_out=1, data_seed=seed
        )
    )(np.arange(500))
    x, probe = np.asarray(made.train.inputs)[:, 0], np.asarray(made.probe)[:, 0]
    np.testing.assert_array_equal(np.sign(x.sum(1)), x[:, 0])
    np.testing.assert_array_equal(np.sign(probe.sum(1)), -probe[:, 0])


def test_shuffled_labels_are_the_same_labels() -> None:
    made, dealt = (
        two_rules_examples(pair=0, shuffled=shuffled, **SIZES) for shuffled in (False, True)
    )
    assert made.train.targets.sum() == dealt.train.targets.sum()
    assert not np.array_equal(made.train.targets, dealt.train.targets)
    np.testing.assert_array_equal(made.train.inputs, dealt.train.inputs)


def test_the_source_serves_them_in_order_and_holds_the_others_out() -> None:
    source, made = two_rules(pair=4, **SIZES), two_rules_examples(pair=4, **SIZES)
    batch = draw(source, jax.random.key(5), 40)
    np.testing.assert_array_equal(batch.inputs, made.train.inputs)
    np.testing.assert_array_equal(batch.targets, made.train.targets)
    np.testing.assert_array_equal(source.held_out, made.probe)
    other = two_rules_examples(pair=4, data_seed=1, **SIZES)
    assert not np.array_equal(other.probe, made.probe)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_features": 6}, r"n_features=6: expected an odd integer in \[5, 2147483647\]"),
        ({"pair": 0.5}, "pair=0.5: expected an integer"),
        ({"pair": 6}, r"pair=6: expected a number in \[0, 5\]"),
        ({"label_noise": 1.5}, r"label_noise=1.5: expected a number in \[0, 1\]"),
    ],
)
def test_what_is_no_pair_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}$"):
        two_rules(**{"pair": 0, **SIZES, **changes})  # type: ignore[arg-type]
