"""Networks that fit by chance, against the same networks one by one."""

import jax
import numpy as np
import pytest

from superpos import data, evaluations, models
from superpos.arguments import ArgumentError
from superpos.types import Evaluation

N_SAMPLES, N_HELD_OUT = 3, 4
SOURCE = data.two_rules(n_features=5, pair=2, n_samples=N_SAMPLES, n_held_out=N_HELD_OUT)
MODEL = models.mlp(n_features=5, n_hidden=4, n_outputs=1, loss="squared")
N_DRAWS = 40


def evaluation(n_kept: int) -> Evaluation:
    return evaluations.guess_and_check(
        model=MODEL, source=SOURCE, batch_size=N_SAMPLES, n_draws=N_DRAWS, n_kept=n_kept
    )


def test_those_that_fit_are_kept_in_the_order_of_the_draws() -> None:
    key = jax.random.key(3)
    found = evaluation(N_DRAWS).measure((), (), key)
    made = data.two_rules_examples(n_features=5, pair=2, n_samples=N_SAMPLES, n_held_out=N_HELD_OUT)
    params, _ = jax.vmap(lambda i: MODEL.init(jax.random.fold_in(key, i)))(np.arange(N_DRAWS))
    first, second = (np.asarray(W, float) for W in params.weights)

    def outputs(x: jax.Array) -> np.ndarray:
        return np.maximum(np.asarray(x, float) @ first, 0) @ second

    wanted = np.asarray(made.train.targets) > 0
    fit = ((outputs(made.train.inputs) > 0) == wanted).all((1, 2))
    n = int(found["n_guessed"])
    assert 0 < n == fit.sum() < N_DRAWS
    kept = found["guessed_outputs"]
    np.testing.assert_allclose(kept[:n], outputs(made.probe)[fit], rtol=1e-5, atol=1e-5)
    assert np.isnan(kept[n:]).all()
    some = evaluation(2).measure((), (), key)
    np.testing.assert_array_equal(some["guessed_outputs"], kept[:2])
    assert some["n_guessed"] == n


def test_more_kept_than_drawn_is_one_line() -> None:
    with pytest.raises(ArgumentError, match=r"^n_kept=41: expected an integer in \[1, 40\]"):
        evaluation(41)
