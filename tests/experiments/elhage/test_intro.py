"""The verdicts on five features in two dimensions, for geometries made by hand."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from experiments.elhage.intro.claims import judge
from experiments.elhage.intro.figures import draw
from experiments.elhage.intro.measure import Geometries, measure
from superpos.app.claims.ledger import Verdict

CLAIMS = ("dense_count", "orthogonal", "digons", "pentagon", "rising")
ABSENT = None


def rows(*degrees: float | None, norm: float = 1.0) -> np.ndarray:
    """Directions (n, 2) at these angles; a zero row for a feature that is absent."""
    return np.array(
        [
            (0.0, 0.0)
            if angle is ABSENT
            else (norm * math.cos(math.radians(angle)), norm * math.sin(math.radians(angle)))
            for angle in degrees
        ]
    )


ORTHOGONAL = rows(0, 90, ABSENT, ABSENT, ABSENT)
DIGONS = rows(0, 90, 180, 270, ABSENT)
PENTAGON = rows(0, 72, 144, 216, 288)
SEQUENCE = np.stack([ORTHOGONAL, ORTHOGONAL, DIGONS, PENTAGON])


def verdicts(W: np.ndarray) -> dict[str, Verdict]:
    n = len(W)
    measured = Geometries(np.ones(n), W, np.zeros(W.shape[:2]), np.ones(n), None)
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measured)}
    assert tuple(sorted(found)) == tuple(sorted(CLAIMS))
    return found


def states(W: np.ndarray) -> Mapping[str, bool | None]:
    return {name: verdict.reproduced for name, verdict in verdicts(W).items()}


def sequence(**changes: np.ndarray) -> np.ndarray:
    """The paper's sequence with some of its members replaced."""
    parts = {"dense": ORTHOGONAL, "next": ORTHOGONAL, "middle": DIGONS, "sparse": PENTAGON}
    return np.stack(list((parts | changes).values()))


def test_the_sequence_of_the_paper_is_reproduced() -> None:
    assert set(states(SEQUENCE).values()) == {True}
    measured = {name: verdict.measured for name, verdict in verdicts(SEQUENCE).items()}
    expected = {"dense_count": 2, "orthogonal": 0, "digons": -1, "pentagon": 0, "rising": 0}
    assert measured == pytest.approx(expected, abs=1e-9)


@given(
    angle=st.floats(0, 2 * math.pi),
    mirrored=st.booleans(),
    order=st.permutations(range(5)),
)
def test_rotation_reflection_and_naming_do_not_matter(
    angle: float, mirrored: bool, order: list[int]
) -> None:
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([1.0, -1.0])
    changed = verdicts(SEQUENCE[:, order] @ turn)
    for name, verdict in verdicts(SEQUENCE).items():
        assert changed[name].reproduced is True
        assert changed[name].measured == pytest.approx(verdict.measured, abs=1e-6)


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("dense_count", {"dense": rows(0, 120, 240, ABSENT, ABSENT)}),
        ("dense_count", {"dense": rows(0, ABSENT, ABSENT, ABSENT, ABSENT)}),
        ("dense_count", {"dense": ORTHOGONAL * 0.49}),
        ("orthogonal", {"dense": rows(0, 80, ABSENT, ABSENT, ABSENT)}),
        ("orthogonal", {"dense": rows(0, 180, ABSENT, ABSENT, ABSENT)}),
        ("digons", {"middle": rows(0, 72, 144, ABSENT, ABSENT)}),
        ("digons", {"middle": rows(0, 90, 200, 270, ABSENT)}),
        ("digons", {"middle": rows(0, 10, 20, 30, ABSENT)}),
        ("digons", {"middle": rows(0, 180, 90, ABSENT, 90)}),
        ("digons", {"middle": rows(0, 175, 180, 185, ABSENT)}),
        ("pentagon", {"sparse": rows(0, 60, 144, 216, 288)}),
        ("pentagon", {"sparse": rows(0, 90, 180, 270, 0)}),
        ("pentagon", {"sparse": rows(0, 20, 40, 60, 80)}),
        ("pentagon", {"sparse": DIGONS}),
        ("pentagon", {"sparse": PENTAGON * np.array([[1], [1], [1], [1], [0.4]])}),
        ("pentagon", {"sparse": np.zeros((5, 2))}),
        ("rising", {"next": PENTAGON}),
        ("rising", {"sparse": ORTHOGONAL}),
    ],
)
def test_a_wrong_geometry_is_not_reproduced(claim: str, changes: dict[str, np.ndarray]) -> None:
    assert states(sequence(**changes))[claim] is False


@pytest.mark.parametrize(
    ("claim", "position", "near", "far"),
    [
        ("orthogonal", 0, rows(0, 85, None, None, None), rows(0, 84, None, None, None)),
        ("digons", 2, rows(0, 90, 197, 270, None), rows(0, 90, 199, 270, None)),
        ("pentagon", 3, rows(0, 72, 144, 216, 297), rows(0, 72, 144, 216, 299)),
    ],
)
def test_verdict_turns_at_the_tolerance(
    claim: str, position: int, near: np.ndarray, far: np.ndarray
) -> None:
    for W, reproduced in ((near, True), (far, False)):
        changed = SEQUENCE.copy()
        changed[position] = W
        assert states(changed)[claim] is reproduced


def test_pentagon_across_the_cut_of_the_angle() -> None:
    assert states(sequence(sparse=rows(179, 251, -37, 35, 107)))["pentagon"] is True


def test_length_of_a_direction_does_not_matter_once_it_is_represented() -> None:
    assert set(states(0.6 * SEQUENCE).values()) == {True}
    assert set(states(3.0 * SEQUENCE).values()) == {True}


def test_what_cannot_be_told_is_not_run() -> None:
    single = states(SEQUENCE[-1:])
    assert single["rising"] is None
    lone = states(sequence(dense=rows(0, ABSENT, ABSENT, ABSENT, ABSENT)))
    assert lone["orthogonal"] is None


def test_models_that_broke_are_not_reproduced() -> None:
    broken = states(np.full((3, 5, 2), np.nan))
    assert not any(broken.values())


def test_measure_takes_the_best_seed_from_dense_to_sparse(tmp_path: Path) -> None:
    """The good models have the lower loss, and the densities are in no order."""
    order = [2, 0, 3, 1]
    bad = np.tile(rows(0, 1, 2, 3, 4), (4, 1, 1))
    W = np.stack([bad, SEQUENCE[order], bad], axis=1)
    loss = np.zeros((4, 3, 2))
    loss[..., -1] = [3.0, 1.0, 2.0]
    loss[..., 0] = [0.0, 9.0, 0.0]  # at the first step it was the other way around
    dataset = xarray.Dataset(
        {
            "W": (("density", "seed", "feature", "hidden"), W.astype(np.float32)),
            "b": (("density", "seed", "feature"), -W[..., 0].astype(np.float32)),
            "loss": (("density", "seed", "step"), loss),
            "status": (("density", "seed"), np.full((4, 3), "ok")),
        },
        {"density": np.array([1.0, 0.5, 0.2, 0.05])[order], "seed": [0, 1, 2], "step": [1, 2]},
    )
    measured = measure({"sweep": dataset})
    assert [verdict.reproduced for verdict in judge(measured)] == [True] * 5
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
    for cell, expected, p in zip(figure.cells, SEQUENCE, ("1", "0.5", "0.2", "0.05"), strict=True):
        np.testing.assert_allclose(cell.W, expected, atol=1e-4)
        np.testing.assert_allclose(cell.b, -expected[:, 0], atol=1e-4)
        assert cell.texts["density p"] == p
