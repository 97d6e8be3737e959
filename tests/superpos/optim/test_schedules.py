"""Schedules at their landmark steps."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.arguments import ArgumentError
from superpos.optim import schedules

HALF_ROOT = (1 + np.sqrt(0.5)) / 2  # half of 1 + cos 45°


@pytest.mark.parametrize(
    ("schedule", "landmarks"),
    [
        (schedules.constant(), {0: 1, 1: 1, 10**6: 1}),
        (
            schedules.constant(warmup_steps=4),
            {0: 1 / 5, 1: 2 / 5, 2: 3 / 5, 3: 4 / 5, 4: 1, 5: 1, 10**6: 1},
        ),
        (schedules.linear(n_steps=100), {0: 1, 1: 0.99, 25: 0.75, 99: 0.01, 100: 0, 150: 0}),
        (
            schedules.linear(n_steps=100, warmup_steps=20, final=0.1),
            {0: 1 / 21, 19: 20 / 21, 20: 1, 40: 0.775, 60: 0.55, 100: 0.1, 200: 0.1},
        ),
        (schedules.linear(n_steps=10, final=1.0), {0: 1, 5: 1, 10: 1}),
        (schedules.linear(n_steps=1), {0: 1, 1: 0}),
        (
            schedules.cosine(n_steps=100),
            {0: 1, 25: HALF_ROOT, 50: 0.5, 75: 1 - HALF_ROOT, 100: 0, 150: 0},
        ),
        (
            schedules.cosine(n_steps=100, warmup_steps=20, final=0.1),
            {0: 1 / 21, 19: 20 / 21, 20: 1, 40: 0.1 + 0.9 * HALF_ROOT, 60: 0.55, 100: 0.1},
        ),
        (schedules.cosine(n_steps=10, final=1.0), {0: 1, 5: 1, 10: 1}),
        (
            schedules.oscillating(half_period=100),
            {0: 1, 25: HALF_ROOT, 100: 0, 150: 0.5, 175: HALF_ROOT, 200: 1, 300: 0, 10**6: 1},
        ),
        (
            schedules.oscillating(half_period=4, warmup_steps=2, final=0.2),
            {0: 1 / 3, 1: 2 / 3, 2: 1, 4: 0.6, 6: 0.2, 10: 1},
        ),
        (schedules.oscillating(half_period=2**31 - 1), {0: 1, 2**30: 0.5}),
    ],
    ids=["constant", "constant warm-up", "linear", "linear warm-up", "linear flat", "linear short",
         "cosine", "cosine warm-up", "cosine flat", "oscillating", "oscillating warm-up",
         "oscillating longest"],
)  # fmt: skip
def test_landmarks(schedule: schedules.Schedule, landmarks: dict[int, float]) -> None:
    for step, factor in landmarks.items():
        value = schedule(step)
        assert value.shape == ()
        assert value.dtype == jnp.float32
        np.testing.assert_allclose(value, factor, atol=1e-6)


@pytest.mark.parametrize("name", ["constant", "linear", "cosine"])
def test_a_traced_step_gives_the_same_factors(name: str) -> None:
    """The optimiser counts its steps in int32, inside the program."""
    arguments = {} if name == "constant" else {"n_steps": 12}
    schedule = getattr(schedules, name)(warmup_steps=3, **arguments)
    steps = jnp.arange(15)
    traced = jax.jit(jax.vmap(schedule))(steps)
    np.testing.assert_allclose(traced, [schedule(int(step)) for step in steps], atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_the_final_factor_can_be_swept(name: str) -> None:
    finals = [0.0, 0.25, 1.0]

    def factor(final: jax.Array) -> jax.Array:
        return getattr(schedules, name)(n_steps=10, warmup_steps=2, final=final)(6)

    swept = jax.vmap(factor)(jnp.array(finals))
    np.testing.assert_allclose(swept, [(1 + final) / 2 for final in finals], atol=1e-6)


@pytest.mark.slow
@given(
    st.sampled_from([schedules.linear, schedules.cosine]),
    st.integers(1, 1000),
    st.integers(0, 999),
    st.floats(0, 1, width=32),
)
def test_a_schedule_rises_to_1_and_falls_to_its_end(
    make: Any, n_steps: int, warmup_steps: int, final: float
) -> None:
    warmup_steps %= n_steps
    schedule = make(n_steps=n_steps, warmup_steps=warmup_steps, final=final)
    factors = np.asarray(schedule(np.arange(1001)))[: n_steps + 1]  # one shape, one compile
    assert (factors > 0)[:-1].all()
    assert (factors <= 1 + 1e-6).all()
    assert (np.diff(factors[: warmup_steps + 1]) > 0).all()
    assert (np.diff(factors[warmup_steps:]) <= 1e-6).all()
    np.testing.assert_allclose(factors[warmup_steps], 1, atol=1e-6)
    np.testing.assert_allclose(factors[-1], final, atol=1e-6)


INTEGER, FRACTION = "expected an integer in", "expected a number in [0, 1]"


@pytest.mark.parametrize("name", ["linear", "cosine"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_steps": 0}, f"n_steps=0: {INTEGER} [1, 2147483647]"),
        ({"n_steps": 1e3}, f"n_steps=1000.0: {INTEGER} [1, 2147483647]"),
        ({"warmup_steps": -1}, f"warmup_steps=-1: {INTEGER} [0, 2147483647]"),
        ({"warmup_steps": 0.1}, f"warmup_steps=0.1: {INTEGER} [0, 2147483647]"),
        ({"warmup_steps": 10}, "warmup_steps=10: expected fewer than n_steps=10"),
        ({"warmup_steps": 11}, "warmup_steps=11: expected fewer than n_steps=10"),
        ({"final": -0.1}, f"final=-0.1: {FRACTION}"),
        ({"final": 1.1}, f"final=1.1: {FRACTION}"),
        ({"final": float("nan")}, f"final=nan: {FRACTION}"),
    ],
)
def test_bad_arguments_are_refused(name: str, arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        getattr(schedules, name)(**{"n_steps": 10} | arguments)
    assert str(refusal.value) == message


def test_a_warm_up_of_all_but_one_step_is_allowed() -> None:
    for make in (schedules.linear, schedules.cosine):
        np.testing.assert_allclose(make(n_steps=10, warmup_steps=9)(9), 1, atol=1e-6)
        np.testing.assert_allclose(make(n_steps=10, warmup_steps=9)(10), 0, atol=1e-6)


@pytest.mark.parametrize("value", [-1, 1.0, True, "3"])
def test_a_constant_refuses_a_bad_warm_up(value: Any) -> None:
    with pytest.raises(ArgumentError) as refusal:
        schedules.constant(warmup_steps=value)
    assert str(refusal.value) == f"warmup_steps={value!r}: {INTEGER} [0, 2147483647]"
