"""Curves are means of seeds, D_i that of the features, and frontiers run to the right."""

import numpy as np
import pytest
import xarray

from superpos.app import plots
from superpos.arguments import ArgumentError
from tests.superpos.app.plots.parts import axes_of


def test_a_curve_is_the_mean_over_seeds_and_the_band_their_middle(sweep: xarray.Dataset) -> None:
    [axis] = axes_of(plots.curve(sweep.isel(decay=0), x="density"))
    [line], [band] = axis.lines, axis.collections
    losses = sweep["loss"][:, 0, :, -1].to_numpy()
    np.testing.assert_allclose(line.get_xydata(), np.stack([sweep["density"], losses.mean(1)], 1))
    edges = band.get_paths()[0].vertices[:, 1]
    assert edges.min() == pytest.approx(np.quantile(losses[0], 0.1))
    assert edges.max() == pytest.approx(np.quantile(losses[-1], 0.9))
    assert (axis.get_xscale(), axis.get_xlabel(), axis.get_ylabel()) == ("log", "density", "loss")


def test_a_model_that_did_not_finish_is_in_no_mean(sweep: xarray.Dataset) -> None:
    [axis] = axes_of(plots.curve(sweep, x="density", by="decay"))
    first, second = axis.lines
    assert second.get_ydata()[-1] == pytest.approx(2 * np.mean([1, 2, 3]))
    assert first.get_ydata()[-1] == pytest.approx(0.5 * np.mean([1, 2, 3, 4]))
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["0.5", "2"]


def test_a_curve_over_steps_is_the_course_of_training(sweep: xarray.Dataset) -> None:
    [axis] = axes_of(plots.curve(sweep.isel(decay=0, density=0), x="step"))
    expected = sweep["loss"][0, 0].mean("seed")
    np.testing.assert_allclose(axis.lines[0].get_ydata(), expected)


def test_one_seed_a_trial_is_a_line_without_a_mean(sweep: xarray.Dataset) -> None:
    """As of a multirun, where the seed of a trial is no axis."""
    trials = sweep.isel(decay=0, seed=0).assign_coords(
        seed=("density", np.arange(len(sweep.density)))
    )
    [axis] = axes_of(plots.curve(trials, x="density"))
    np.testing.assert_allclose(axis.lines[0].get_ydata(), sweep["loss"][:, 0, 0, -1])


def test_kinds_stand_side_by_side(sweep: xarray.Dataset) -> None:
    named = sweep.isel(density=0).assign_coords(decay=["slow", "fast"])
    [axis] = axes_of(plots.curve(named, x="decay"))
    assert [label.get_text() for label in axis.get_xticklabels()] == ["slow", "fast"]
    assert axis.lines[0].get_linestyle() == "None"


def test_at_most_eight_lines(sweep: xarray.Dataset) -> None:
    many = sweep.isel(decay=[0] * 9)
    with pytest.raises(ArgumentError, match="by='decay': 9 values, expected at most 8"):
        plots.curve(many, x="density", by="decay")


def test_dimensionalities_are_those_of_antipodal_pairs(sweep: xarray.Dataset) -> None:
    [axis] = axes_of(plots.dimensionality(sweep.isel(decay=0), x="density", levels=False))
    assert len(axis.lines) == 4 * 4  # of each seed and feature
    for line in axis.lines:
        np.testing.assert_allclose(line.get_ydata(), 0.5, rtol=1e-6)
    [axis] = axes_of(
        plots.dimensionality(
            sweep.isel(decay=0, density=0), x="step_trajectory", weights="W_path", levels=False
        )
    )
    np.testing.assert_array_equal(axis.lines[0].get_xdata(), sweep["step_trajectory"])


def test_features_that_are_not_represented_have_no_dot(sweep: xarray.Dataset) -> None:
    W = sweep["W"].copy()
    W[..., 0, :] = 0
    [axis] = axes_of(
        plots.dimensionality(sweep.assign(W=W).isel(decay=0), x="density", levels=False)
    )
    missing = [line for line in axis.lines if np.isnan(line.get_ydata()).all()]
    assert len(missing) == 4


def test_a_frontier_runs_from_left_to_right_over_means_of_seeds(sweep: xarray.Dataset) -> None:
    up = sweep.assign(score=1 / sweep["loss"], l0=-sweep["loss"])
    [axis] = axes_of(plots.frontier(up.isel(decay=0), x="l0", y="score"))
    [line] = axis.lines
    losses = sweep["loss"][:, 0, :, -1].to_numpy()
    expected = np.stack([-losses.mean(1), (1 / losses).mean(1)], 1)[::-1]
    np.testing.assert_allclose(line.get_xydata(), expected)
    [axis] = axes_of(plots.frontier(up, x="l0", y="score", by="decay"))
    assert [len(line.get_xdata()) for line in axis.lines] == [3, 3]


def test_a_sweep_without_seeds_is_drawn_as_it_is(sweep: xarray.Dataset) -> None:
    one = sweep.isel(seed=1)
    expected = 2 * sweep["density"] * 0.5
    [axis] = axes_of(plots.curve(one.isel(decay=0), x="density"))
    np.testing.assert_allclose(axis.lines[0].get_ydata(), expected)
    [axis] = axes_of(plots.frontier(one.isel(decay=0), x="loss", y="loss"))
    np.testing.assert_allclose(axis.lines[0].get_ydata(), expected)
    axis, _ = axes_of(plots.heat_map(one, x="decay", y="density"))
    np.testing.assert_allclose(axis.collections[0].get_array()[:, 0], expected)
