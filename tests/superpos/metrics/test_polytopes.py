"""Names of polytopes, from coordinates that are not those of the catalogue."""

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from superpos.metrics import POLYTOPES, polytope_codes, polytope_of, polytopes
from tests.superpos.metrics.polytopes import FIGURES, direct_sum, ring, rotation


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_its_name(name: str) -> None:
    assert polytope_of(FIGURES[name], tolerance=0.01) == name
    assert name in POLYTOPES


def test_every_name_is_tested() -> None:
    assert set(FIGURES) == set(POLYTOPES) - {"none"}
    assert polytope_of(np.zeros((0, 3))) == "none"


@given(
    name=st.sampled_from(sorted(FIGURES)),
    seed=st.integers(0, 2**32 - 1),
    more=st.integers(0, 3),
)
def test_rotation_order_lengths_and_spare_dimensions_do_not_matter(
    name: str, seed: int, more: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = np.pad(FIGURES[name], [(0, 0), (0, more)])
    rows = rng.permutation(rows @ rotation(seed, rows.shape[1]))
    rows *= rng.uniform(0.2, 5.0, (len(rows), 1))
    assert polytope_of(rows, tolerance=0.01) == name


@given(name=st.sampled_from(sorted(set(FIGURES) - {"other"})), seed=st.integers(0, 2**32 - 1))
def test_small_noise_does_not_matter(name: str, seed: int) -> None:
    rows = FIGURES[name] / np.linalg.norm(FIGURES[name], axis=1, keepdims=True)
    noise = np.random.default_rng(seed).normal(size=rows.shape)
    noise *= 0.02 / np.linalg.norm(noise, axis=1, keepdims=True)
    assert polytope_of(rows + noise) == name


def test_antiprism_of_any_height() -> None:
    for height in (0.35, 0.5, 0.56, 3**-0.5, 0.7):
        rows = np.concatenate([ring(4, height), ring(4, -height, turn=0.5)])
        assert polytope_of(rows, tolerance=0.01) == "square antiprism"
    prism = np.concatenate([ring(4, 3**-0.5), ring(4, -(3**-0.5))])
    assert polytope_of(prism, tolerance=0.01) == "cube"


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[1.0, 0.0], [0.5, 0.9]]),
        np.array([[1.0, 0.0], [-0.7, 0.7]]),
        np.array([[1.0, 0], [-1, 0], [0, 1]]),
        FIGURES["pentagon"][[0, 1, 2, 3]],
        FIGURES["octahedron"][:5],
        np.ones((5, 2)),
        np.random.default_rng(0).normal(size=(30, 5)),
    ],
)
def test_other_figures_have_no_name(rows: np.ndarray) -> None:
    assert polytope_of(rows) == "other"


def test_the_tolerance_is_a_distance_of_cosines() -> None:
    angle = np.radians(170)
    rows = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    off = 1 + np.cos(angle)
    assert polytope_of(rows, tolerance=1.01 * off) == "digon"
    assert polytope_of(rows, tolerance=0.99 * off) == "other"


def test_codes_of_a_grid_of_models() -> None:
    first = direct_sum(FIGURES["digon"], FIGURES["triangle"])
    second = np.concatenate([FIGURES["tetrahedron"], np.zeros((1, 3))])
    labels = np.array([[[0, 0, 2, 2, 2]], [[0, 0, 0, 0, 4]]])
    W = np.stack([first, second])[:, None]
    represented = np.linalg.norm(W, axis=-1) > 0.5
    codes = polytope_codes(W, labels, represented=represented)
    names = [[POLYTOPES[code] for code in row] for row in codes[:, 0]]
    assert codes.shape == (2, 1, 5)
    assert names[0] == ["digon"] * 2 + ["triangle"] * 3
    assert names[1] == ["tetrahedron"] * 4 + ["none"]


def test_the_names_of_a_model_in_one_call() -> None:
    digon, faint = FIGURES["digon"], np.array([[0.05, -0.02]])
    W = np.concatenate([direct_sum(digon, FIGURES["pentagon"]), np.pad(faint, [(0, 0), (0, 1)])])
    names = ["digon"] * 2 + ["pentagon"] * 5 + ["none"]
    assert polytopes(W).tolist() == names
    assert polytopes(np.stack([W, W[::-1]])).tolist() == [names, names[::-1]]
    assert polytopes(0.4 * W).tolist() == ["none"] * 8
    assert polytopes(0.4 * W, least_norm=0.1).tolist() == names


def test_interference_of_a_feature_that_is_not_represented_joins_no_figures() -> None:
    between = [[0.3, 0.3]]
    W = np.concatenate([np.eye(2), between])
    assert polytopes(W).tolist() == ["single", "single", "none"]
    assert polytopes(W, least_norm=0.2).tolist() == ["other"] * 3
    assert polytopes(W, least_norm=0.2, threshold=0.3).tolist() == ["single"] * 3


def test_names_of_named_rows_keep_their_dimensions() -> None:
    W = xarray.DataArray(np.stack([np.eye(3)] * 2), dims=("density", "hidden", "feature"))
    found = polytopes(W.assign_coords(density=[0.1, 0.2]))
    assert found.dims == ("density", "feature")
    assert found.sel(density=0.2).to_numpy().tolist() == ["single"] * 3
