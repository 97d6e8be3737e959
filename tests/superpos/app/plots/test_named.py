"""What is drawn of a Dataset, and what is refused in one line that names what is there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray

from superpos.app import plots
from superpos.app.plots.named import best_of_seeds, final, labels, panels, result
from superpos.arguments import ArgumentError


def test_a_result_is_nan_where_a_model_did_not_finish(sweep: xarray.Dataset) -> None:
    found = result(sweep, "loss")
    assert np.isnan(found[-1, -1, -1]).all()
    assert np.isfinite(found.to_numpy()).sum() == found.size - 5


def test_the_end_is_the_last_step_of_each_model(sweep: xarray.Dataset) -> None:
    assert final(sweep, "loss").dims == ("density", "decay", "seed")
    assert float(final(sweep, "loss")[0, 1, 2]) == pytest.approx(0.05 * 2 * 3)
    shorter = sweep["loss"].copy()
    shorter[0, 1, 2, 3:] = np.nan  # a run of fewer updates
    assert float(final(sweep.assign(loss=shorter), "loss")[0, 1, 2]) == float(shorter[0, 1, 2, 2])
    np.testing.assert_array_equal(final(sweep, "W_path")[0, 0], sweep["W"][0, 0])


def test_of_several_seeds_the_one_with_the_least_loss_is_drawn(sweep: xarray.Dataset) -> None:
    with pytest.warns(UserWarning, match="left out"):
        best = best_of_seeds(sweep)
    np.testing.assert_array_equal(best["W"][1, 1], sweep["W"][1, 1, 0])
    one = sweep.isel(seed=[2])
    np.testing.assert_array_equal(best_of_seeds(one)["W"], sweep["W"][:, :, 2])


@pytest.mark.filterwarnings("ignore:best of seed")
def test_there_is_a_panel_for_each_value_of_the_dimension(sweep: xarray.Dataset) -> None:
    found = panels(sweep.isel(decay=0), "density", "W")
    assert [panel.title for panel in found] == [f"density\n= {p}" for p in ("0.05", "0.2", "1")]
    np.testing.assert_array_equal(found[0].W, sweep["W"][0, 0, 0])
    [single] = panels(sweep.isel(density=0, decay=0, seed=3), None, "W")
    assert single.title == ""
    assert single.W[0, 0] == pytest.approx(1.3)


def test_what_fills_up_a_smaller_model_is_left_out(sweep: xarray.Dataset) -> None:
    W = sweep["W"].copy()
    W[0, ..., 3, :] = np.nan
    W[0, ..., 1] = np.nan
    first, second, _ = panels(sweep.assign(W=W).isel(decay=0, seed=0), "density", "W")
    assert (first.W.shape, second.W.shape) == ((3, 1), (4, 2))


def test_values_are_told_as_a_reader_writes_them() -> None:
    kinds = xarray.DataArray(np.zeros(2), {"kind": ["adam", "sgd"]}, ["kind"])
    assert labels(kinds, "kind") == ["adam", "sgd"]
    numbers = xarray.DataArray(np.zeros(2), {"rate": [1e-3, 0.33333]}, ["rate"])
    assert labels(numbers, "rate") == ["0.001", "0.333"]
    assert labels(xarray.DataArray(np.zeros(2), dims="place"), "place") == ["0", "1"]


BOTH = {"x": "density", "y": "decay"}
REFUSED: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (plots.curve, {"x": "densty"}, "x='densty': expected one of density, decay, seed"),
    (plots.curve, {"x": "density"}, "decay: 2 values, expected one; take it by .isel or .sel, or"
     " as by='decay'"),
    (plots.curve, {"x": "density", "by": "density"}, "by='density': expected one of decay, seed"),
    (plots.curve, {"x": "density", "y": "los"}, "los: no result of this dataset, expected one of"
     " W, W_path, b, kind_of, loss, status"),
    (plots.curve, {"x": "density", "y": "status"}, "status: expected a result of numbers, not of"
     " texts"),
    (plots.heat_map, {"x": "density", "y": "density"}, "y='density': expected another dimension"
     " than x"),
    (plots.heat_map, {**BOTH, "value": "b"}, "feature: 4 values, expected one; take it by .isel or"
     " .sel"),
    (plots.arrows, {"over": "density"}, "decay: 2 values, expected one; take it by .isel or .sel,"
     " or as over='decay'"),
    (plots.arrows, {"over": "seed"}, "over='seed': expected one of density, decay"),
    (plots.arrows, {"over": "decay", "weights": "b"}, "density: 3 values, expected one; take it"
     " by .isel or .sel, or as over='density'"),
    (plots.dimensionality, {"x": "feature"}, "x='feature': expected one of density, decay, seed"),
    (plots.frontier, {"x": "loss", "y": "loss", "by": "step"}, "by='step': expected one of"
     " density, decay"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:best of seed")
@pytest.mark.parametrize(("draw", "arguments", "line"), REFUSED)
def test_a_wrong_name_is_one_line_that_says_what_there_is(
    sweep: xarray.Dataset, draw: Callable[..., Any], arguments: dict[str, Any], line: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        draw(sweep, **arguments)
    assert str(caught.value) == line


def test_without_a_loss_there_is_no_best_seed(sweep: xarray.Dataset) -> None:
    with pytest.raises(ArgumentError, match="seed: expected one, as there is no loss"):
        plots.arrows(sweep.drop_vars("loss").isel(decay=0), over="density")


def test_weights_have_features_and_hidden_dimensions(sweep: xarray.Dataset) -> None:
    with pytest.raises(ArgumentError, match=r"weights='b': expected weights of features by hidden"):
        plots.gram(sweep.isel(decay=0, seed=0), over="density", weights="b")
    many = sweep.isel(decay=0, seed=0, density=[0] * 41)
    with pytest.raises(ArgumentError, match="over='density': 41 values, expected at most 40"):
        plots.gram(many, over="density")
