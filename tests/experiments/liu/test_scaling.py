"""Powers of the width, on models made by hand."""

import numpy as np
import pytest

from experiments.liu.scaling.claims import ROWS, judge
from experiments.liu.scaling.measure import (
    Models,
    Scaling,
    fit,
    frequencies,
    importance_ratio,
    missed,
    second_moment,
    squared_overlaps,
    welch,
)

SECOND = 4 / 3
N, WIDTHS = 200, (4, 6, 9, 14, 21)
GRID = [(a, g, m) for a in (0.0, 0.5, 1.0, 1.5, 2.0) for g in (-1.0, 1.0) for m in WIDTHS]


def ideal(grid=GRID, active=1.0, exponents=None):
    """Models of the theory: the loss of what is missed, or a power of m by α."""
    exponents = exponents or {0.0: 1.0, 0.5: 1.0, 1.0: 1.0, 1.5: 1.0, 2.0: 1.3}
    power, decay, m = map(np.array, zip(*grid, strict=True))
    kept = np.where(decay > 0, m, N)
    lost = np.array([missed(N, a, active, k, SECOND) for a, k in zip(power, kept, strict=True)])
    strong = np.array([each ** -exponents[a] for a, each in zip(power, m, strict=True)])
    return Models(
        *(power, decay, np.full(len(m), active), m.astype(float)),
        *(np.where(decay > 0, lost, strong), N, SECOND, kept, lost),
        *(1 / m, 1.2 * welch(N, m), np.full(len(m), 0.5)),
    )


def verdicts(grid, activity=None):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(Scaling(grid, activity or grid))}


def test_the_models_of_the_theory_hold_every_claim():
    other = ideal([g for g in GRID if g[:2] == (1.0, -1.0)], active=2.0)
    found = verdicts(ideal(), other)
    assert [key for key, *_ in ROWS] == list(found)
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(found, True)
    assert found["strong_exponent"].measured == pytest.approx(0, abs=1e-9)
    assert found["activity"].measured == pytest.approx(0, abs=1e-9)


def test_other_powers_are_seen():
    powers = {0.0: 0.5, 0.5: 0.5, 1.0: 0.7, 1.5: 1.0, 2.0: 2.0}
    found = verdicts(ideal(exponents=powers))
    assert found["strong_exponent"].measured == pytest.approx(0.5)
    assert not found["strong_exponent"].reproduced and not found["strong_steep"].reproduced


def test_one_width_is_not_judged():
    found = verdicts(ideal([g for g in GRID if g[2] == 9]))
    for key in ("weak_exponent", "weak_flat", "strong_exponent", "strong_steep", "activity"):
        assert found[key].reproduced is None


def test_the_interval_of_a_power_is_around_it_and_grows_with_the_noise():
    rng = np.random.default_rng(0)
    grid = [(1.0, -1.0, m) for m in WIDTHS for _ in range(4)]
    exact, models = fit(ideal(grid)), ideal(grid)
    assert exact == pytest.approx((1.0, 1.0, 1.0))
    noisy = fit(models._replace(loss=models.loss * np.exp(0.1 * rng.normal(size=len(grid)))))
    assert noisy.low < noisy.exponent < noisy.high
    assert noisy.low < 1 < noisy.high and 0.02 < noisy.high - noisy.low < 0.4


def test_frequencies_add_up_and_what_is_missed_is_their_tail():
    p = frequencies(5, 1.0, 2.0)
    np.testing.assert_allclose(p, 2 / np.arange(1, 6) / (137 / 60))
    assert missed(5, 1.0, 2.0, 3, SECOND) == pytest.approx(4 / 3 * (p[3] + p[4]))
    assert missed(5, 1.0, 2.0, 5, SECOND) == 0


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (-1.0, 1.0), (0.5, 0.5)])
def test_the_second_moment_is_that_of_the_magnitudes(low, high):
    config = {
        "data.magnitude.kind": "uniform",
        "data.magnitude.low": low,
        "data.magnitude.high": high,
    }
    v = np.linspace(low, high, 100_001)
    assert second_moment(config) == pytest.approx(np.square(v).mean(), rel=1e-4)
    assert np.isnan(second_moment({**config, "data.magnitude.kind": "lomax"}))


def test_a_simplex_meets_the_bound_of_welch_and_a_basis_with_a_copy_does_not():
    angles = 2 * np.pi * np.arange(3) / 3
    triangle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(squared_overlaps(3 * triangle), welch(3, np.array(2)))
    np.testing.assert_allclose(squared_overlaps(np.eye(3)[[0, 1, 2, 0]]), [0, 0, 1, 0, 0, 0])


def test_frequent_features_that_are_spread_evenly_vary_less():
    rows = np.random.default_rng(0).normal(size=(16, 3))
    simplex = np.eye(4) - 0.25
    rows[:4] = simplex @ np.linalg.svd(simplex)[0][:, :3]
    assert importance_ratio(rows) == pytest.approx(0, abs=1e-9)
    assert importance_ratio(rows[::-1]) > 1e9
    assert np.isnan(importance_ratio(np.tile(np.eye(3), (4, 1))[:, :1] * 0))
