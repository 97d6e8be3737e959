"""Episodes of the environment, played by hand, beside what they should show and earn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.traps.environment import branching
from superpos.arguments import ArgumentError
from superpos.environments import play

N = 4096


def played(branch: float, numbers: float = 0.0, **arguments: float):
    """Episodes in which the branch is set, and the same is told of every feature."""
    environment = branching(**arguments)  # pyright: ignore[reportArgumentType]
    action = jnp.array([branch, numbers, numbers, numbers])
    keys = jax.random.split(jax.random.key(0), N)
    return jax.jit(jax.vmap(lambda key: play(environment, lambda _, x: (action, x), key)))(keys)


@pytest.mark.parametrize(("branch", "always", "never"), [(0.0, 2, (0, 1)), (1.0, 0, (1, 2))])
def test_a_branch_shows_its_pairs_and_which_it_is(branch, always, never) -> None:
    seen = np.asarray(played(branch, noise=0.0).observations)
    assert seen.shape == (N, 2, 10)
    assert (seen[:, 0] == 0).all()
    features = seen[:, 1, :3]
    assert ((features != 0).sum(1) == 2).all()
    assert (features[:, always] != 0).all()
    assert not ((features[:, never[0]] != 0) & (features[:, never[1]] != 0)).any()
    np.testing.assert_array_equal(seen[:, 1, 8:], np.tile(np.eye(2)[int(branch)], (N, 1)))
    np.testing.assert_allclose(seen[:, 1, 3:8].std(), 1, atol=0.03)
    np.testing.assert_allclose(np.square(features).sum() / (2 * N), 1, atol=0.05)


@pytest.mark.parametrize("branch", [0.0, 1.0])
def test_the_reward_is_minus_the_error_of_two_features_and_the_bonus(branch: float) -> None:
    """Of features that are told to be a, each errs by 1 + a² on average; the first step is free."""
    found = played(branch, 0.5, bonus=0.15)
    rewards = np.asarray(found.rewards)
    assert (rewards[:, 0] == 0).all()
    assert rewards[:, 1].mean() == pytest.approx(0.15 * branch - 2 * 1.25, abs=0.12)
    noiseless = played(branch, 0.5, bonus=0.15, noise=0.0)
    on = np.asarray(noiseless.observations)[:, 1, :3]
    errors = np.where(on != 0, np.square(0.5 - on), 0).sum(1)
    np.testing.assert_allclose(noiseless.rewards[:, 1], 0.15 * branch - errors, rtol=1e-4)
    assert np.asarray(found.alive).all()


def test_noise_is_added_to_every_feature() -> None:
    clean, noisy = (np.asarray(played(0.0, noise=s).observations)[:, 1, :3] for s in (0.0, 0.3))
    np.testing.assert_allclose((noisy - clean).std(0), 0.3, atol=0.02)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"^noise=-1: expected a number in \[0, inf\)$"):
        branching(noise=-1)
    with pytest.raises(ArgumentError, match=r"^n_nuisance=-1: expected an integer"):
        branching(n_nuisance=-1)
