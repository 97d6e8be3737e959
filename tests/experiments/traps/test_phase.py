"""The verdicts on the phase diagram, for the exact optimum and for wrong directions."""

from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.traps import theory
from experiments.traps.phase.claims import CLAIMS, judge
from experiments.traps.phase.figures import draw
from experiments.traps.phase.measure import Phases, boundary, measure, overlaps_of

OCCUPANCY = np.linspace(0, 1, 101)
SEEDS = 3


def directions(p: float) -> np.ndarray:
    """W (3, 3) at the exact optimum in the plane, from its overlaps."""
    g12, g13, g23 = theory.best_overlaps(p)
    a, b = np.arccos(np.sqrt(g13)), np.arccos(np.sqrt(g23))
    b = min((b, -b), key=lambda each: abs(np.cos(a - each) ** 2 - g12))
    return np.array([[np.cos(a), np.sin(a), 0], [np.cos(b), np.sin(b), 0], [1, 0, 0]])


def dataset(occupancy: np.ndarray = OCCUPANCY) -> xarray.Dataset:
    """Exact optima in two dimensions and three, in no order; the first seed is a bad start."""
    flat = np.array([directions(p) for p in occupancy])
    W = np.stack([flat, np.broadcast_to(np.eye(3), flat.shape)])[:, :, None].repeat(SEEDS, axis=2)
    dims = ("width", "occupancy", "seed")
    found = xarray.Dataset(
        {
            "W": ((*dims, "feature", "hidden"), 2.5 * W),
            "status": (dims, np.full(W.shape[:3], "ok", object)),
        },
        {"width": [2.0, 3.0], "occupancy": occupancy.astype(np.float32), "seed": range(SEEDS)},
    )
    return found.isel(width=[1, 0], occupancy=np.random.default_rng(0).permutation(len(occupancy)))


def verdicts(measured: Phases) -> dict[str, bool | None]:
    found = {verdict.claim.id.rsplit("/", 1)[1]: verdict.reproduced for verdict in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    return found


def test_the_exact_optimum_is_reproduced(tmp_path: Path) -> None:
    measured = measure({"sweep": dataset()})
    np.testing.assert_allclose(measured.flat.best, theory.best_overlaps(OCCUPANCY), atol=1e-6)
    assert set(verdicts(measured).values()) == {True}
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")


def test_the_best_start_counts_for_losses_and_all_for_shares() -> None:
    bad = dataset()
    bad["W"][{"seed": 0}] = np.eye(3)[[0, 0, 0]]  # all three share a direction
    found = verdicts(measure({"sweep": bad}))
    failed = {key for key, held in found.items() if not held}
    assert failed == {"collision", "reversal", "starts", "room"}


@pytest.mark.parametrize("shift", [-0.03, 0.03])
def test_a_moved_boundary_is_not_reproduced(shift: float) -> None:
    moved = dataset()
    p = np.clip(moved["occupancy"].to_numpy().astype(float) + shift, 0, 1)
    moved["W"][{"width": 1}] = np.array([directions(each) for each in p])[:, None]
    found = verdicts(measure({"sweep": moved}))
    assert not (found["lower"] or found["upper"] or found["overlaps"])


def test_members_that_did_not_finish_do_not_count() -> None:
    diverged = dataset()
    diverged["W"][{"seed": 0}] = np.nan
    diverged["status"][{"seed": 0}] = "diverged@1"
    with pytest.warns(UserWarning, match="left out"):
        found = verdicts(measure({"sweep": diverged}))
    assert {key for key, held in found.items() if not held} == {"starts"}


def test_boundaries_are_read_off_between_occupancies() -> None:
    p = np.array([0.0, 0.2, 0.4])
    assert boundary(p, np.array([1.0, 1.0, 0.9])) == pytest.approx(0.3)
    assert boundary(p, np.array([0.5, 1.0, 1.0])) == 0
    assert boundary(p, np.ones(3)) == pytest.approx(0.4)


def test_overlaps_are_squared_cosines() -> None:
    W = np.array([[2.0, 0.0], [3.0, 3.0], [0.0, -1.0]])
    np.testing.assert_allclose(overlaps_of(W), [0.5, 0.0, 0.5], atol=1e-12)
