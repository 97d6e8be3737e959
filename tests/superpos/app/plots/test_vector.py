"""The SVG of a figure is light where its reader's pages are dark, but for what lies on an image."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from superpos.app.plots.figures import FORMATS, new_figure, save
from superpos.app.plots.vector import INK, MOST_MARKS, SHADE
from superpos.arguments import ArgumentError


def drawn(folder: Path) -> str:
    """The SVG of a line in dark grey on a shade beside a heat map with a black line on it."""
    figure, (left, right) = new_figure(1, 2)
    left.plot([0, 1], color="#333333")
    left.axvspan(0.5, 1, color="#EEEEEE")
    right.pcolormesh(np.array([[0.0, 1.0], [2.0, 3.0]]), cmap="Greys")
    right.plot([0, 1], color="#444444")
    save(figure, folder / "figure.png")
    return (folder / "figure.svg").read_text()


def test_a_figure_is_three_files(tmp_path: Path) -> None:
    drawn(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"figure.{form}" for form in FORMATS}
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_figure_is_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        drawn(tmp_path / name)
    for form in FORMATS:
        first, second = (tmp_path / name / f"figure.{form}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    figure, _ = new_figure(1, 1)
    with pytest.raises(ArgumentError, match=r"figure.jpg: expected a name that ends in .png, .svg"):
        save(figure, tmp_path / "figure.jpg")
    assert not [*tmp_path.iterdir()]


def test_ink_is_light_on_dark_pages_but_not_on_a_heat_map(tmp_path: Path) -> None:
    text = drawn(tmp_path)
    [sheet] = re.findall(r"@media \(prefers-color-scheme: dark\) \{(.*)\}</style>", text)
    rule = f'[style*="stroke: #333333"]:not([id^=kept] *) {{ stroke: {INK} !important }}'
    assert rule in sheet
    assert f'[style*="fill: #eeeeee"]:not([id^=kept] *) {{ fill: {SHADE} !important }}' in sheet
    assert '<g id="kept_1_0">' in text  # the line on the heat map
    assert "<image" in text  # its cells
    assert 'id="kept_0' not in text


def test_many_points_are_one_image_in_the_drawing(tmp_path: Path) -> None:
    figure, axis = new_figure(1, 1)
    axis.plot(np.random.default_rng(0).normal(size=(MOST_MARKS + 1, 2)), "o")
    save(figure, tmp_path / "figure")
    assert (tmp_path / "figure.svg").stat().st_size < 400_000
    assert "<image" in (tmp_path / "figure.svg").read_text()


def test_a_figure_that_nobody_laid_out_is_not_cut_off(tmp_path: Path) -> None:
    """A long label below and beside a small axis is inside of the picture."""
    figure = Figure(figsize=(3, 2))
    axis = figure.subplots()
    axis.set(xlabel="a\nlabel\nof\nfour lines", ylabel="y\ny\ny")
    save(figure, tmp_path / "figure")
    figure.draw_without_rendering()
    for label in (axis.xaxis.label, axis.yaxis.label):
        box = label.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0
