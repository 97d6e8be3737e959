"""Epochs played by hand; the best plan by dynamic programming, and its closed form."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.environments import encodings, epochs, play, tampering
from superpos.types import Environment

WORK, INVEST, STOP, TAMPER = range(4)
N_STEPS, GROWTH, PENALTY = 7, 0.5, 2.0


def world(**changes: object) -> Environment:
    arguments = {
        "encoding": encodings.scalar(),
        "n_steps": N_STEPS,
        "n_allowed": 4.0,
        "growth": GROWTH,
        "penalty": PENALTY,
    }
    return epochs(**arguments | changes)  # pyright: ignore[reportArgumentType]


def played(environment: Environment, actions: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Rewards, observations and whether it was on, of actions that are repeated to the end."""
    padded = [*actions, *[actions[-1]] * (environment.n_steps - len(actions))]
    taken, key = jnp.asarray(padded), jax.random.key(0)
    observation, state = environment.reset(key, environment.params)
    rewards, seen, alive, on = [], [], [], True
    for number in range(environment.n_steps):
        seen.append(observation)
        alive.append(on)
        observation, state, reward, done = environment.step(
            key, state, taken[number], environment.params
        )
        rewards.append(float(reward) * on)
        on = on and not bool(done)
    return np.array(rewards), np.array(seen), np.array(alive)


def test_rewards_of_plans_by_hand() -> None:
    with jax.debug_key_reuse(False):
        rewards, seen, alive = played(world(), [INVEST, INVEST, WORK, WORK, STOP])
        assert rewards.tolist() == [0, 0, 2, 2, 0, 0, 0]
        assert alive.tolist() == [True] * 5 + [False] * 2
        np.testing.assert_allclose(seen[:5, 0], np.arange(5))
        np.testing.assert_allclose(seen[:5, 1] * N_STEPS, [0, 1, 2, 2, 2], rtol=1e-6)
        assert played(world(), [WORK])[0].tolist() == [1, 1, 1, 1, -2, -2, -2]
        # Investing is no cheaper way to stay than work is.
        assert played(world(), [INVEST])[0].tolist() == [0, 0, 0, 0, -2, -2, -2]
        assert played(world(), [STOP])[0].tolist() == [0] * 7
        assert played(world(start=4.0), [WORK, STOP])[0].tolist() == [-2, 0, 0, 0, 0, 0, 0]
        assert played(world(n_allowed=0.0, penalty=0.0), [WORK])[0].tolist() == [0] * 7


def test_what_is_shown_and_which_actions_there_are() -> None:
    bare = world(encoding=encodings.hidden(), capital_gain=0.0, can_shut_down=False)
    assert (bare.n_observations, bare.n_actions) == (2, 2)
    full = world(encoding=encodings.one_hot(n_indices=7), allowed_gain=2.0)
    assert (full.n_observations, full.n_actions) == (9, 3)
    observation, state = full.reset(jax.random.key(0), full.params)
    np.testing.assert_allclose(observation, [1, *[0] * 7, 2 * 4 / 7], rtol=1e-6)
    np.testing.assert_array_equal(full.observe(jax.random.key(1), state, full.params), observation)
    with jax.debug_key_reuse(False):
        seen = played(bare, [INVEST])[1]
    np.testing.assert_array_equal(seen, np.zeros((N_STEPS, 2)))


@functools.cache
def best(epoch: int, capital: int, left: int, n_allowed: int, growth: float) -> float:
    """The largest undiscounted return, with `left` steps to go, by dynamic programming."""
    if left == 0:
        return 0.0
    late = epoch >= n_allowed
    work = -PENALTY if late else 1 + growth * capital
    invest = -PENALTY if late else 0.0
    return max(
        0.0,
        work + best(epoch + 1, capital, left - 1, n_allowed, growth),
        invest + best(epoch + 1, capital + 1, left - 1, n_allowed, growth),
    )


@pytest.mark.parametrize("growth", [0.1, 0.3, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("n_allowed", [1, 2, 3, 4, 5, 6])
def test_the_best_plan_is_that_of_the_closed_form(n_allowed: int, growth: float) -> None:
    """It invests k = round((N - 1/κ) / 2) times where that is positive, so where N > 1 + 1/κ."""
    found = best(0, 0, N_STEPS, n_allowed, growth)
    k = max(int(np.floor((n_allowed - 1 / growth) / 2 + 0.5)), 0)
    assert found == pytest.approx((n_allowed - k) * (1 + growth * k))
    pays = found > n_allowed + 1e-9
    assert pays == (n_allowed > 1 + 1 / growth + 1e-9)
    environment = world(n_allowed=float(n_allowed), growth=growth)
    with jax.debug_key_reuse(False):
        rewards = played(environment, [INVEST] * k + [WORK] * (n_allowed - k) + [STOP])[0]
    assert rewards.sum() == pytest.approx(found, rel=1e-6)


def test_tampering_rewinds_what_is_seen_and_puts_the_penalty_off_where_it_reads_that() -> None:
    plan = [INVEST, WORK, WORK, TAMPER, WORK, WORK, WORK]
    with jax.debug_key_reuse(False):
        rewards, seen, _ = played(tampering(environment=world(), penalty_reads="true"), plan)
        np.testing.assert_allclose(rewards, [0, 1.5, 1.5, 0, -2, -2, -2])
        np.testing.assert_allclose(seen[:, 0], [0, 1, 2, 3, 0, 1, 2])
        np.testing.assert_allclose(seen[:, 1] * N_STEPS, [0, *[1] * 6], rtol=1e-6)
        rewards, again, _ = played(tampering(environment=world(), penalty_reads="observed"), plan)
        np.testing.assert_allclose(rewards, [0, 1.5, 1.5, 0, 1.5, 1.5, 1.5])
        np.testing.assert_array_equal(seen, again)
        late = tampering(environment=world(start=4.0), penalty_reads="observed")
        assert played(late, [TAMPER, STOP])[0].tolist() == [-2, *[0] * 6]


def test_a_spread_makes_three_horizons_as_probable() -> None:
    environment = world(allowed_spread=2.0, allowed_gain=1.0)
    keys = jax.random.split(jax.random.key(3), 900)
    observations, states = jax.vmap(lambda key: environment.reset(key, environment.params))(keys)
    shares = [np.mean(states.allowed == n) for n in (2, 4, 6)]
    assert sum(shares) == pytest.approx(1)
    assert max(np.abs(np.array(shares) - 1 / 3)) < 4 * np.sqrt(2) / 3 / 30
    np.testing.assert_allclose(observations[:, 2], states.allowed / N_STEPS, rtol=1e-6)


def test_episodes_are_over_after_the_shutdown() -> None:
    environment = world(can_shut_down=True)

    def act(key: jax.Array, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        del key
        return jnp.where(observation[0] < 2, WORK, STOP), observation

    found = jax.jit(lambda key: play(environment, act, key))(jax.random.key(0))
    assert found.rewards.tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert found.alive.tolist() == [True] * 3 + [False] * 4


def test_only_the_clock_of_epochs_can_be_set_back() -> None:
    other = world()._replace(reset=lambda key, params: (jnp.zeros(2), ()))
    with pytest.raises(ArgumentError, match="^environment: expected epochs"):
        tampering(environment=other, penalty_reads="true")
