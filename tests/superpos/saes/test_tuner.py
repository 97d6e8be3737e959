"""The tuner of L0: one step by hand, and whether it ends where it was asked to."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, optim, saes
from superpos.arguments import ArgumentError
from superpos.saes import l0_tuner, sparsity
from superpos.saes.tuner import PUBLISHED_STEPS, TunerState
from superpos.train import FitSpec, sweep, training
from superpos.types import Array, Evaluation, Key, Params, State, Training


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


def test_with_a_lead_the_coefficient_goes_by_where_l0_is_about_to_be() -> None:
    """20 that falls by 0.5 in an update is 5 in 30 updates, of which 10 were asked for."""
    tuner = l0_tuner(target=10.0, n_steps=200, lead=0.15)
    state = state_of(2.0, 20.5, -0.5)
    found = tuner.tuned(state, jnp.float32(18.5), jnp.int32(100), 0)  # a mean over 4 updates
    factor = 1 + 3e-4 * PUBLISHED_STEPS / 200 * np.tanh(3 * (5 - 10) / 10)
    np.testing.assert_allclose(found.l0, 20.0)
    np.testing.assert_allclose(found.slope, -0.5)
    np.testing.assert_allclose(found.coefficient, max(0.01, 2 * factor), rtol=1e-5)


@pytest.mark.parametrize("lead", [0.0, 0.15])
@pytest.mark.parametrize("n_steps", [1000, 5000, 20000])
@pytest.mark.parametrize("target", [2.0, 8.0, 20.0])
def test_a_model_that_lags_behind_its_coefficient_reaches_its_l0(
    n_steps: int, target: float, lead: float
) -> None:
    """L0 follows 12 c^-1/2 with a lag of a twentieth of the run and noise of 3 %."""
    tuner = l0_tuner(target=target, n_steps=n_steps, lead=lead)

    def update(step: jax.Array, loop: tuple[TunerState, jax.Array]) -> tuple[TunerState, jax.Array]:
        state, l0 = loop
        l0 = l0 + (12 / jnp.sqrt(state.coefficient) - l0) * 20 / n_steps
        noise = 1 + 0.03 * jax.random.normal(jax.random.fold_in(jax.random.key(0), step))
        return tuner.tuned(state, l0 * noise, step, 0), l0

    start = (tuner.start(2.0), jnp.float32(30.0))
    _, l0 = jax.jit(lambda: jax.lax.fori_loop(0, n_steps, update, start))()
    np.testing.assert_allclose(l0, target, rtol=0.05)


LEADS = {"relu": 0.0, "jumprelu": 0.15}
PENALTIES: dict[str, Any] = {"relu": sparsity.l1, "jumprelu": sparsity.step}
N_FEATURES, D_IN = 16, 8
TARGETS = [2.0, 3.0, 4.0, 15.0]
"""4 features are on in an example; 15 of 16 latents are not active at any coefficient allowed."""


@pytest.mark.slow
@pytest.mark.parametrize("architecture", PENALTIES)
def test_every_member_of_a_frontier_reaches_its_l0_or_is_flagged(architecture: str) -> None:
    """To 5 % on fresh examples; and the flag says so of those that do, and not of the other."""
    spec = FitSpec(n_steps=2400, batch_size=64, log_every=200)
    source = data.embedded(
        n_features=D_IN,
        data=data.sparse_uniform(n_features=N_FEATURES, density=4 / N_FEATURES),
        directions=data.orthogonalised(0, N_FEATURES, D_IN),
    )

    def build(point: Mapping[str, Any]) -> Training:
        model = getattr(saes, architecture)(
            d_in=D_IN,
            d_code=N_FEATURES,
            sparsity=PENALTIES[architecture](coefficient=1.0),
            tuner=l0_tuner(target=point["target"], n_steps=spec.n_steps, lead=LEADS[architecture]),
        )

        def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
            inputs = data.draw(source, key, 4096).inputs
            code = jax.vmap(model.apply, in_axes=(None, None, 0))(params, state, inputs).code
            return {"fresh_l0": jnp.sum(code != 0, axis=1).mean()}

        fresh = Evaluation(measure, at_end=True)
        tx = optim.sae_adam(learning_rate=3e-3)
        return training(model=model, source=source, tx=tx, evaluations={"fresh": fresh}, spec=spec)

    axes = {"target": TARGETS, "seed": [0]}
    found = sweep(build, key=jax.random.key(0), axes=axes).isel(seed=0)
    fresh = found["fresh_l0"].to_numpy().squeeze()
    np.testing.assert_allclose(fresh[:-1], TARGETS[:-1], rtol=0.05)
    reached = found["l0_reached"].to_numpy()[:, -1]
    assert (reached[:-1] > 0.9).all(), reached
    assert abs(fresh[-1] / TARGETS[-1] - 1) > 0.05 and reached[-1] == 0


def test_bounds_that_cross_and_a_target_out_of_reach_are_refused() -> None:
    """The target of the penalty as well as that of the tuner."""
    with pytest.raises(ArgumentError, match=r"^least=10\.0: expected at most most=1\.0$"):
        l0_tuner(target=2.0, n_steps=10, least=10.0, most=1.0)
    for target, own in ((2.0, 100.0), (100.0, 2.0)):
        name = "tuner" if target > own else "sparsity"
        with pytest.raises(ArgumentError, match=f"^{name}.target=100.0: expected at most the 6 "):
            saes.jumprelu(
                d_in=4,
                d_code=6,
                sparsity=sparsity.quadratic(target=own),
                tuner=l0_tuner(target=target, n_steps=10),
            )
