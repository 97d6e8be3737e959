"""The figure of all members: everything in it is within its frame."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
from matplotlib.backends.backend_agg import FigureCanvasAgg

from superpos.app.train import figures
from superpos.app.train.measure import Summary


def test_a_legend_of_many_long_names_is_within_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.append(figure))
    names = [f"learning_rate=0.012345{number}" for number in range(8)]
    one = Summary(xarray.Dataset(), np.arange(2), np.ones((2, 1)), np.ones(1))
    figures.draw_summary(dict.fromkeys(names, one), tmp_path)
    [figure] = drawn
    FigureCanvasAgg(figure).draw()
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == names
    left, bottom, right, top = legend.get_window_extent().extents
    assert left >= 0 and right <= figure.bbox.width and top <= figure.bbox.height
    assert bottom >= max(axis.get_window_extent().y1 for axis in figure.axes)
    _, counts = figure.axes
    assert all(tick == int(tick) for tick in counts.get_yticks())
