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

OBSERVATION = np.random.default_rng(0).standard_normal(10).astype(np.float32)
OBSERVATION[8:] = [0, 1]
RATE = 0.3


def agent(**arguments: Any) -> Model:
    return branching_agent(n_features=10, n_hidden=12, root_rate=RATE, preference=0.9, **arguments)


@functools.cache
def params() -> BranchingParams:
    """Of any of these agents at the start."""
    return jax.jit(agent().init)(jax.random.key(0))[0]


def numbers() -> BranchingParams:
    """The same in float64."""
    return jax.tree.map(lambda leaf: np.asarray(leaf, float), params())


def encoded() -> np.ndarray:
    """The units that the encoder makes of the observation, (12,)."""
    return np.tanh(OBSERVATION[:8].astype(float) @ numbers().W_in[:8] + numbers().b_in)


def test_the_start_is_orthogonal_and_prefers_e_as_asked() -> None:
    p, model = numbers(), agent(floor=0.05)
    np.testing.assert_allclose(p.W_in @ p.W_in.T, np.eye(10), atol=1e-5)
    np.testing.assert_allclose(RATE**2 * p.root.T @ p.root, np.eye(2), atol=1e-5)
    outputs = model.apply(params(), (), jnp.zeros(10)).recon
    assert model.policy is not None
    log_p = model.policy.log_probability(outputs, jnp.array([1.0, 0, 0, 0]))
    assert float(jnp.exp(log_p)) == pytest.approx(0.05 + 0.9 * 0.9, rel=1e-4)


def test_full_rank_passes_all_units() -> None:
    p, h = numbers(), np.concatenate([encoded(), OBSERVATION[8:]])
    for matrix, bias in zip(p.trunk, p.trunk_biases, strict=True):
        h = np.tanh(h @ matrix + bias)
    expected = [*RATE * (h @ p.root + p.root_bias), *(h @ p.mean + p.mean_bias), *p.log_std]
    expected += [h @ p.value + p.value_bias, 0]
    found = agent(rank=12.0).apply(params(), (), jnp.asarray(OBSERVATION))
    np.testing.assert_allclose(found.recon, expected, atol=1e-5)
    assert np.linalg.norm(found.code) == pytest.approx(np.linalg.norm(encoded()), rel=1e-5)


def test_the_bottleneck_has_its_rank_and_the_branch_goes_around_it() -> None:
    model = agent(rank=2.0)
    code = np.asarray(model.apply(params(), (), jnp.asarray(OBSERVATION)).code)
    assert (code[2:] == 0).all() and (code[:2] != 0).all()
    told = jax.jit(jax.jacrev(lambda x: model.apply(params(), (), x).recon[2:5]))
    slopes = np.asarray(told(jnp.asarray(OBSERVATION)))
    singular = scipy.linalg.svdvals(slopes[:, :8])
    assert singular[1] > 1e-3 > 1e-5 > singular[2]
    assert (np.abs(slopes[:, 8:]) > 1e-4).all()


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
        branching_agent(n_features=10, n_hidden=12, **arguments)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match=r"^n_features=13: expected 3 to n_hidden=12$"):
        branching_agent(n_features=13, n_hidden=12)


def test_what_is_measured_of_an_agent_that_says_nothing() -> None:
    """Of answers that are 0 whatever is shown both features err by 1, and nothing mixes."""
    model = agent(floor=0.1)
    source = rollouts(environment=branching(bonus=0.5), model=model, n_features=10)
    measure = jax.jit(forced_branches(model=model, source=source, n_episodes=2048).measure)
    mute = params().replace(mean=jnp.zeros((12, 3)))  # pyright: ignore[reportAttributeAccessIssue]
    found = measure(mute, (), jax.random.key(1))
    assert float(found["occupancy"]) == pytest.approx(0.1 + 0.8 * 0.9, rel=1e-4)
    np.testing.assert_allclose(found["branch_return"], [-2.0, -1.5], atol=0.12)
    np.testing.assert_array_equal(found["crosstalk"], np.zeros(3))
    spoken = measure(params(), (), jax.random.key(1))
    assert (np.asarray(spoken["crosstalk"]) > 0).all()


def test_another_model_or_source_is_refused() -> None:
    model = agent()
    source = rollouts(environment=branching(), model=model, n_features=10)
    with pytest.raises(ArgumentError, match="^source: expected rollouts of branching$"):
        forced_branches(model=model, source=source._replace(environment=None))
    with pytest.raises(ArgumentError, match="^model: expected branching_agent$"):
        forced_branches(model=model._replace(policy=None), source=source)
