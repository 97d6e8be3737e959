"""Active contexts are told from inactive ones."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp.examples import labelled
from superpos.interp.scorers import detection
from tests.superpos.interp.latents import (
    BY_CONTEXT,
    BY_TOKEN,
    CONTEXTS,
    explained_by,
    generator,
)

MEASURES = ("auroc", "balanced_accuracy")


@pytest.mark.parametrize("measure", MEASURES)
def test_a_perfect_prediction_is_at_1_and_a_constant_one_at_the_floor(measure: str) -> None:
    scorer = detection(measure=measure)
    score = scorer(CONTEXTS, BY_CONTEXT, generator())(explained_by(BY_CONTEXT))
    assert score == (1, 0.5, 100)
    constant = explained_by(np.full(BY_TOKEN.shape, 0.3))
    assert scorer(CONTEXTS, BY_CONTEXT, generator())(constant) == (0.5, 0.5, 100)


def test_the_area_is_that_of_scikit_learn() -> None:
    learn = pytest.importorskip("sklearn.metrics")
    predicted = generator(1).integers(5, size=BY_CONTEXT.shape) + BY_CONTEXT
    found = labelled(CONTEXTS, BY_CONTEXT, generator())
    assert found is not None
    expected = learn.roc_auc_score(found.labels, predicted[found.rows].max(1))
    score = detection()(CONTEXTS, BY_CONTEXT, generator())(explained_by(predicted))
    assert score.value == pytest.approx(expected) and 0.6 < expected < 1


def test_the_token_alone_is_worth_nothing_against_look_alikes() -> None:
    """The latent is active at its token in every second context that has it."""
    by_token = explained_by(BY_TOKEN)
    at_random = detection()(CONTEXTS, BY_CONTEXT, generator())(by_token)
    look_alike = detection(negatives="look_alike")(CONTEXTS, BY_CONTEXT, generator())(by_token)
    assert at_random.value > 0.52
    assert look_alike.value == 0.5


def test_too_few_examples_are_not_scored() -> None:
    rare = BY_CONTEXT * (np.cumsum(BY_CONTEXT.any(1)) < 10)[:, None]
    value, floor, n = detection()(CONTEXTS, rare, generator())(explained_by(rare))
    assert np.isnan(value) and (floor, n) == (0.5, 0)


def test_another_measure_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^measure='f1': expected one of auroc, balanced"):
        detection(measure="f1")  # pyright: ignore[reportArgumentType]
