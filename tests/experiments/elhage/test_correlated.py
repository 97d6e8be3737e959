"""The verdicts on sets of features, for geometries made by hand."""

from pathlib import Path

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from experiments.elhage.correlated.claims import CLAIMS, judge
from experiments.elhage.correlated.figures import draw
from experiments.elhage.correlated.measure import Collapse, Sets, measure, onset, side_by_side

P = np.array([0.02, 0.04, 0.06, 0.14, 0.16, 0.45, 0.55, 0.8])
COUNTS = [0, 0, 1, 1, 2, 2, 3, 3]


def rows(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


SIDE_BY_SIDE = rows(0, 60, 120, 180, 240, 300)
CROSSED = rows(0, 180, 90, 270)
PAIRED = rows(0, 90, 180, 270)
OPPOSITE = rows(0, 180, 90, 270)
EYE = np.eye(10)
TURNED = np.linalg.qr(np.random.default_rng(0).normal(size=(10, 10)))[0]


def collapsed(count: int) -> np.ndarray:
    """Three pairs of which some are collapsed to their mean."""
    W = SIDE_BY_SIDE.copy()
    for pair in range(count):
        W[2 * pair : 2 * pair + 2] = W[2 * pair : 2 * pair + 2].mean(0)
    return W


def collapse(counts: list[int]) -> Collapse:
    return Collapse(P[: len(counts)], np.stack([collapsed(count) for count in counts]))


def states(measured: Sets) -> dict[str, bool | None]:
    return {v.claim.id.rpartition("/")[2]: v.reproduced for v in judge(measured)}


GOOD = collapse(COUNTS)
PAPER = Sets(PAIRED, OPPOSITE, np.concatenate([EYE, TURNED]), GOOD, fragile={})


def test_the_geometries_of_the_paper_are_reproduced() -> None:
    found = states(PAPER)
    assert set(found) == set(CLAIMS)
    assert set(found.values()) == {True}


@pytest.mark.parametrize(
    ("name", "W", "claim"),
    [
        ("correlated", OPPOSITE, "orthogonal"),
        ("correlated", rows(0, 80, 180, 270), "orthogonal"),
        ("correlated", PAIRED * 0.4, "orthogonal"),
        ("anticorrelated", PAIRED, "antipodal"),
        ("anticorrelated", rows(0, 180, 90, 250), "antipodal"),
        ("local", np.concatenate([np.repeat(EYE[:1], 10, 0), TURNED]), "local_bases"),
        ("local", np.concatenate([EYE, EYE[:, ::-1] * 0.0]), "not_global"),
        ("local", np.random.default_rng(1).normal(size=(20, 10)), "not_global"),
    ],
)
def test_another_geometry_is_not_reproduced(name: str, W: np.ndarray, claim: str) -> None:
    assert states(PAPER._replace(**{name: W}))[claim] is False


@pytest.mark.parametrize(
    ("counts", "claim"),
    [
        ([0, 1, 0, 1, 2, 2, 3, 3], "rising"),
        ([1, 1, 1, 1, 2, 2, 3, 3], "none"),
        ([0, 0, 1, 1, 2, 2, 2, 2], "all"),
        ([0, 0, 0, 1, 2, 2, 3, 3], "collapse_1"),
        ([0, 0, 2, 2, 2, 2, 3, 3], "collapse_2"),
        ([0, 0, 1, 3, 3, 3, 3, 3], "collapse_3"),
    ],
)
def test_another_course_is_not_reproduced(counts: list[int], claim: str) -> None:
    assert states(PAPER._replace(collapse=collapse(counts)))[claim] is False


def test_an_onset_lies_between_two_densities() -> None:
    assert onset(GOOD, 1) == pytest.approx(np.sqrt(0.04 * 0.06))
    assert onset(GOOD, 3) == pytest.approx(np.sqrt(0.45 * 0.55))
    assert onset(collapse([0, 0, 0]), 1) is None
    assert onset(collapse([3, 3]), 1) is None


@given(angle=st.floats(0, 360), flip=st.booleans())
def test_neighbours_in_angle_do_not_depend_on_the_axes(angle: float, flip: bool) -> None:
    sign = -1 if flip else 1
    for degrees, expected in (
        ((0, 60, 120, 180, 240, 300), 3),
        ((0, 180, 60, 120, 240, 300), 2),
        ((0, 180, 60, 240, 120, 300), 0),
    ):
        assert side_by_side(rows(*(angle + sign * d for d in degrees))) == expected


def test_a_pair_that_is_not_represented_is_not_beside() -> None:
    assert side_by_side(SIDE_BY_SIDE * np.array([[1], [1], [1], [1], [1], [0.3]])) == 0


def test_a_single_density_is_judged_as_far_as_it_goes() -> None:
    found = states(PAPER._replace(collapse=collapse([0])))
    assert found["none"] is True
    assert found["rising"] is found["all"] is found["collapse_1"] is None


def test_measure_takes_the_best_seed_of_each(tmp_path: Path) -> None:
    """Of the pairs at any p, that with the lower expected loss; of the others, the lower loss."""

    def sweep(W: list[np.ndarray]) -> xarray.Dataset:
        n = len(W)
        return xarray.Dataset(
            {
                "W": (("seed", "feature", "hidden"), np.stack(W).astype(np.float32)),
                "b": (("seed", "feature"), np.zeros(np.shape(W)[:2], np.float32)),
                "loss": (("seed", "step"), np.arange(n)[::-1, None] * np.ones((n, 2))),
                "status": ("seed", np.full(n, "ok")),
            },
            {"seed": range(n), "step": [1, 2]},
        )

    bad = np.random.default_rng(0).normal(size=(6, 2))
    principal = np.repeat(rows(0, 90, 45) * [[1], [1], [0]], 2, axis=0) / np.sqrt(2)
    pca = xarray.concat([sweep([principal, bad]).expand_dims(density=[p]) for p in (0.8, 0.7)],
                        "density")  # fmt: skip
    datasets = {
        "correlated": sweep([OPPOSITE, PAIRED]),
        "anticorrelated": sweep([PAIRED, OPPOSITE]),
        "local": sweep([np.concatenate([EYE, EYE]) * 0.1, np.concatenate([EYE, TURNED])]),
        "pca": pca,
    }
    measured = measure(datasets)
    found = states(measured)
    for claim in ("orthogonal", "antipodal", "local_bases", "not_global", "all", "rising"):
        assert found[claim] is True
    assert found["none"] is None
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
