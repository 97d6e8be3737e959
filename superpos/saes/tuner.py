"""A coefficient that is tuned while a model trains, until its L0 is the one that was asked for."""

import math
from typing import Annotated, NamedTuple

import flax.struct
import jax.numpy as jnp

from superpos.arguments import Count, Interval, Positive, factory, shown
from superpos.required import require
from superpos.types import Array, Scalar

PUBLISHED_STEPS = 200_000_000 // 1024
"""Updates of the run for which the rates below were published."""
RATE = 3e-4
STEEPNESS = 10.0
WHILE_CONVERGING = 0.01
L0_HORIZON = 100.0
"""Updates that the running mean of L0 is over, a decay of .99."""
LEAST_HORIZON, LEAST_PART = 20.0, 1 / 200
"""In a shorter run it is over this many or this part of the run, whichever is less."""
AHEAD_STEEPNESS, AHEAD_HORIZON = 3.0, 1 / 50
"""Of a tuner that looks ahead: what stands for STEEPNESS, and the updates of the mean as a part of
the run, as its slope counts for more."""
FixedPart = Annotated[float, Interval("[0, 1)")]
SLOPE_RATE = 5
"""Its slope is over a fifth of these updates, a decay of .95."""


@flax.struct.dataclass(kw_only=True)
class TunerState:
    """What a tuner remembers, all float32 ().

    Attributes:
        coefficient: of the penalty, as it is now.
        l0: running mean of the L0 of batches.
        slope: running mean of how that changes in an update.
    """

    coefficient: Array
    l0: Array
    slope: Array


class Tuner(NamedTuple):
    """Pure arithmetic in the state of a model, so that it maps over members.

    Attributes:
        target: the mean number of active latents that is asked for.
        gain: the largest relative change of the coefficient in an update.
        steepness: of the change in the relative error of L0, where that is small.
        horizon: updates that the running mean of L0 is over.
        lead: updates by which L0 is foreseen, along its slope; 0 goes by what it is, and hardly
            changes the coefficient while L0 comes nearer.
        end: the update at which the gain has fallen to 0, from half of them on; inf is never.
        least: of the coefficient.
        most: of the coefficient.
    """

    target: Scalar
    gain: float
    steepness: float
    horizon: float
    lead: float
    end: float
    least: Scalar
    most: Scalar

    def start(self, coefficient: Scalar) -> TunerState:
        """The state before the first update."""
        zero = jnp.zeros(())
        return TunerState(coefficient=zero + coefficient, l0=zero, slope=zero)

    def tuned(self, state: TunerState, l0: Array, step: Array, warmup_steps: int) -> TunerState:
        """The state after an update.

        Args:
            state: before it.
            l0: of its batch, ().
            step: number of the update, from 0 on, int32 ().
            warmup_steps: updates in which the coefficient stays as it is.
        """
        new = jnp.maximum(1 / (1.0 + step), 1 / self.horizon)
        mean = state.l0 + new * (l0 - state.l0)
        change = jnp.where(step == 0, 0.0, mean - state.l0)
        slope = state.slope + min(1.0, SLOPE_RATE / self.horizon) * (change - state.slope)
        error = (mean + self.lead * slope - self.target) / self.target
        speed = 1.0 if self.lead else jnp.where(error * slope < 0, WHILE_CONVERGING, 1.0)
        speed = speed * jnp.clip(2 * (1 - step / self.end), 0, 1)
        factor = 1 + self.gain * speed * jnp.tanh(self.steepness * error)
        tuned = jnp.clip(state.coefficient * factor, self.least, self.most)
        tuned = jnp.where(step < warmup_steps, state.coefficient, tuned)
        found = TunerState(coefficient=tuned, l0=mean, slope=slope)
        return TunerState(
            **{name: getattr(found, name).astype(old.dtype) for name, old in vars(state).items()}
        )


@factory
def l0_tuner(
    *,
    target: Positive,
    n_steps: Count,
    lead: FixedPart = 0.0,
    least: Positive = 0.01,
    most: Positive = 100.0,
) -> Tuner:
    """Raise the coefficient of a penalty while there are too many active latents, or lower it.

    In an update it changes by at most a part of 3e-4, in a hundredth of that while L0 comes nearer.
    These are rates of a run of 195,312 updates. In a shorter one, which is not the paper's, it
    changes faster and goes by a mean over fewer updates, in proportion, but not over fewer than 20
    or a 200th of the run; and in the second half of the run it changes less and less, so that it
    does not follow the noise of batches to the end.

    L0 lags behind the coefficient, and one that rises until L0 is there is by then too large.
    Thresholds of JumpReLU do not come back from that: Adam remembers the large gradient for about
    1 / (1 - b2) updates, and its steps are small for as long. With a `lead` the coefficient goes by
    where L0 is about to be, so that it turns in time. In runs of 1,000 updates or fewer it may miss
    all the same, which `l0_reached` tells.

    Args:
        target: the mean number of active latents that is asked for, in (0, inf).
        n_steps: updates in the run, >= 1.
        lead: how far ahead L0 is foreseen, as a part of the run, in [0, 1); 0.15 for JumpReLU in a
            run that is shorter than the published one. 0 is published.
        least: of the coefficient, in (0, inf).
        most: of the coefficient, in (0, inf).

    Returns:
        A Tuner.

    Raises:
        ArgumentError: a value is out of range, or least is more than most.

    Reference:
        Chanin et al. 2026, SynthSAEBench (arXiv 2602.14687), how L0 is reached.
    """
    require(
        lambda least, most: least <= most,
        [least, most],
        lambda: f"least={shown(least)}: expected at most most={shown(most)}",
    )
    shorter = min(1.0, n_steps / PUBLISHED_STEPS)
    horizon = max(1.0, min(LEAST_HORIZON, LEAST_PART * n_steps), L0_HORIZON * shorter)
    end = n_steps if shorter < 1 else math.inf
    gain, steepness = min(0.5, RATE / shorter), STEEPNESS
    if lead:
        steepness, horizon = AHEAD_STEEPNESS, max(1.0, AHEAD_HORIZON * n_steps)
    return Tuner(target, gain, steepness, horizon, lead * n_steps, end, least, most)
