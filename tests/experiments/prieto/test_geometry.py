"""The claims on correlated features, on weights made by hand."""

from pathlib import Path

import numpy as np
import pytest

from experiments.prieto.geometry.claims import CLAIMS, judge
from experiments.prieto.geometry.figures import draw
from experiments.prieto.geometry.measure import (
    Geometry,
    Models,
    circulant_share,
    covariance,
    curve_explained,
    in_order,
    off_diagonal_correlation,
    plane,
)
from superpos.data.curve import positions

N, M = 12, 4
CIRCLE, EIGHT = positions("circle", N), positions("figure_eight", N)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def turned(points: np.ndarray, m: int = M, move: float = 0.0) -> np.ndarray:
    """Points of a plane, rotated into m dimensions and moved, (N, m)."""
    frame = np.linalg.qr(rng().standard_normal((m, m)))[0]
    return points @ frame[:2] + move


def test_the_order_around_a_circle_is_seen_from_any_side() -> None:
    assert (
        in_order(turned(CIRCLE)) and in_order(turned(CIRCLE[::-1])) and in_order(turned(CIRCLE, 2))
    )
    assert in_order(np.roll(CIRCLE, 5, axis=0) * [2, 0.5])
    swapped = CIRCLE[[1, 0, *range(2, N)]]
    assert not in_order(swapped) and not in_order(turned(EIGHT))
    assert not in_order(rng().standard_normal((N, M)))
    twice = positions("circle", N)[[*range(0, N, 2)] * 2]  # twice around
    assert not in_order(twice + 0.01 * rng().standard_normal(twice.shape))


def test_one_dimension_has_no_order_and_half_of_a_circle() -> None:
    line = CIRCLE[:, :1]
    np.testing.assert_allclose(np.abs(plane(line)), np.abs(np.c_[line, 0 * line]), atol=1e-6)
    assert not in_order(line)
    assert curve_explained(line, CIRCLE) == pytest.approx(0.5)


def test_how_much_of_a_curve_is_in_the_plane() -> None:
    for points in (CIRCLE, EIGHT):
        assert curve_explained(turned(points, move=0.3), points) == pytest.approx(1)
    generator = rng()
    random = [curve_explained(generator.standard_normal((N, M)), CIRCLE) for _ in range(400)]
    assert np.mean(random) == pytest.approx(2 / (N - 1), abs=0.03)
    line = CIRCLE[:, :1] @ np.ones((1, M))
    assert curve_explained(line, CIRCLE) == pytest.approx(0.5)


def test_how_circulant_a_matrix_is() -> None:
    assert circulant_share(CIRCLE @ CIRCLE.T) == pytest.approx(1)
    assert np.isnan(circulant_share(np.eye(N)))
    generator = rng()
    random = [generator.standard_normal((N, N)) for _ in range(400)]
    assert np.mean([circulant_share(G + G.T) for G in random]) == pytest.approx(5 / 65, abs=0.02)


def test_the_covariance_is_that_of_the_data() -> None:
    angles = 2 * np.pi * np.arange(N) / N
    for law in ((10.0, 0.0), (3.0, -2.0)):
        p = 1 / (1 + np.exp(-law[0] * np.cos(angles[:, None] - angles) - law[1]))
        x = (rng().random((40_000, N)) < p[rng().integers(N, size=40_000)]).astype(float)
        np.testing.assert_allclose(covariance(N, *law), np.cov(x.T), atol=0.01)
    assert off_diagonal_correlation(covariance(N, 10.0), CIRCLE @ CIRCLE.T) > 0.9
    assert np.isnan(off_diagonal_correlation(covariance(N, 10.0), np.eye(N)))


def models(strong: np.ndarray, weak: np.ndarray, curve) -> Models:
    return Models(np.array([M, M]), np.array([6.0, 1.0]), np.stack([strong, weak]), curve)


@pytest.mark.parametrize("good", [True, False])
def test_each_claim_can_hold_and_fail(good: bool, tmp_path: Path) -> None:
    noise = rng().standard_normal((N, M))
    circle, other = (turned(CIRCLE), noise) if good else (noise, turned(CIRCLE))
    measured = Geometry(
        circle=models(circle, other, "circle"),
        figure_eight=models(turned(EIGHT) if good else noise, noise, "figure_eight"),
        independent=models(other, noise, "circle"),
        covariance=covariance(N, 10.0),
    )
    found = {v.claim.id.rsplit("/", 1)[1]: v.reproduced for v in judge(measured)}
    assert found == dict.fromkeys(CLAIMS, good)
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
    mild = Geometry(
        *(each._replace(decay=each.decay * 0.1) for each in measured[:3]), covariance(N, 10.0)
    )
    assert {each.reproduced for each in judge(mild)} == {None}
