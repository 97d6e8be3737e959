"""Each cell of a heat map has the mean of its seeds, and on a page the best of its models."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from superpos.app import plots
from superpos.app.plots.figures import new_figure
from superpos.app.plots.maps import cells, draw_map
from superpos.app.plots.named import final
from tests.superpos.app.plots.parts import axes_of


def test_a_cell_is_the_mean_over_seeds(sweep: xarray.Dataset) -> None:
    axis, bar = axes_of(plots.heat_map(sweep, x="decay", y="density"))
    [mesh] = axis.collections
    expected = final(sweep, "loss").mean("seed")
    np.testing.assert_allclose(mesh.get_array(), expected.transpose("density", "decay"))
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0.5", "2"]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["0.05", "0.2", "1"]
    assert bar.get_ylabel() == "loss"
    assert axis.texts[0].get_text() == f"{float(expected[0, 0]):.2g}"


def test_a_large_map_has_no_numbers_in_its_cells(sweep: xarray.Dataset) -> None:
    many = sweep.isel(density=[0, 1, 2] * 4)
    axis, _ = axes_of(plots.heat_map(many, x="density", y="decay"))
    assert not axis.texts
    assert len(axis.get_xticks()) <= 7


@pytest.mark.filterwarnings("ignore:best of seed")
def test_a_cell_shows_the_best_model_that_was_trained_there(
    sweep: xarray.Dataset, tmp_path: Path
) -> None:
    figure, axis = new_figure(1, 1)
    mesh = draw_map(figure, axis, final(sweep, "loss"), "decay", "density", "loss")
    plots.save(figure, tmp_path / "map")
    found = cells(sweep, mesh, x="decay", y="density", value="loss")
    assert len(found) == 6
    assert found[1].texts == {"decay": "2", "density": "0.05", "mean loss": "0.25"}
    assert sweep["W"][0, 1, 0].to_numpy().tolist() == found[1].W
    assert found[0].box[1] > found[-1].box[1]  # the last density is at the top
