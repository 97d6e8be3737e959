"""Functions of networks at their start, against those networks one by one."""

from typing import Any

import jax
import numpy as np
import pytest

from superpos import evaluations, models
from superpos.arguments import ArgumentError
from superpos.data import boolean_inputs
from superpos.types import Model


def model_of(n: int, **changes: int) -> Model:
    arguments: dict[str, Any] = {"n_features": n, "n_hidden": 4, "n_outputs": 1} | changes
    return models.mlp(**arguments, bias=True, init=models.inits.fan_in(bias_std=0.5))


@pytest.mark.parametrize("n", [3, 5, 6])
def test_words_hold_the_outputs_of_the_networks_that_were_drawn(n: int) -> None:
    model, key = model_of(n), jax.random.key(3)
    found = evaluations.boolean_functions(model=model, n_draws=3).measure((), (), key)["functions"]
    assert (found.shape, found.dtype) == ((3, max(1, 2**n // 32)), np.uint32)
    params, state = jax.vmap(lambda i: model.init(jax.random.fold_in(key, i)))(np.arange(3))
    for at in range(3):
        W, b = (
            [np.float64(leaf[at]) for leaf in leaves] for leaves in (params.weights, params.biases)
        )
        outputs = np.maximum(boolean_inputs(n) @ W[0] + b[0], 0) @ W[1] + b[1]
        number = sum(int(word) << (32 * place) for place, word in enumerate(found[at]))
        assert [bool(number >> row & 1) for row in range(2**n)] == (outputs[:, 0] > 0).tolist()
    assert state == ()


@pytest.mark.parametrize("changes", [{"n": 11}, {"n": 3, "n_outputs": 2}])
def test_other_models_are_one_line(changes: dict[str, int]) -> None:
    with pytest.raises(ArgumentError, match="^model: expected at most 10 inputs and one output"):
        evaluations.boolean_functions(model=model_of(**changes), n_draws=1)
