"""A stored config of every registered model makes the model again."""

import chex
import jax
import pytest

from experiments.registry import REGISTRY
from superpos.train import store
from tests.components import DATA, build, names_of
from tests.stored import config_text, stored


@pytest.mark.parametrize("name", names_of("model"))
def test_a_model_comes_back_from_its_config_and_its_leaves(name: str) -> None:
    params, state = build("model", name, {}).init(jax.random.key(3))
    found = store.member(
        stored(params, state, config_text(*DATA.get(name, ()), f"model={name}")), REGISTRY
    )
    chex.assert_trees_all_equal((found.params, found.state), (params, state))
    takes = found.model.takes
    assert takes is not None
    x = jax.numpy.ones(takes.inputs.shape, takes.inputs.dtype)
    again = build("model", name, {}).apply(params, state, x)
    chex.assert_trees_all_equal(found.model.apply(found.params, found.state, x), again)
