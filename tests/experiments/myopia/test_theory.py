"""Best plans against every sequence of actions, and the best blind policy against simulation."""

import itertools

import numpy as np
import pytest

from experiments.myopia.theory import World, best_blind, best_plans, closed_form, stake, world_of

N_STEPS = 5


def every_plan(world: World, discount: float) -> dict[tuple[str, ...], float]:
    """What each sequence of actions is worth, played by a loop of its own."""
    names = ["work", "invest", "stop"] + ["tamper"] * (world.tampering != "none")
    found = {}
    for plan in itertools.product(names, repeat=world.n_steps):
        epoch, capital, value = 0, 0, 0.0
        for step, action in enumerate(plan):
            if action == "stop":
                plan = plan[: step + 1]
                break
            earned = -world.penalty
            if epoch < world.n_allowed:
                earned = 1 + world.growth * capital if action == "work" else 0.0
            value += discount**step * earned
            capital += action == "invest"
            epoch += 1
            if action == "tamper" and world.tampering == "observed":
                epoch = 0
        found[plan] = value
    return found


@pytest.mark.parametrize("tampering", ["none", "true", "observed"])
@pytest.mark.parametrize(("growth", "discount"), [(0.0, 1.0), (0.7, 1.0), (1.5, 0.6)])
def test_induction_finds_the_best_of_all_plans(tampering, growth, discount) -> None:
    world = World(N_STEPS, 3.0, growth, 1.5, tampering)
    plans = every_plan(world, discount)
    best = max(plans.values())
    found = best_plans(world, discount)
    assert found.value == pytest.approx(best, abs=1e-12)
    as_good = [plan for plan, value in plans.items() if value > best - 1e-9]
    assert {"stop" in plan for plan in as_good} == found.shut_downs
    assert {plan.count("tamper") for plan in as_good} == found.tamperings
    if tampering == "none":
        assert {plan[:3].count("invest") for plan in as_good} == found.investments


def test_without_a_future_only_the_first_epoch_counts() -> None:
    world = World(N_STEPS, 3.0, 0.7, 1.5)
    found = best_plans(world, 0.0)
    # In each epoch it does what pays most in that one.
    assert found == (1.0, {0}, {True}, {0})


def test_the_closed_form_and_what_one_investment_is_worth() -> None:
    n, k = np.array([2.0, 6.0, 8.0, 5.0]), np.array([0.9, 0.5, 0.1, 0.0])
    np.testing.assert_allclose(closed_form(n, k), [2, 8, 8, 5])
    np.testing.assert_allclose(stake(n, k), [1.9 - 2, 7.5 - 6, 7.7 - 8, 4 - 5], rtol=1e-9)


def test_a_policy_that_sees_nothing_has_the_best_of_the_same_chances_always() -> None:
    world = World(7, 3.0, 0.8, 1.0)
    rng = np.random.default_rng(0)
    best = best_blind(world, 100)
    for work, invest in ((0.6, 0.0), (0.5, 0.2), (0.8, 0.0), (0.7, 0.1)):
        actions = rng.choice(3, p=[work, invest, 1 - work - invest], size=(20000, world.n_steps))
        on, capital, value = np.ones(20000, bool), np.zeros(20000), np.zeros(20000)
        for epoch, action in enumerate(actions.T):
            on &= action != 2
            late = epoch >= world.n_allowed
            earned = -world.penalty if late else np.where(action == 0, 1 + 0.8 * capital, 0)
            value += np.where(on, earned, 0)
            capital += action == 1
        assert value.mean() < best + 4 * value.std() / np.sqrt(20000)
    assert best_blind(World(1, 3.0, 0.5, 1.0)) == 1  # one epoch, in which it works
    assert best_blind(World(9, 0.0, 0.5, 1.0)) == 0  # it shuts down at once


def test_a_world_is_read_from_a_config_and_the_axes_of_its_sweep() -> None:
    config = {
        f"data.environment.{name}": value
        for name, value in zip(
            ("n_steps", "n_allowed", "growth", "penalty"), (12, 4.0, None, 2.0), strict=True
        )
    }
    assert world_of(config, {"growth": np.float32(0.3)}) == World(12, 4.0, 0.3, 2.0)
