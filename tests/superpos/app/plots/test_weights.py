"""Arrows end where features are, bars have their lengths, and polytopes their names."""

from typing import Any

import numpy as np
import pytest
import xarray

from superpos.app import plots
from superpos.app.plots.figures import PALETTE
from superpos.arguments import ArgumentError
from tests.superpos.app.plots.parts import axes_of


@pytest.fixture
def models(sweep: xarray.Dataset) -> xarray.Dataset:
    """One model at each density."""
    return sweep.isel(decay=0, seed=0)


def single(W: Any) -> xarray.Dataset:
    """A dataset of one model."""
    return xarray.Dataset({"W": (("feature", "hidden"), np.asarray(W)), "status": ((), "ok")})


def tips(axis: Any) -> np.ndarray:
    """Where the dots at the ends of arrows are."""
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    solid = axis.name == "3d"
    return np.array([np.ravel(dot.get_data_3d() if solid else dot.get_xydata()) for dot in dots])


def test_arrows_end_where_features_are(models: xarray.Dataset) -> None:
    figure = plots.arrows(models, over="density")
    assert len(axes_of(figure)) == 3
    for axis, W in zip(axes_of(figure), models["W"].to_numpy(), strict=True):
        np.testing.assert_allclose(tips(axis), W)
        assert axis.get_xlim()[1] >= np.abs(W).max()


def test_arrows_have_three_dimensions_where_models_have() -> None:
    W = np.random.default_rng(0).normal(size=(5, 3))
    [axis] = axes_of(plots.arrows(single(W)))
    np.testing.assert_allclose(tips(axis), W)


@pytest.mark.parametrize("n_hidden", [1, 4])
def test_arrows_have_two_or_three_dimensions(n_hidden: int) -> None:
    with pytest.raises(ArgumentError, match=f"'W': {n_hidden} hidden dimensions, expected 2 or 3"):
        plots.arrows(single(np.ones((5, n_hidden))))


def test_the_gram_matrix_is_drawn_at_one_scale(models: xarray.Dataset) -> None:
    figure = plots.gram(models.assign(W=models["W"] * models["density"]), over="density")
    *panels, bar = axes_of(figure)
    assert bar.get_ylabel() == "$W W^T$"
    parts = zip(panels, models["W"].to_numpy(), models["density"].to_numpy(), strict=True)
    for axis, W, p in parts:
        [image] = axis.images
        np.testing.assert_allclose(image.get_array(), p**2 * W @ W.T)
        assert image.get_clim() == (-1, 1)


def test_the_graph_joins_features_that_interfere() -> None:
    W = np.array([[1.0, 0.0], [-0.5, 0.0], [0.0, 1.0], [0.0, 0.05], [0.6, 0.8]])
    [axis] = axes_of(plots.interference_graph(single(W)))
    drawn = sorted((line.get_color(), round(line.get_linewidth(), 6)) for line in axis.lines)
    negative, positive = PALETTE[0], PALETTE[3]
    pairs = [(negative, 0.5), (positive, 0.6), (negative, 0.3), (positive, 0.8)]
    assert drawn == sorted((colour, 4 * size) for colour, size in pairs)
    [dots] = axis.collections
    np.testing.assert_allclose(dots.get_sizes(), 60 * (W**2).sum(1))


def test_bars_are_as_long_as_features_and_coloured_by_interference() -> None:
    W = np.array([[1.0, 0.0], [0.0, 0.5], [0.0, -0.5]])
    axis, _ = axes_of(plots.norms(single(W)))
    assert [bar.get_width() for bar in axis.patches] == [1.0, 0.5, 0.5]
    alone, *shared = [bar.get_facecolor() for bar in axis.patches]
    assert shared[0] == shared[1] != alone


def turned(n: int) -> np.ndarray:
    """A regular polygon."""
    angles = 2 * np.pi * np.arange(n) / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_polytopes_have_their_names_and_dimensions() -> None:
    W = np.zeros((9, 5))
    W[:5, :2], W[5:8, 2:4], W[8, 4] = turned(5), turned(3), 1.0
    figure = plots.polytopes(single(np.concatenate([W, np.full((1, 5), 0.01)])))
    assert [axis.get_title() for axis in axes_of(figure)] == [
        *("pentagon\n$D_i$ = 0.40", "triangle\n$D_i$ = 0.67", "single\n$D_i$ = 1.00")
    ]
    plane = plots.polytopes(single(turned(3)))
    assert axes_of(plane)[0].name == "rectilinear"
    with pytest.raises(ArgumentError, match="no feature has a norm above 0.5"):
        plots.polytopes(single(0.1 * turned(3)))
