"""Targets of episodes, there and back."""

import numpy as np
import pytest

from superpos.environments.transitions import Transitions, n_columns, packed, unpacked


@pytest.mark.parametrize("d_action", [0, 1, 3])
def test_columns_are_those_that_were_packed(d_action: int) -> None:
    rng = np.random.default_rng(0)
    shape = (2, 4)
    action = rng.integers(0, 5, shape) if d_action == 0 else rng.normal(size=(*shape, d_action))
    names = ("advantage", "value_target", "log_probability", "alive", "reward")
    columns = {name: rng.normal(size=shape).astype(np.float32) for name in names}
    targets = packed(Transitions(action=action, **columns))  # pyright: ignore[reportArgumentType]
    assert targets.shape == (*shape, n_columns(d_action))
    np.testing.assert_array_equal(targets[..., -2], columns["alive"])
    again = unpacked(targets, d_action)
    np.testing.assert_array_equal(again.action, np.asarray(action, again.action.dtype))
    assert np.issubdtype(again.action.dtype, np.integer) == (d_action == 0)
    for name in names:
        np.testing.assert_array_equal(getattr(again, name), columns[name])
