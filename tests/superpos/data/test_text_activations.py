"""Activations of texts as a source: rows of one token, and what is held out."""

import jax
import numpy as np
import pytest

from superpos import data
from superpos.arguments import ArgumentError
from tests import texts


def source(**changes):
    return data.text_activations(
        **{"n_features": texts.D_MLP, "activations": texts.activations(), **changes}
    )


def test_another_row_is_drawn_at_the_same_tokens() -> None:
    rows = np.asarray(texts.activations()["inputs"])
    place = {row.tobytes(): at for of_row in rows for at, row in enumerate(of_row)}
    drawn = [
        [
            place[x.tobytes()]
            for x in np.asarray(data.draw(source(row=row), jax.random.key(0), 64).inputs)
        ]
        for row in (0, 1)
    ]
    assert drawn[0] == drawn[1]
    assert len({*drawn[0]}) > 20


def test_what_is_held_out_is_that_of_its_row() -> None:
    given = texts.activations()
    for row in (0, 1):
        np.testing.assert_array_equal(source(row=row).held_out, given["held_out"][row])
    batch = data.draw(source(row=1), jax.random.key(0), 8)
    np.testing.assert_array_equal(batch.inputs, batch.targets)
    assert batch.factors.shape == (8, 0)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"n_features": 5}, "n_features=5: expected the 24 of activations"),
        ({"activations": {"inputs": texts.activations()["inputs"]}}, "has no held_out"),
        ({"activations": {"inputs": np.zeros((3, 24))}}, r"activations.inputs of shape \(3, 24\)"),
        ({"row": -1}, r"row=-1: expected a number in \[0, inf\)"),
        ({"row": 2}, r"row=2: expected an integer in \[0, 1\]"),
        ({"row": 0.5}, "row=0.5: expected an integer"),
    ],
)
def test_other_arrays_are_refused_in_one_line(changes, line) -> None:
    with pytest.raises(ArgumentError, match=line) as caught:
        source(**changes)
    assert "\n" not in str(caught.value)
