"""The loss on all rows of an asset."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import evaluations, models
from superpos.arguments import ArgumentError
from superpos.types import vectors
from tests.superpos.toys import model_of

ROWS = np.random.default_rng(0).uniform(size=(7, 2)).astype(np.float32)
SQUARES = model_of(lambda w, x: (w * x**2).mean(), takes=vectors(2))
"""The loss is w times the mean square of the inputs."""


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_every_row_counts_once(batch_size: int) -> None:
    held_out = {"inputs": jnp.asarray(ROWS)}
    evaluation = evaluations.held_out_loss(model=SQUARES, held_out=held_out, batch_size=batch_size)
    found = evaluation.measure({"w": jnp.float32(3)}, (), jax.random.key(0))
    np.testing.assert_allclose(found["held_out_loss"], 3 * np.mean(ROWS.astype(float) ** 2), 1e-6)


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        ({"targets": ROWS}, "held_out=.*: expected arrays inputs and, perhaps, targets"),
        ({"inputs": ROWS[:, :1]}, "n_features=2: expected 1, the columns of held_out"),
        ({"inputs": np.full((3, 2), np.nan)}, "held_out.inputs: expected finite numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_one_line(held_out: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        evaluations.held_out_loss(model=SQUARES, held_out=held_out)


def test_a_model_that_does_not_say_what_it_takes_is_one_line() -> None:
    silent = models.autoencoder(n_features=2, n_hidden=1)._replace(takes=None)
    with pytest.raises(ArgumentError, match="^model: expected one that says what it takes$"):
        evaluations.held_out_loss(model=silent, held_out={"inputs": ROWS})
