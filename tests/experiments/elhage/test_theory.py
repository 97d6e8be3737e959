"""The exact loss agrees with brute force, and the optima with the known phase changes."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.elhage.phase_change.theory import (
    PHASES,
    classify,
    configuration_losses,
    configuration_parameters,
    exact_loss,
    exact_loss_and_grad,
    exact_optima,
    exact_optimum,
)

SIZES = [(2, 1), (3, 2), (4, 2)]
IGNORE, DEDICATE, ANTIPODAL = 1, 2, 3


def random_point(n: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(n, m)), 0.3 * rng.normal(size=n)
    return W, b, {"density": rng.uniform(0.1, 1.0), "importance": rng.uniform(0.1, 2.0, size=n)}


def relative_importances(ratios: np.ndarray, n: int) -> np.ndarray:
    importances = np.ones((len(ratios), n))
    importances[:, -1] = ratios
    return importances


def squared_errors(x: np.ndarray, W: np.ndarray, b: np.ndarray, importance: np.ndarray):
    return (x - np.maximum(x @ W @ W.T + b, 0.0)) ** 2 @ importance


@pytest.mark.parametrize(("n", "m", "n_grid"), [(2, 1, 1000), (3, 2, 100)])
@pytest.mark.parametrize("seed", range(3))
def test_loss_equals_brute_force_quadrature(n, m, n_grid, seed):
    W, b, knobs = random_point(n, m, seed)
    p, midpoints = knobs["density"], (np.arange(n_grid) + 0.5) / n_grid
    total = 0.0
    for active in product((False, True), repeat=n):
        axes = np.meshgrid(*[midpoints if on else [0.0] for on in active])
        x = np.stack([axis.ravel() for axis in axes], axis=-1)
        errors = squared_errors(x, W, b, knobs["importance"])
        total += p ** sum(active) * (1 - p) ** (n - sum(active)) * errors.mean()
    assert exact_loss(W, b, **knobs) == pytest.approx(total, rel=5 / n_grid**2)


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_loss_is_within_four_standard_errors_of_monte_carlo(n, m):
    W, b, knobs = random_point(n, m, seed=7)
    rng, n_samples = np.random.default_rng(0), 400_000
    x = rng.uniform(size=(n_samples, n)) * (rng.uniform(size=(n_samples, n)) < knobs["density"])
    errors = squared_errors(x, W, b, knobs["importance"])
    standard_error = errors.std() / np.sqrt(n_samples)
    assert standard_error < 0.01 * errors.mean()
    assert abs(exact_loss(W, b, **knobs) - errors.mean()) < 4 * standard_error


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m"), SIZES)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_gradient_equals_central_differences(n, m, seed):
    W, b, knobs = random_point(n, m, seed)
    _, dW, db = exact_loss_and_grad(W, b, **knobs)
    theta, h = np.append(W, b), 1e-5
    moved = theta + h * np.concatenate([np.eye(len(theta)), -np.eye(len(theta))])
    up, down = np.split(
        exact_loss(moved[:, : n * m].reshape(-1, n, m), moved[:, n * m :], **knobs), 2
    )
    np.testing.assert_allclose(np.append(dW, db), (up - down) / (2 * h), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("tiny", [0.0, 1e-200, 1e-12, 1e-7])
def test_loss_and_gradient_are_stable_at_zero_slopes(tiny):
    knobs = {"density": 0.4, "importance": [1.0, 0.5]}
    W, b = np.array([[1.0], [0.0]]), np.array([0.0, 0.2])
    exact = exact_loss_and_grad(W, b, **knobs)
    nudged = exact_loss_and_grad(W + np.array([[0.0], [tiny]]), b, **knobs)
    for one, other in zip(exact, nudged, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-15 + 5 * tiny)


def test_leading_axes_broadcast():
    rng = np.random.default_rng(3)
    W, b = rng.normal(size=(4, 1, 3, 2)), rng.normal(size=(5, 3))
    density, importance = rng.uniform(0.1, 0.9, size=(6, 1, 1)), rng.uniform(size=(5, 3))
    loss, dW, db = exact_loss_and_grad(W, b, density=density, importance=importance)
    assert (loss.shape, dW.shape, db.shape) == ((6, 4, 5), (6, 4, 5, 3, 2), (6, 4, 5, 3))
    one = exact_loss_and_grad(
        W[1, 0], b[2], density=density[3, 0, 0], importance=list(importance[2])
    )
    for whole, part in zip((loss, dW, db), one, strict=True):
        np.testing.assert_allclose(whole[3, 1, 2], part, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("n", [2, 3])
def test_configuration_losses_are_exact(n):
    densities, ratios = np.linspace(0.0, 1.0, 6)[:, None], np.geomspace(0.1, 10.0, 5)
    losses = configuration_losses(densities, ratios, n)
    parameters = configuration_parameters(densities, n)
    assert list(losses) == list(parameters) == list(PHASES[n][1:-1])
    for name, (W, b) in parameters.items():
        exact = exact_loss(W, b, density=densities, importance=relative_importances(ratios, n))
        np.testing.assert_allclose(losses[name], exact, rtol=0, atol=1e-14)
        assert PHASES[n][classify(W)] == name


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0])
def test_fixed_configurations_cross_at_the_closed_form_boundary(ratio):
    losses = configuration_losses(2 * ratio / (1 + 2.5 * ratio), ratio, 2)
    assert losses["ignore"] == pytest.approx(losses["antipodal"], rel=1e-14)


@pytest.mark.parametrize(
    ("ratio", "boundary", "norm"), [(0.1, 0.181, 0.64), (0.3, 0.376, 0.72), (0.5, 0.485, 0.76)]
)
def test_optimum_jumps_from_antipodal_to_ignore(ratio, boundary, norm):
    def optimum(density: float) -> np.ndarray:
        return exact_optimum(density=density, importance=[1.0, ratio], n_hidden=1, n_random=2)[1]

    low, high = boundary - 0.003, boundary + 0.003
    assert [int(classify(optimum(p))) for p in (low, high)] == [ANTIPODAL, IGNORE]
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (middle, high) if classify(optimum(middle)) == ANTIPODAL else (low, middle)
    assert abs(optimum(low)[1, 0]) == pytest.approx(norm, abs=0.01)
    assert abs(optimum(high)[1, 0]) < 1e-6


def test_equal_importance_stays_antipodal():
    _, W, _ = exact_optima(np.linspace(0.05, 0.98, 9), np.ones((1, 2)), n_hidden=1)
    assert np.all(classify(W) == ANTIPODAL)
    assert np.abs(W).min() > 0.35


def test_optima_obey_the_swap_of_the_features():
    densities, ratios = np.geomspace(0.02, 0.95, 5), np.geomspace(0.1, 10.0, 5)
    loss, W, _ = exact_optima(densities, relative_importances(ratios, 2), n_hidden=1)
    np.testing.assert_allclose(loss, ratios * loss[:, ::-1], rtol=1e-9)
    swapped = np.array([0, DEDICATE, IGNORE, ANTIPODAL, 4])
    np.testing.assert_array_equal(classify(W), swapped[classify(W)[:, ::-1]])


@pytest.mark.parametrize("n", [2, 3])
def test_optimum_is_stationary_and_no_worse_than_any_configuration(n):
    densities, ratios = np.array([0.02, 0.2, 0.7]), np.array([0.2, 1.0, 3.0])
    importances = relative_importances(ratios, n)
    loss, W, b = exact_optima(densities, importances, n_hidden=n - 1)
    for fixed in configuration_losses(densities[:, None], ratios, n).values():
        assert np.all(loss <= fixed * (1 + 1e-12))
    again, dW, db = exact_loss_and_grad(W, b, density=densities[:, None], importance=importances)
    np.testing.assert_allclose(again, loss, rtol=1e-12)
    assert max(np.abs(dW).max(), np.abs(db).max()) < 1e-7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("density", "importance"),
    [(0.1, [1.0, 0.3]), (0.45, [1.0, 0.5]), (0.8, [1.0, 1.0]), (0.6, [1.0, 1.0, 0.8])],
)
def test_scipy_from_random_starts_finds_the_same_optimum(density, importance):
    n, m, rng = len(importance), len(importance) - 1, np.random.default_rng(11)
    scale = density  # an objective of order one, for the stopping rule

    def value(theta: np.ndarray) -> tuple[float, np.ndarray]:
        W, b = theta[: n * m].reshape(n, m), theta[n * m :]
        loss, dW, db = exact_loss_and_grad(W, b, density=density, importance=importance)
        return float(loss) / scale, np.append(dW, db) / scale

    runs = [
        scipy.optimize.minimize(
            value, rng.normal(size=n * m + n) * 0.7, jac=True, method="L-BFGS-B"
        ).fun
        for _ in range(20)
    ]
    loss, W, b = exact_optimum(density=density, importance=importance, n_hidden=m)
    assert (W.shape, b.shape) == ((n, m), (n,))
    assert loss <= scale * min(runs) * (1 + 1e-9)
    assert loss == pytest.approx(scale * min(runs), rel=1e-5)


def test_three_features_reduce_to_two_or_share_the_plane():
    loss, W, _ = exact_optimum(density=0.2, importance=[1.0, 1.0, 0.5], n_hidden=2)
    assert PHASES[3][classify(W)] == "antipodal extra"
    assert loss == pytest.approx(
        exact_optimum(density=0.2, importance=[1.0, 0.5], n_hidden=1)[0], rel=1e-9
    )
    _, W, _ = exact_optimum(density=0.7, importance=np.ones(3), n_hidden=2)
    assert PHASES[3][classify(W)] == "plane"
    norm = np.linalg.norm(W, axis=-1)
    np.testing.assert_allclose((W / norm[:, None]) @ W.T / norm, 1.5 * np.eye(3) - 0.5, atol=1e-6)


def test_classify_two_features():
    rows = {
        "none": (0.1, -0.19),
        "ignore": (-1.0, 0.1),
        "dedicate": (0.1, 1.0),
        "antipodal": (-0.9, 0.3),
        "aligned": (0.9, 0.3),
    }
    W = np.array(list(rows.values()))[..., None]
    assert [PHASES[2][phase] for phase in classify(W)] == list(rows)
    assert PHASES[2][classify(W[3], threshold=0.4)] == "ignore"


def test_classify_three_features():
    rows = {
        "other": [[1.0, 0.0], [0.0, 0.1], [0.1, 0.0]],
        "ignore last": [[1.0, 0.0], [0.0, 1.0], [0.1, 0.0]],
        "ignore first": [[1.0, 0.0], [0.0, 0.1], [0.0, 1.0]],
        "antipodal extra": [[1.0, 0.0], [0.1, 0.8], [0.0, -0.5]],
        "antipodal others": [[1.0, 0.0], [-0.9, 0.1], [0.0, 1.0]],
        "plane": [[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]],
    }
    W = np.array(list(rows.values()))
    assert [PHASES[3][phase] for phase in classify(W)] == list(rows)
    assert PHASES[3][classify(W[3:4], antipodal_cos=-0.999)[0]] == "plane"
