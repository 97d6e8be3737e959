"""A film has a picture for each step at which weights were kept."""

from pathlib import Path

import numpy as np
import pytest
import xarray
from matplotlib.animation import FFMpegWriter
from PIL import Image

from superpos.app import plots
from superpos.arguments import ArgumentError


def test_a_film_has_a_picture_for_each_step(sweep: xarray.Dataset, tmp_path: Path) -> None:
    short = sweep.isel(decay=0, density=[0], seed=[0], step_trajectory=[0, 2, 4])
    path = plots.animate(short, tmp_path / "film.gif", frames_per_second=10)
    with Image.open(path) as film:
        assert getattr(film, "n_frames") == 3  # noqa: B009  (of GIFs)
        assert film.info["duration"] == 100
        pictures = []
        for at in range(3):
            film.seek(at)
            pictures.append(np.asarray(film.convert("L"), float))
    assert np.abs(pictures[0] - pictures[2]).max() > 100
    assert [each.name for each in tmp_path.iterdir()] == ["film.gif"]


def test_only_what_can_be_written_is_begun(
    sweep: xarray.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArgumentError, match=r"avi: expected a name that ends in .gif or .mp4$"):
        plots.animate(sweep, tmp_path / "film.avi")
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    with pytest.raises(ArgumentError, match=r"film.mp4: needs ffmpeg, at .*ffmpeg_path"):
        plots.animate(sweep, tmp_path / "film.mp4")
    with pytest.raises(ArgumentError, match="frames_per_second=0: expected"):
        plots.animate(sweep, tmp_path / "film.gif", frames_per_second=0)
    with pytest.raises(ArgumentError, match="weights='W': expected weights kept at the same steps"):
        plots.animate(sweep, tmp_path / "film.gif", weights="W")
    assert not [*tmp_path.iterdir()]
