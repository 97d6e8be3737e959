"""The best of several restarts."""

from typing import Any

import numpy as np
import pytest
import xarray

from superpos.arguments import ArgumentError
from superpos.store.best import LeftOutWarning
from superpos.train import best_of

NAN, INF = float("nan"), float("inf")


def dataset_of(losses: Any, statuses: Any, over: str = "seed") -> xarray.Dataset:
    """Two features per member, which tell the member: 10 * point + restart, and its negative."""
    losses = np.asarray(losses)
    n_points, n_restarts = losses.shape
    number = 10.0 * np.arange(n_points)[:, None] + np.arange(n_restarts)
    return xarray.Dataset(
        {
            "W": (("density", over, "feature"), np.stack([number, -number], axis=-1)),
            "loss": (("density", over), losses),
            "status": (("density", over), np.asarray(statuses)),
        },
        {"density": 0.5 ** np.arange(n_points), over: 100 + np.arange(n_restarts)},
    )


OK = [["ok"] * 3] * 2


def test_the_lowest_loss_wins_at_each_point() -> None:
    losses = [[3.0, 1.0, 2.0], [0.5, 0.7, 0.6]]
    dataset = dataset_of(losses, OK)
    best = best_of(dataset, dataset["loss"])
    np.testing.assert_array_equal(best["best_loss"], [1.0, 0.5])
    np.testing.assert_array_equal(best["W"], [[1, -1], [10, -10]])
    np.testing.assert_array_equal(best["seed"], [101, 100])
    np.testing.assert_array_equal(best["density"], [1.0, 0.5])
    assert best["W"].dims == ("density", "feature")
    assert best["best_loss"].dims == ("density",)


def test_the_dataset_itself_stays_as_it_was() -> None:
    dataset = dataset_of([[3.0, 1.0, 2.0], [0.5, 0.7, 0.6]], OK)
    copy = dataset.copy(deep=True)
    best_of(dataset, dataset["loss"])
    xarray.testing.assert_identical(dataset, copy)


@pytest.mark.parametrize(
    ("losses", "statuses", "restart"),
    [
        ([0.0, 1.0, 2.0], ["diverged@3", "ok", "ok"], 1),
        ([0.0, 1.0, 0.5], ["missing", "ok", "diverged@1"], 1),
        ([NAN, 2.0, 1.0], ["ok", "ok", "ok"], 2),
        ([-INF, 2.0, 3.0], ["ok", "ok", "ok"], 1),
        ([INF, INF, 3.0], ["ok", "ok", "ok"], 2),
        ([NAN, NAN, 3.0], ["ok", "diverged@1", "ok"], 2),
        ([-1.0, -2.0, 3.0], ["ok", "diverged@9", "ok"], 0),
        ([1.0, 1.0, 1.0], ["diverged@2", "ok", "ok"], 1),
    ],
)
def test_only_a_finished_member_with_a_finite_loss_is_chosen(
    losses: list[float], statuses: list[str], restart: int
) -> None:
    dataset = dataset_of([losses, [1.0, 2.0, 3.0]], [statuses, ["ok"] * 3])
    n_left = sum(s != "ok" or not np.isfinite(n) for n, s in zip(losses, statuses, strict=True))
    with pytest.warns(LeftOutWarning) as said:
        best = best_of(dataset, dataset["loss"])
    assert str(said[0].message) == (
        f"best of seed: {n_left} of 6 members left out, {n_left} without a finished run or a finite"
        " loss, 0 sensitive to rounding where others are not"
    )
    np.testing.assert_array_equal(best["n_compared"], [3 - n_left, 3])
    assert best["W"].values[0, 0] == restart
    assert best["best_loss"].values[0] == losses[restart]
    assert best["status"].values[0] == "ok"


def test_another_dimension_of_restarts() -> None:
    dataset = dataset_of([[3.0, 1.0], [0.5, 0.7]], [["ok"] * 2] * 2, over="restart")
    best = best_of(dataset, dataset["loss"], over="restart")
    np.testing.assert_array_equal(best["restart"], [101, 100])
    best = best_of(dataset, dataset["loss"], over="density")
    np.testing.assert_array_equal(best["density"], [0.5, 0.5])
    np.testing.assert_array_equal(best["best_loss"], [0.5, 0.7])


def test_a_sweep_over_seeds_alone() -> None:
    dataset = dataset_of([[3.0, 1.0, 2.0]], OK[:1]).isel(density=0, drop=True)
    best = best_of(dataset, dataset["loss"])
    assert best["best_loss"] == 1.0
    assert best["seed"] == 101
    np.testing.assert_array_equal(best["W"], [1, -1])


def test_the_loss_may_be_transposed_and_taken_at_a_step() -> None:
    dataset = dataset_of([[3.0, 1.0, 2.0], [0.5, 0.7, 0.6]], OK)
    curve = xarray.concat([dataset["loss"] * -1, dataset["loss"]], dim="step")
    curve = curve.assign_coords(step=[5, 10]).transpose("seed", "step", "density")
    best = best_of(dataset.assign_coords(step=[5, 10]), curve.isel(step=-1))
    np.testing.assert_array_equal(best["best_loss"], [1.0, 0.5])
    np.testing.assert_array_equal(best["seed"], [101, 100])
    np.testing.assert_array_equal(best["step"], [5, 10])


@pytest.mark.parametrize(
    ("losses", "statuses", "empty"),
    [
        ([[1.0, 2.0], [1.0, 2.0]], [["diverged@1", "diverged@2"], ["ok", "ok"]], 1),
        ([[1.0, NAN], [1.0, 2.0]], [["diverged@1", "ok"], ["missing", "missing"]], 2),
        ([[NAN, INF], [1.0, 2.0]], [["ok", "ok"], ["ok", "ok"]], 1),
    ],
)
def test_a_point_without_a_finished_member_is_an_error_in_one_line(
    losses: Any, statuses: Any, empty: int
) -> None:
    dataset = dataset_of(losses, statuses)
    with pytest.raises(ValueError, match="no finished member") as refusal:
        best_of(dataset, dataset["loss"])
    assert str(refusal.value) == f"no finished member along seed at {empty} of the points"


def test_a_steady_member_is_preferred_to_a_fragile_one() -> None:
    """At the first point the lowest loss is fragile; at the second all members are."""
    dataset = dataset_of([[1.0, 2.0, 3.0], [4.0, 2.0, 3.0]], OK)
    fragile = np.asarray([[True, False, False], [True, True, True]])
    dataset["fragile"] = (("density", "seed"), fragile)
    with pytest.warns(LeftOutWarning, match="1 of 6 members left out, 0 .* loss, 1 sensitive"):
        best = best_of(dataset, dataset["loss"])
    np.testing.assert_array_equal(best["best_loss"], [2.0, 2.0])
    np.testing.assert_array_equal(best["fragile"], [False, True])
    np.testing.assert_array_equal(best["n_compared"], [2, 3])


def test_a_steady_member_that_is_not_ok_is_no_better_than_none() -> None:
    dataset = dataset_of([[1.0, 2.0, 3.0]] * 2, [["ok", "diverged@3", "ok"]] * 2)
    dataset["fragile"] = (("density", "seed"), np.asarray([[True, False, True]] * 2))
    with pytest.warns(LeftOutWarning, match="2 of 6 members left out, 2 without"):
        best = best_of(dataset, dataset["loss"])
    np.testing.assert_array_equal(best["best_loss"], [1.0, 1.0])


def test_the_standard_error_is_beside_the_choice() -> None:
    """At the step of the loss, of the member that is chosen; none where none was measured."""
    dataset = dataset_of([[3.0, 1.0, 2.0], [0.5, 0.7, 0.6]], OK)
    assert "best_loss_standard_error" not in best_of(dataset, dataset["loss"])
    curve = xarray.concat([dataset["loss"] * 9, dataset["loss"]], dim="step")
    measured = dataset.assign(loss=curve, loss_standard_error=curve / 100)
    best = best_of(measured.assign_coords(step=[5, 10]), (measured["loss"]).isel(step=-1))
    assert "best_loss_standard_error" not in best, "a loss that does not say its step"
    measured = measured.assign_coords(step=[5, 10])
    best = best_of(measured, measured["loss"].isel(step=-1))
    np.testing.assert_allclose(best["best_loss_standard_error"], [0.01, 0.005])
    best = best_of(measured, measured["loss"].isel(step=0))
    np.testing.assert_allclose(best["best_loss_standard_error"], [0.09, 0.045])
    assert "step" not in best["best_loss_standard_error"].coords


def test_who_compares_all_is_told_nothing(recwarn: pytest.WarningsRecorder) -> None:
    dataset = dataset_of([[3.0, 1.0, 2.0], [0.5, 0.7, 0.6]], OK)
    np.testing.assert_array_equal(best_of(dataset, dataset["loss"])["n_compared"], [3, 3])
    assert not recwarn


def test_a_loss_over_other_dimensions_is_refused() -> None:
    dataset = dataset_of([[3.0, 1.0, 2.0], [0.5, 0.7, 0.6]], OK)
    with pytest.raises(ArgumentError, match=r"^loss: over density, seed, feature, expected de"):
        best_of(dataset, dataset["W"])
