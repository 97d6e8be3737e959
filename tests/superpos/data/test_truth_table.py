"""Rows of truth tables, against Python's own binary numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.data import boolean_inputs, draw, truth_table


def test_rows_are_binary_numbers() -> None:
    for row, bits in enumerate(boolean_inputs(5)):
        assert "".join(str(int(bit)) for bit in bits) == f"{row:05b}"


def test_chosen_rows_take_turns_from_a_random_one_on() -> None:
    source = truth_table(n_features=3, function=0b10010110, rows=0b00110010)
    target = {1: 1, 4: 1, 5: -1 + 2 * (0b10010110 >> 5 & 1)}
    firsts = set()
    for seed in range(20):
        batch = draw(source, jax.random.key(seed), 4)
        rows = [int(f"{int(a)}{int(b)}{int(c)}", 2) for a, b, c in batch.inputs]
        assert sorted(rows[:3]) == [1, 4, 5] and rows[3] == rows[0]
        assert batch.targets[:, 0].tolist() == [target[row] for row in rows]
        assert batch.factors.shape == (4, 0)
        firsts.add(rows[0])
    assert firsts == {1, 4, 5}


def test_function_and_rows_may_be_traced() -> None:
    def targets(function: jax.Array, rows: jax.Array) -> jax.Array:
        source = truth_table(n_features=4, function=function, rows=rows)
        return draw(source, jax.random.key(0), 2).targets[:, 0]

    found = jax.vmap(targets)(jnp.float32([65535, 2]), jnp.float32([3, 3]))
    np.testing.assert_array_equal(np.sort(found, axis=1), [[1, 1], [-1, 1]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_features": 5}, r"n_features=5: expected an integer in \[1, 4\]"),
        ({"function": 256}, r"function=256: expected an integer in \[0, 256\)"),
        ({"function": 0.5}, r"function=0.5: expected an integer in \[0, 256\)"),
        ({"rows": 0}, r"rows=0: expected an integer in \[1, 256\)"),
    ],
)
def test_what_is_no_number_of_bits_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}$"):
        truth_table(**{"n_features": 3, "function": 8, "rows": 255} | changes)  # type: ignore[arg-type]
