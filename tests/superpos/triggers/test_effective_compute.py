"""Runs that are evaluated by effective compute and by the months of their calendar.

The loss of `pulled` is w² / 2, and (1 - rate)² of that after each update. By a law of exponent 1
and irreducible loss 0 effective compute is scale / loss: it grows by (1 - rate)^-2 each time.
"""

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.store.checkpoint import Checkpoints
from superpos.train import FitSpec, fit, store, sweep, training
from superpos.triggers import effective_compute
from tests.superpos.toys import START, position, pulled, w_after

KEY = jax.random.key(0)
RATES = [0.05, 0.25, 0.5]
LAW = {"irreducible": 0.0, "scale": START**2 / 2, "exponent": 1.0, "most_compute": 1e5}
SPEC = FitSpec(n_steps=24, batch_size=1, log_every=2)


def trigger(**changes):
    return effective_compute(**{**LAW, "anchor_compute": 1.0, "every": 2, **changes})


def growing(rate: float) -> list[int]:
    """The looks, each after 2 updates, at which effective compute is 4 times that of the last."""
    losses = (w_after(np.arange(24), rate) ** 2 / 2).reshape(12, 2).mean(1)
    compute = np.minimum(LAW["scale"] / losses, LAW["most_compute"])
    found, anchor = [2], max(1.0, compute[0])
    for number, each in enumerate(compute[1:], 2):
        if each >= 4 * anchor:
            found, anchor = [*found, 2 * number], each
    return found


def swept(**options):
    def build(point):
        evaluations = {"plain": position("at_each")}
        if options.get("triggered", True):
            evaluations["grown"] = position("at_growth", every=trigger(), at_end=True)
        return training(**pulled(point["rate"], spec=SPEC, evaluations=evaluations))

    names = ("store", "checkpoint_seconds")
    given = {name: options[name] for name in names if name in options}
    axes = {"rate": RATES, "seed": [0, 1]}
    return sweep(build, key=KEY, axes=axes, spec={"n": 1}, chunk=3, **given)


@pytest.fixture(scope="module")
def whole():
    return swept()


def test_each_member_is_evaluated_where_its_loss_says(whole) -> None:
    counts = set()
    for rate in RATES:
        steps = growing(rate)
        counts.add(len(steps))
        expected = steps if steps[-1] == 24 else [*steps, 24]
        for seed in (0, 1):
            found = whole["step_grown"].sel(rate=rate, seed=seed).to_numpy()
            assert found[found >= 0].tolist() == expected
    assert len(counts) == len(RATES)  # each has another number of evaluations


def test_an_evaluation_changes_no_bit_of_the_run(whole) -> None:
    without = swept(triggered=False)
    for name in ("w", "train_loss", "at_each", "diverged_step"):
        assert whole[name].values.tobytes() == without[name].values.tobytes()


@pytest.mark.parametrize("n_saved", [1, 2, 7])
def test_what_is_owed_is_not_lost_where_a_run_is_stopped(
    tmp_path, monkeypatch, bits, whole, n_saved
) -> None:
    left, real = [None] * n_saved, Checkpoints.save

    def save(self, ids, state):
        real(self, ids, state)
        left.pop()
        if not left:
            raise KeyboardInterrupt

    options = {"store": tmp_path, "checkpoint_seconds": 0.0}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoints, "save", save)
        swept(**options)
    resumed = swept(**options)
    assert bits(resumed) == bits(store.open(tmp_path))
    for name in ("w", "step_grown", "at_growth"):
        assert resumed[name].values.tobytes() == whole[name].values.tobytes()


def test_a_run_on_its_own_is_evaluated_as_the_member_is(whole) -> None:
    evaluations = {"grown": position("at_growth", every=trigger(), at_end=True)}
    metrics = fit(KEY, **pulled(0.25, spec=SPEC, evaluations=evaluations)).metrics
    found = whole["step_grown"].sel(rate=0.25, seed=0).to_numpy()
    assert metrics["step_grown"].tolist() == found[found >= 0].tolist()


def due(losses, **changes) -> list[int]:
    """The looks that are due, where effective compute is 1 / loss."""
    every = trigger(every=1, scale=1.0, **changes)
    looks = range(1, len(losses) + 1)
    return [n for n in looks if every.due(n, {"train_loss": np.float32(losses[:n])})]


def test_the_calendar_comes_first_where_nothing_is_learned() -> None:
    """Each look is a day on, from 2 January 2000, a leap year."""
    flat = [1.0] * 200
    assert due(flat) == [1]
    assert due(flat, days_per_step=1.0) == [1, 92, 183]  # 2 January, 2 April, 2 July
    assert due(flat, days_per_step=1.0, months=6) == [1, 183]


def test_noise_fires_once_and_a_loss_that_is_no_number_not_at_all() -> None:
    assert due([1, 1 / 4, 1, 1 / 4, 1 / 15]) == [1, 2]
    assert due([1, np.nan, 1 / 4, np.nan]) == [1, 3]
    assert due([1, 1 / 3]) == [1]
    assert due([1, 1 / 3], loss_se=0.1) == [1, 2]  # exp(1.645 · 0.1 / (1/3)) is 1.64


def test_it_says_how_often_it_may_be_due() -> None:
    assert trigger().most(1000) == 1 + 8  # 4^8 = 65,536
    assert trigger(most_compute=4.0**8).most(1000) == 1 + 8
    assert trigger(anchor_compute=1e6).most(1000) == 1
    assert trigger().most(6) == 3
    assert trigger(every=1, days_per_step=1.0).most(168) == 1 + 8 + 2
    with pytest.raises(ArgumentError, match="^days_per_step=1000.0: expected at most 300,000"):
        trigger(days_per_step=1000.0).most(10_000)


def test_looks_of_runs_that_alternate_are_each_their_own() -> None:
    every = trigger(every=1, scale=1.0)
    one, other = np.float32([1, 1 / 2, 1 / 4]), np.float32([1, 1 / 5, 1])
    found = [
        [every.due(n, {"train_loss": losses[:n]}) for losses in (one, other, one)]
        for n in (1, 2, 3)
    ]
    assert found == [[True] * 3, [False, True, False], [True, False, True]]
