"""The tuner of L0: one step by hand, and whether it ends where it was asked to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.saes import l0_tuner
from superpos.saes.tuner import PUBLISHED_STEPS, TunerState


def state_of(coefficient: float, l0: float, slope: float) -> TunerState:
    values = (jnp.float32(each) for each in (coefficient, l0, slope))
    return TunerState(**dict(zip(("coefficient", "l0", "slope"), values, strict=True)))


@pytest.mark.parametrize(("slope", "speed"), [(1.0, 1.0), (-1.0, 0.01)])
def test_an_update_is_the_published_one(slope: float, speed: float) -> None:
    """10 active latents too many; while they become fewer the coefficient hardly moves."""
    tuner = l0_tuner(target=10.0, n_steps=PUBLISHED_STEPS)
    found = tuner.tuned(state_of(2.0, 20.0, slope), jnp.float32(21.0), jnp.int32(500), 0)
    mean = 0.99 * 20 + 0.01 * 21
    np.testing.assert_allclose(found.l0, mean, rtol=1e-6)
    np.testing.assert_allclose(found.slope, 0.95 * slope + 0.05 * (mean - 20), rtol=1e-5)
    factor = 1 + 3e-4 * speed * np.tanh(10 * (mean - 10) / 10)
    np.testing.assert_allclose(found.coefficient, 2 * factor, rtol=1e-6)


def test_it_waits_for_the_warm_up_and_stays_within_bounds() -> None:
    tuner = l0_tuner(target=1.0, n_steps=100, most=1.2)
    waiting = tuner.tuned(state_of(1.0, 9.0, 0.0), jnp.float32(9), jnp.int32(4), 5)
    assert waiting.coefficient == 1
    assert tuner.tuned(waiting, jnp.float32(9), jnp.int32(5), 5).coefficient == np.float32(1.2)


@pytest.mark.parametrize("n_steps", [1000, 5000, 20000])
@pytest.mark.parametrize("target", [2.0, 8.0, 20.0])
def test_a_model_that_lags_behind_its_coefficient_reaches_its_l0(
    n_steps: int, target: float
) -> None:
    """L0 follows 12 c^-1/2 with a lag of a twentieth of the run and noise of 3 %."""
    tuner = l0_tuner(target=target, n_steps=n_steps)

    def update(step: jax.Array, loop: tuple[TunerState, jax.Array]) -> tuple[TunerState, jax.Array]:
        state, l0 = loop
        l0 = l0 + (12 / jnp.sqrt(state.coefficient) - l0) * 20 / n_steps
        noise = 1 + 0.03 * jax.random.normal(jax.random.fold_in(jax.random.key(0), step))
        return tuner.tuned(state, l0 * noise, step, 0), l0

    start = (tuner.start(2.0), jnp.float32(30.0))
    _, l0 = jax.jit(lambda: jax.lax.fori_loop(0, n_steps, update, start))()
    np.testing.assert_allclose(l0, target, rtol=0.05)
