"""The boxes of cells lie where the picture shows the cells, and each holds its own model."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from superpos.app.plots.figures import new_figure, save
from superpos.app.report.cells import boxes, cells_of, panels_of

ROWS, COLUMNS = 3, 4


@pytest.fixture(params=["linear", "log", "inverted"])
def drawn(request: pytest.FixtureRequest, tmp_path: Path):
    """A mesh of random colours beside another panel, saved, and the saved picture."""
    colours = np.random.default_rng(0).uniform(0.1, 0.9, (ROWS, COLUMNS, 3))
    figure, axes = new_figure(1, 2, width=6, height=3)
    mesh = axes[1].pcolormesh(
        np.geomspace(0.01, 1, COLUMNS), np.geomspace(0.1, 10, ROWS), colours, shading="nearest"
    )
    if request.param != "linear":
        axes[1].set(xscale="log", yscale="log", xlabel="x", title="a title")
    if request.param == "inverted":
        axes[1].invert_xaxis()
    save(figure, tmp_path / "figure.png")
    return mesh, colours, matplotlib.image.imread(tmp_path / "figure.png")[..., :3]


def test_a_box_is_where_its_colour_is(drawn) -> None:
    mesh, colours, picture = drawn
    height, width = picture.shape[:2]
    for index in np.ndindex(ROWS, COLUMNS):
        left, top, wide, high = boxes(mesh)[index]
        assert wide > 0 and high > 0
        x, y = (left + wide * np.array([0.15, 0.5, 0.85])), (top + high * np.array([0.15, 0.85]))
        rows, columns = np.meshgrid((y * height).astype(int), (x * width).astype(int))
        seen = picture[rows, columns].reshape(-1, 3)
        np.testing.assert_allclose(seen, np.tile(colours[index], (6, 1)), atol=0.01)


def test_boxes_fill_their_panel_without_gaps(drawn) -> None:
    mesh, _, picture = drawn
    found = boxes(mesh)
    area = (found[..., 2] * found[..., 3]).sum()
    [x0, y0], [x1, y1] = mesh.axes.get_position().get_points()
    assert area == pytest.approx((x1 - x0) * (y1 - y0), rel=1e-6)


def test_each_cell_holds_its_model(drawn) -> None:
    mesh, *_ = drawn
    W = np.arange(ROWS * COLUMNS * 2, dtype=np.float32).reshape(ROWS, COLUMNS, 2, 1)
    b = -W[..., 0]
    cells = cells_of(mesh, texts=lambda row, column: {"at": f"{row} {column}"}, W=W, b=b)
    assert [cell.texts["at"] for cell in cells] == [
        f"{row} {column}" for row in range(ROWS) for column in range(COLUMNS)
    ]
    assert cells[5].W == [[10.0], [11.0]]
    assert cells[5].b == [-10.0, -11.0]
    np.testing.assert_allclose(cells[5].box, boxes(mesh)[1, 1], atol=1e-5)


def test_a_panel_is_where_its_colour_is_and_holds_its_model(tmp_path: Path) -> None:
    """Also where an equal aspect makes the axes smaller than their place."""
    colours = np.random.default_rng(1).uniform(0.1, 0.9, (3, 3))
    figure, axes = new_figure(1, 3, width=6, height=3)
    for axis, colour in zip(axes, colours, strict=True):
        axis.set(facecolor=colour, title="a title", aspect="equal", xticks=[], yticks=[])
    save(figure, tmp_path / "figure.png")
    W, b = np.arange(6.0).reshape(3, 2, 1), np.zeros((3, 2))
    cells = panels_of(list(axes), [{"at": str(i)} for i in range(3)], W, b)
    picture = matplotlib.image.imread(tmp_path / "figure.png")[..., :3]
    for index, cell in enumerate(cells):
        left, top, wide, high = cell.box
        assert (cell.texts, cell.W) == ({"at": str(index)}, W[index].tolist())
        for x, y in ((0.1, 0.1), (0.9, 0.9), (0.5, 0.5)):
            row = int((top + y * high) * picture.shape[0])
            seen = picture[row, int((left + x * wide) * picture.shape[1])]
            np.testing.assert_allclose(seen, colours[index], atol=0.01)
