"""The verdicts on the collapse of a pentagon, for branches made by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.elhage.perturbed.claims import judge
from experiments.elhage.perturbed.figures import draw
from experiments.elhage.perturbed.measure import Branches, crossing_of, measure, threshold_of

ALL = ["pentagon", "off_circle", "deforms", "digons", "dropped"]
ALL += ["crossing", "bistable"]
R = np.array([0.2, 0.3, 0.38, 0.42, 0.6, 1.0])


def rows(*degrees: float, norm: float = 1.2) -> np.ndarray:
    angles = np.radians(degrees)
    return norm * np.stack([np.cos(angles), np.sin(angles)], axis=-1)


PENTAGON = rows(0, 72, 144, 216, 288)
DIGONS = np.concatenate([np.zeros((1, 2)), rows(0, 90, 180, 270)])


def branches(**changes) -> Branches:
    W = np.stack([DIGONS] * 3 + [PENTAGON] * 3)
    gap = np.array([3.0, 2.0, 1.0, -1.0, -2.0, -3.0])
    parts = {"W": W, "b": np.full((6, 5), -0.2), "pentagon": 9 + gap, "digons": np.full(6, 9.0)}
    return Branches(R, **(parts | changes))


def states(made: Branches) -> dict[str, bool | None]:
    verdicts = judge(made)
    names = [verdict.claim.id.rpartition("/")[2] for verdict in verdicts]
    assert names == ALL
    return dict(zip(names, (v.reproduced for v in verdicts), strict=True))


def weights(**at: np.ndarray) -> np.ndarray:
    W = branches().W.copy()
    for index, value in at.items():
        W[int(index[1:])] = value
    return W


def test_the_collapse_of_the_paper_is_reproduced() -> None:
    assert set(states(branches()).values()) == {True}
    assert crossing_of(branches()) == pytest.approx(0.4)
    measured = {v.claim.id.rpartition("/")[2]: v.measured for v in judge(branches())}
    assert measured["crossing"] == pytest.approx(0.4)
    assert measured["bistable"] == 3


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("pentagon", {"W": weights(w5=rows(0, 60, 144, 216, 288))}),
        ("off_circle", {"W": weights(w5=PENTAGON * 0.7)}),
        ("off_circle", {"b": np.zeros((6, 5))}),
        ("deforms", {"W": weights(w4=PENTAGON * np.array([[1.3], [1], [1], [1], [1]]))}),
        ("digons", {"W": weights(w0=np.concatenate([np.zeros((1, 2)), rows(0, 90, 150, 270)]))}),
        ("dropped", {"W": weights(w0=np.concatenate([rows(0, norm=0.3), DIGONS[1:]]))}),
        ("crossing", {"pentagon": np.array([12, 11, 11, 10, 9.9, 8.0])}),
        ("bistable", {"digons": np.array([9.0, 9, 9, np.nan, np.nan, 9]), "pentagon": np.array(
            [np.nan, np.nan, np.nan, 8, 8, 8])}),
    ],
)  # fmt: skip
def test_another_course_is_not_reproduced(claim: str, changes: dict) -> None:
    assert states(branches(**changes))[claim] is not True


def test_what_is_looked_for_and_is_not_there_has_failed() -> None:
    always = branches(W=np.stack([PENTAGON] * 6), digons=np.full(6, np.nan))
    found = states(always)
    assert found["crossing"] is found["bistable"] is False
    assert states(branches(W=np.stack([DIGONS] * 6)))["deforms"] is False
    assert found["digons"] is found["dropped"] is None
    assert threshold_of(np.zeros(3, bool), R[:3]) is None


def test_a_single_density_is_judged_as_far_as_it_goes() -> None:
    one = Branches(R[-1:], PENTAGON[None], np.full((1, 5), -0.1), np.ones(1), np.full(1, np.nan))
    found = states(one)
    assert found["pentagon"] is True
    assert found["deforms"] is None


def test_measure_takes_the_best_of_each_kind(tmp_path: Path) -> None:
    """Biases are those of a k-gon of feature norms near 1; a random model is never the best."""
    random = np.random.default_rng(0).normal(size=(5, 2))
    scale = np.sqrt(1.37)
    W = np.stack([[PENTAGON / 1.2 * scale, DIGONS / 1.2, random]] * 2)
    b = np.stack([[np.full(5, -0.28), np.array([0.0025, 0, 0, 0, 0]), np.zeros(5)]] * 2)
    dims = ("data.densities.0", "seed")
    dataset = xarray.Dataset(
        {
            "W": ((*dims, "feature", "hidden"), W.astype(np.float32)),
            "b": ((*dims, "feature"), b.astype(np.float32)),
            "status": (dims, np.full((2, 3), "ok")),
        },
        {dims[0]: [1.0, 0.05], "seed": [0, 1, 2]},
        {"config": json.dumps({"data.density": 0.05})},
    )
    measured = measure({"sweep": dataset})
    found = {v.claim.id.rpartition("/")[2]: v for v in judge(measured)}
    assert found["pentagon"].reproduced and found["off_circle"].reproduced
    assert found["digons"].reproduced and found["dropped"].reproduced
    assert found["bistable"].measured == 1
    assert found["crossing"].measured is not None
    assert not math.isnan(found["crossing"].measured)
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
