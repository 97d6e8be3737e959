"""Titles of panels say which models are fragile."""

import numpy as np
import xarray

from experiments.report.figures import fragile_marks


def test_fragile_models_are_marked() -> None:
    best = xarray.Dataset({"fragile": ("density", np.asarray([False, True]))})
    assert fragile_marks(best, "density") == ["", " (fragile)"]


def test_nothing_is_marked_where_nothing_was_checked() -> None:
    best = xarray.Dataset({"loss": ("density", np.zeros(3))})
    assert fragile_marks(best, "density") == [""] * 3
