"""Whether an explanation tells contexts in which a latent is active from others.

Source: delphi (github.com/EleutherAI/delphi, `detection`), with 50 examples of each class. The
largest activation that is predicted in a context stands for the answer of a language model.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from superpos.arguments import Count, factory
from superpos.interp import statistics
from superpos.interp.examples import Negatives, labelled
from superpos.interp.protocol import Contexts, Explanation, Score, ScoreOf, Scorer, take

Answer = Callable[[Explanation, Contexts, np.ndarray], np.ndarray]
"""An explanation, examples, which of them are active (n,) -> a number for each, larger where it
takes the latent to be active, and nan where it is not asked, (n,)."""
Measure = Literal["auroc", "balanced_accuracy"]
FLOOR = 0.5
"""Of both measures."""


@factory
def detection(
    *, measure: Measure = "auroc", negatives: Negatives = "random", n_examples: Count = 50
) -> Scorer:
    """How well predictions part active contexts from inactive ones.

    Args:
        measure: area under the curve, or balanced accuracy.
        negatives: any inactive contexts, or those that share tokens with the active ones.
        n_examples: of each class.

    Returns:
        A scorer with values in [0, 1]; nan where a class has fewer than 10 examples.
    """

    def peaks(explanation: Explanation, examples: Contexts, labels: np.ndarray) -> np.ndarray:
        del labels
        return explanation.predict(examples).max(1)

    return of_examples(peaks, measure=measure, negatives=negatives, n_examples=n_examples)


def of_examples(
    answer: Answer, *, measure: Measure, negatives: Negatives, n_examples: int
) -> Scorer:
    """How well the answers about examples part active contexts from inactive ones.

    Args:
        answer: what is said of each example.
        measure: area under the curve, or balanced accuracy.
        negatives: which contexts stand for the class in which the latent is not active.
        n_examples: of each class.

    Returns:
        A scorer with values in [0, 1]; nan where a class has fewer than 10 examples.
    """

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        found = labelled(contexts, activations, rng, negatives=negatives, n=n_examples)
        if found is None:
            return unscored
        examples, labels = take(contexts, found.rows), found.labels
        return lambda explanation: classified(
            answer(explanation, examples, labels), labels, measure
        )

    return scorer


def unscored(explanation: Explanation | None = None) -> Score:
    """Of any explanation, where there are too few examples."""
    del explanation
    return Score(float("nan"), FLOOR, 0)


def classified(answers: np.ndarray, labels: np.ndarray, measure: Measure) -> Score:
    """How well answers that are not nan part two classes; nan where one has fewer than 2."""
    asked = ~np.isnan(answers)
    answers, labels = answers[asked], labels[asked]
    if min(labels.sum(), (~labels).sum()) < 2:
        return unscored()
    value = getattr(statistics, measure)(answers, labels)
    return Score(value, FLOOR, len(labels))
