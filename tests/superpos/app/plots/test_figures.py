"""What figures have in common."""

import subprocess
import sys

import matplotlib
import numpy as np

from superpos.app.plots.figures import STYLE, fragile_marks, log_ticks, new_figure, styled


def test_a_panel_says_where_its_model_is_sensitive_to_rounding() -> None:
    assert fragile_marks(np.array([False, True]), 2) == ["", " (sensitive to rounding)"]
    assert fragile_marks(None, 3) == ["", "", ""]


def test_a_logarithmic_axis_has_ticks_at_the_values_alone() -> None:
    _, axis = new_figure(1, 1)
    log_ticks(axis, [4, 6, 14])
    assert axis.get_xscale() == "log"
    assert [label.get_text() for label in axis.get_xticklabels()] == ["4", "6", "14"]
    assert axis.get_xticks().tolist() == [4, 6, 14]
    assert not axis.get_xticks(minor=True).size
    assert axis.get_yscale() == "linear"
    log_ticks(axis, [0.5, 1], along="y")
    assert [label.get_text() for label in axis.get_yticklabels()] == ["0.5", "1"]


def test_titles_have_the_size_of_the_style() -> None:
    @styled
    def draw() -> float:
        _, axis = new_figure(1, 1)
        axis.set_title("title")
        return axis.title.get_fontsize()

    assert draw() == draw() == STYLE["axes.titlesize"] != matplotlib.rcParams["axes.titlesize"]


def test_pictures_need_no_hydra() -> None:
    code = "import sys, superpos.app.plots; print(sorted({'hydra', 'omegaconf'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
