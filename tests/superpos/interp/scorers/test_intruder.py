"""The context in which a latent is not active is found."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.interp.scorers import intruder
from tests.superpos.interp.latents import (
    BY_CONTEXT,
    BY_TOKEN,
    CONTEXTS,
    explained_by,
    generator,
    noise,
)


@pytest.mark.parametrize("n_shown", [2, 5])
def test_a_perfect_prediction_finds_it_and_a_constant_one_has_its_share(n_shown: int) -> None:
    scorer = intruder(n_shown=n_shown)
    perfect = scorer(CONTEXTS, BY_CONTEXT, generator())(explained_by(BY_CONTEXT))
    assert perfect == (1, 1 / n_shown, 50)
    constant = explained_by(np.full(BY_TOKEN.shape, 0.3))
    assert scorer(CONTEXTS, BY_CONTEXT, generator())(constant).value == pytest.approx(1 / n_shown)


def test_the_opposite_never_finds_it() -> None:
    wrong = explained_by(3 - BY_CONTEXT.max(1, keepdims=True) + 0 * BY_CONTEXT)
    assert intruder()(CONTEXTS, BY_CONTEXT, generator())(wrong).value == 0


def test_an_unrelated_prediction_has_its_share_on_average() -> None:
    values = [
        intruder()(CONTEXTS, BY_CONTEXT, generator(seed))(
            explained_by(noise(generator(seed)))
        ).value
        for seed in range(100, 140)
    ]
    assert abs(np.mean(values) - 0.2) < 4 * np.std(values) / np.sqrt(len(values))


def test_one_that_is_as_low_as_others_is_shared_with_them() -> None:
    """Predicted are 0 for the intruders and for half of the active contexts, 1 for the others."""
    active = np.flatnonzero(BY_CONTEXT.any(1))
    half = np.zeros(len(BY_CONTEXT))
    half[active[::2]] = 1
    predicted = explained_by(np.broadcast_to(half[:, None], BY_CONTEXT.shape))
    values = [
        intruder(n_shown=2)(CONTEXTS, BY_CONTEXT, generator(s))(predicted).value for s in range(20)
    ]
    assert np.mean(values) == pytest.approx(0.5 * 1 + 0.5 * 0.5, abs=0.03)


def test_one_context_alone_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^n_shown=1: expected at least 2"):
        intruder(n_shown=1)
