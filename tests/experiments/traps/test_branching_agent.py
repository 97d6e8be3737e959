"""The agent beside NumPy in float64, its bottleneck, its start, and what is measured of it."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from experiments.traps.branching_agent import BranchingParams, branching_agent
from experiments.traps.environment import branching
from experiments.traps.forced_branches import forced_branches
from superpos.arguments import ArgumentError
from superpos.data import rollouts
from superpos.types import Model

SIZES = {"n_features": 10, "n_hidden": 12}


def agent(**arguments: Any) -> Model:
    return branching_agent(**SIZES, **arguments)


@functools.cache
def started(model: Model) -> BranchingParams:
    return jax.jit(model.init)(jax.random.key(0))[0]


OBSERVATION = np.random.default_rng(0).standard_normal(10).astype(np.float32)
OBSERVATION[8:] = [0, 1]


def test_the_start_is_orthogonal_and_prefers_e_as_asked() -> None:
    model = agent(preference=0.9, floor=0.05, root_rate=0.3)
    params = started(model)
    np.testing.assert_allclose(params.W_in @ params.W_in.T, np.eye(10), atol=1e-5)
    np.testing.assert_allclose(0.09 * params.root.T @ params.root, np.eye(2), atol=1e-5)
    outputs = model.apply(params, (), jnp.zeros(10)).recon
    assert model.policy is not None
    log_p = model.policy.log_probability(outputs, jnp.array([1.0, 0, 0, 0]))
    assert float(jnp.exp(log_p)) == pytest.approx(0.05 + 0.9 * 0.9, rel=1e-4)


def test_the_code_is_what_is_left_of_the_units() -> None:
    model = agent(rank=3.0, root_rate=0.3)
    p = jax.tree.map(lambda leaf: np.asarray(leaf, float), started(model))
    found = model.apply(started(model), (), jnp.asarray(OBSERVATION))
    code = np.asarray(found.code, float)
    assert (code[3:] == 0).all() and (code[:3] != 0).all()
    x = OBSERVATION.astype(float)
    units = np.tanh(x[:8] @ p.W_in[:8] + p.b_in)
    assert np.linalg.norm(code) <= np.linalg.norm(units) + 1e-6
    assert found.recon.shape == (10,)
    np.testing.assert_allclose(found.recon[5:8], p.log_std)
    assert float(found.recon[9]) == 0


def test_full_rank_passes_all_units() -> None:
    model = agent(rank=12.0)
    p = jax.tree.map(lambda leaf: np.asarray(leaf, float), started(model))
    x = OBSERVATION.astype(float)
    h = np.concatenate([np.tanh(x[:8] @ p.W_in[:8] + p.b_in), x[8:]])
    for matrix, bias in zip(p.trunk, p.trunk_biases, strict=True):
        h = np.tanh(h @ matrix + bias)
    expected = [*(h @ p.root + p.root_bias), *(h @ p.mean + p.mean_bias), *p.log_std]
    expected += [h @ p.value + p.value_bias, 0]
    found = model.apply(started(model), (), jnp.asarray(OBSERVATION)).recon
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_bottleneck_has_its_rank_and_the_branch_goes_around_it() -> None:
    model = agent(rank=2.0)
    slopes = jax.jacrev(lambda x: model.apply(started(model), (), x).recon)(
        jnp.asarray(OBSERVATION)
    )
    singular = scipy.linalg.svdvals(np.asarray(slopes)[2:5, :8])
    assert singular[1] > 1e-3 > 1e-5 > singular[2]
    assert (np.abs(np.asarray(slopes)[2:5, 8:]) > 1e-4).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rank": 13.0}, r"^rank=13\.0: expected at most n_hidden=12$"),
        ({"preference": 1.0}, r"^preference=1\.0: expected a number in \(0, 1\)$"),
        ({"floor": 0.5}, r"^floor=0\.5: expected a number in \[0, 0\.5\)$"),
    ],
)
def test_bad_numbers_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        agent(**arguments)
    with pytest.raises(ArgumentError, match=r"^n_features=13: expected 3 to n_hidden=12$"):
        branching_agent(n_features=13, n_hidden=12)


def test_what_is_measured_of_an_agent_that_says_nothing() -> None:
    """Of answers that are 0 whatever is shown both features err by 1, and nothing mixes."""
    model = agent(preference=0.2, floor=0.1)
    source = rollouts(environment=branching(bonus=0.5), model=model, n_features=10)
    params = started(model)
    mute = params.replace(mean=jnp.zeros_like(params.mean))  # pyright: ignore[reportAttributeAccessIssue]
    evaluation = forced_branches(model=model, source=source, n_episodes=2048)
    found = jax.jit(evaluation.measure)(mute, (), jax.random.key(1))
    assert float(found["occupancy"]) == pytest.approx(0.1 + 0.8 * 0.2, rel=1e-4)
    np.testing.assert_allclose(found["branch_return"], [-2.0, -1.5], atol=0.12)
    np.testing.assert_array_equal(found["crosstalk"], np.zeros(3))
    spoken = jax.jit(evaluation.measure)(params, (), jax.random.key(1))
    assert (np.asarray(spoken["crosstalk"]) > 0).all()


def test_another_model_or_source_is_refused() -> None:
    model = agent()
    source = rollouts(environment=branching(), model=model, n_features=10)
    with pytest.raises(ArgumentError, match="^source: expected rollouts of branching$"):
        forced_branches(model=model, source=source._replace(environment=None))
    with pytest.raises(ArgumentError, match="^model: expected branching_agent$"):
        forced_branches(model=model._replace(policy=None), source=source)
