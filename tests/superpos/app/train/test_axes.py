"""`experiment=train` draws what was swept: curves, heat maps, arrows, and no more."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from superpos.app.train.axes import draw_axes
from superpos.app.train.figures import draw
from superpos.app.train.measure import measure

STEPS = np.array([10, 20])


def swept(n_hidden: int = 2, **axes: list[float]) -> xarray.Dataset:
    """A sweep over some axes and three seeds; the loss at the end is the product of its axes."""
    labels = {**axes, "seed": [1, 2, 3]}
    values = np.meshgrid(*labels.values(), indexing="ij")
    loss = np.prod(values, axis=0)
    W = np.broadcast_to(np.eye(3, n_hidden), (*loss.shape, 3, n_hidden))
    return xarray.Dataset(
        {
            "W": ((*labels, "feature", "hidden"), W),
            "b": ((*labels, "feature"), 0 * W[..., 0]),
            "loss": ((*labels, "step"), loss[..., None] * [2.0, 1.0]),
            "features_per_dimension": ((*labels, "step"), loss[..., None] * [1.0, 1.0]),
            "status": ([*labels], np.full(loss.shape, "ok")),
        },
        {**labels, "step": STEPS},
    )


def names(dataset: xarray.Dataset, folder: Path) -> list[str]:
    found = draw_axes("sweep", dataset, folder)
    assert {each.name for each in found} == {path.name for path in folder.glob("*.png")}
    return [each.name for each in found]


def test_one_axis_is_a_curve_and_arrows(tmp_path: Path) -> None:
    assert names(swept(density=[0.1, 1.0]), tmp_path) == ["sweep_axis.png", "sweep_arrows.png"]


def test_two_axes_are_a_heat_map_whose_cells_show_the_best_models(tmp_path: Path) -> None:
    dataset = swept(density=[0.1, 1.0], rate=[1.0, 2.0, 4.0])
    [figure] = draw_axes("sweep", dataset, tmp_path)
    assert figure.name == "sweep_axes.png"
    assert len(figure.cells) == 6
    assert figure.cells[2].texts == {"rate": "4", "density": "0.1", "mean loss": "0.8"}
    assert "the model with the least loss" in figure.caption


def test_a_single_model_has_its_arrows(tmp_path: Path) -> None:
    assert names(swept(density=[0.1]), tmp_path) == ["sweep_arrows.png"]


@pytest.mark.parametrize("n_hidden", [1, 3])
def test_arrows_are_of_two_dimensions(tmp_path: Path, n_hidden: int) -> None:
    assert names(swept(n_hidden, density=[0.1, 1.0]), tmp_path) == ["sweep_axis.png"]


def test_models_are_left_out_where_a_point_has_none(tmp_path: Path) -> None:
    dataset = swept(density=[0.1, 1.0])
    status = dataset["status"].astype(object).copy()
    status[1] = "diverged@3"
    assert names(dataset.assign(status=status), tmp_path) == ["sweep_axis.png"]
    two = swept(density=[0.1, 1.0], rate=[1.0, 2.0])
    status = two["status"].astype(object).copy()
    status[1, 1] = "diverged@3"
    [figure] = draw_axes("sweep", two.assign(status=status), tmp_path)
    assert figure.cells == []


def test_three_axes_and_what_was_not_measured_are_not_drawn(tmp_path: Path) -> None:
    many = swept(density=[0.1, 1.0], rate=[1.0, 2.0], decay=[1.0, 2.0])
    assert names(many, tmp_path) == []
    nothing = swept(density=[0.1, 1.0]).drop_vars(["loss", "features_per_dimension"])
    assert names(nothing, tmp_path) == []


def test_the_course_of_training_comes_last(tmp_path: Path) -> None:
    figures = draw(measure({"sweep": swept(density=[0.1, 1.0])}), tmp_path)
    assert [each.name for each in figures] == [
        *("sweep_axis.png", "sweep_arrows.png", "summary.png")
    ]
