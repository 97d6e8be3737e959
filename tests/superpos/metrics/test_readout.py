"""Cross-talk of linear read-outs, against frames that meet the floor."""

from typing import Any

import numpy as np
import pytest

from superpos import metrics
from superpos.arguments import ArgumentError


@pytest.mark.parametrize(
    ("n_features", "n_hidden", "floor"),
    [(40, 10, 0.076923), (400, 30, 0.030911), (1024, 48, 0.019876), (5, 5, 0.0), (1, 4, 0.0)],
)
def test_the_floor(n_features: int, n_hidden: int, floor: float) -> None:
    assert float(metrics.readout_floor(n_features, n_hidden)) == pytest.approx(floor, abs=5e-7)


@pytest.mark.parametrize(
    ("sizes", "name"),
    [((5, 0), "n_hidden"), ((0.5, 1), "n_features"), (([3, -1], 2), "n_features")],
)
def test_less_than_one_is_refused(sizes: tuple[Any, Any], name: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^{name}: expected numbers in \[1, inf\)$"):
        metrics.readout_floor(*sizes)


def test_a_tight_frame_of_unit_vectors_meets_it() -> None:
    """Seven vectors of the Fourier frame in four real dimensions."""
    angles = 2 * np.pi * np.outer(np.arange(7), [1, 2]) / 7
    W = np.concatenate([np.cos(angles), np.sin(angles)], axis=1) / 2**0.5
    found = metrics.mean_squared_crosstalk(W @ W.T)
    np.testing.assert_allclose(found, metrics.readout_floor(7, 4), rtol=1e-6)


def test_no_read_out_of_its_rank_is_below_it() -> None:
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(50, 9, 4)), rng.normal(size=(50, 4, 9))
    found = metrics.mean_squared_crosstalk(A @ B)
    assert (np.asarray(found) > float(metrics.readout_floor(9, 4))).all()


def test_rows_are_over_their_diagonal_and_an_empty_one_stays() -> None:
    gram = [[2.0, 1.0, 0.0], [0.0, 0.0, 3.0], [0.0, 0.0, 1.0]]
    assert float(metrics.mean_squared_crosstalk(gram)) == pytest.approx((0.25 + 9) / 6)
    assert float(metrics.mean_squared_crosstalk([[2.0]])) == 0
