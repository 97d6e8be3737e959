"""Right highlights are told from wrong ones."""

import numpy as np
import pytest

from superpos.interp.scorers import fuzzing
from superpos.interp.scorers.fuzzing import highlight
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, explained_by, generator, noise

ACTIVATIONS = np.array([[0, 1, 0.3, 0.29, 0], [0, 0, 2, 0, 0], [0, 0, 0, 0, 0], [5, 5, 0, 5, 5]])
LABELS = np.array([True, True, False, False])


def test_right_highlights_are_from_the_threshold_on() -> None:
    found = highlight(ACTIVATIONS, LABELS, generator())
    np.testing.assert_array_equal(found[0], [False, True, True, False, False])
    np.testing.assert_array_equal(found[1], [False, False, True, False, False])


def test_wrong_ones_are_as_many_as_the_right_ones_at_inactive_tokens() -> None:
    seen = np.zeros(5, int)
    for seed in range(50):
        found = highlight(ACTIVATIONS, LABELS, generator(seed))
        assert found[2].sum() == 2
        np.testing.assert_array_equal(found[3], [False, False, True, False, False])
        seen += found[2]
    assert (seen > 5).all()


def test_or_as_many_as_are_active_on_average_rounded_up() -> None:
    """3 and 1 are, so 2; the last example has only one token that is not."""
    found = highlight(ACTIVATIONS, LABELS, generator(), n_wrong="mean")
    assert found.sum(1).tolist() == [2, 1, 2, 1]
    more = np.vstack([ACTIVATIONS[:1], ACTIVATIONS])
    labels = np.array([True, *LABELS])  # 7 / 3
    assert highlight(more, labels, generator(), n_wrong="mean")[3].sum() == 3


@pytest.mark.parametrize("wrong", ["inactive", "active"])
@pytest.mark.parametrize("measure", ["auroc", "balanced_accuracy"])
def test_a_perfect_prediction_is_at_1_and_a_constant_one_at_the_floor(
    wrong: str, measure: str
) -> None:
    scorer = fuzzing(wrong=wrong, measure=measure)
    assert scorer(CONTEXTS, BY_TOKEN, generator())(explained_by(BY_TOKEN)).value == 1
    constant = explained_by(np.full(BY_TOKEN.shape, 0.3))
    score = scorer(CONTEXTS, BY_TOKEN, generator())(constant)
    assert (score.value, score.floor) == (0.5, 0.5)


def test_who_knows_of_contexts_alone_passes_only_where_others_are_inactive() -> None:
    knows = explained_by(np.repeat(BY_TOKEN.max(1, keepdims=True), BY_TOKEN.shape[1], 1))
    assert fuzzing()(CONTEXTS, BY_TOKEN, generator())(knows).value == 1
    assert fuzzing(wrong="active")(CONTEXTS, BY_TOKEN, generator())(knows).value == 0.5


@pytest.mark.parametrize("wrong", ["inactive", "active"])
def test_an_unrelated_prediction_is_at_the_floor_though_few_of_its_values_are_large(
    wrong: str,
) -> None:
    """It is not where wrong highlights are more than right ones, as means of more are larger."""
    unrelated = explained_by(generator(9).lognormal(sigma=3, size=BY_TOKEN.shape))
    values = {
        n_wrong: [
            fuzzing(wrong=wrong, n_wrong=n_wrong)(
                CONTEXTS, noise(generator(seed), 0.15), generator(seed)
            )(unrelated).value
            for seed in range(40)
        ]
        for n_wrong in ("matched", "mean")
    }
    error = np.std(values["matched"]) / np.sqrt(40)
    assert abs(np.mean(values["matched"]) - 0.5) < 4 * error
    assert np.mean(values["mean"]) < 0.5 - 4 * error
