"""The quadratic model: its closed form against sampling, by hand, and at known optima."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.arguments import ArgumentError
from superpos.models import QuadraticParams, quadratic
from superpos.types import Batch

N, M = 4, 2
VALUES = [1.0, 0.7, 0.5, 0.2]


def loss_of(W: np.ndarray, kurtosis: float, values: list[float]) -> float:
    n, m = W.shape
    model = quadratic(n_features=n, n_hidden=m, kurtosis=kurtosis, importance=values)
    x = jnp.ones((1, n))
    params = QuadraticParams(W=jnp.asarray(W, jnp.float32))
    batch = Batch(inputs=x, targets=x, factors=x)
    return float(model.loss(params, (), batch, jax.random.key(0))[0])


def samples(kurtosis: float, n_samples: int) -> np.ndarray:
    """Mean 0, variance 1: ±sqrt(κ) with probability 1/κ, else 0; uniform where κ = 9/5."""
    rng = np.random.default_rng(0)
    if kurtosis == 1.8:
        return rng.uniform(-(3**0.5), 3**0.5, (n_samples, N))
    on = rng.random((n_samples, N)) < 1 / kurtosis
    return on * rng.choice([-1, 1], (n_samples, N)) * np.sqrt(kurtosis)


@pytest.mark.parametrize("kurtosis", [1.0, 1.8, 3.0, 8.0])
def test_closed_form_is_the_mean_squared_error(kurtosis: float) -> None:
    """Of the predictions of `apply`, which has the best constant: residuals have mean 0."""
    W = np.random.default_rng(1).normal(size=(N, M)) / 2
    model = quadratic(n_features=N, n_hidden=M, kurtosis=kurtosis, importance=VALUES)
    params = QuadraticParams(W=jnp.asarray(W, jnp.float32))
    x = samples(kurtosis, 400_000)
    predict = jax.jit(jax.vmap(lambda each: model.apply(params, (), each).recon[0]))
    errors = np.square(x) @ VALUES - np.asarray(predict(jnp.asarray(x, jnp.float32)), float)
    squared = np.square(errors)
    tolerance = 5 * squared.std() / np.sqrt(len(x))
    assert abs(loss_of(W, kurtosis, VALUES) - squared.mean()) < tolerance + 1e-4
    assert abs(errors.mean()) < 5 * errors.std() / np.sqrt(len(x)) + 1e-4


def test_by_hand() -> None:
    """G = [[1, -2], [-2, 4]], v = (2, 1): (κ - 1)(1 + 9) + 2 (4 + 4)."""
    assert loss_of(np.array([[1.0], [-2.0]]), 4.0, [2.0, 1.0]) == pytest.approx(46)
    assert loss_of(np.zeros((2, 1)), 4.0, [2.0, 1.0]) == pytest.approx(15)
    assert loss_of(np.diag([2.0, 1.0]) ** 0.5, 9.0, [2.0, 1.0]) == pytest.approx(0, abs=1e-5)


@given(seed=st.integers(0, 2**32 - 1))
def test_rotations_of_the_neurons_and_signs_of_features_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(N, M))
    turned = np.linalg.qr(rng.normal(size=(M, M)))[0]
    changed = rng.choice([-1, 1], (N, 1)) * W @ turned
    assert loss_of(changed, 5.0, VALUES) == pytest.approx(loss_of(W, 5.0, VALUES), rel=1e-4)


@pytest.mark.parametrize("kurtosis", [1.5, 3.0, 4.0, 8.0])
def test_two_features_share_a_neuron_only_above_the_threshold(kurtosis: float) -> None:
    """By a search over a grid of both weights: both are represented iff v2/v1 > 2/(κ - 1)."""
    grid = np.linspace(0, 1.1, 221)
    A, B = np.meshgrid(grid**2, grid**2, indexing="ij")
    for ratio in (0.2, 0.4, 0.6, 0.8, 0.95):
        losses = (kurtosis - 1) * ((1 - A) ** 2 + (ratio - B) ** 2) + 4 * A * B
        _, second = np.unravel_index(losses.argmin(), losses.shape)
        at = loss_of(np.array([[0.7], [grid[second]]]), kurtosis, [1.0, ratio])
        assert at == pytest.approx(
            (kurtosis - 1) * ((1 - 0.49) ** 2 + (ratio - grid[second] ** 2) ** 2)
            + 4 * 0.49 * grid[second] ** 2,
            rel=1e-4,
        )
        assert (second > 0) == (ratio > 2 / (kurtosis - 1))


@pytest.mark.parametrize("value", [0.99, 0.0, -3.0, float("nan"), "3"])
def test_a_kurtosis_below_1_is_refused(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"^kurtosis=.*expected a number in \[1, inf\)$"):
        quadratic(n_features=2, n_hidden=1, kurtosis=value)  # type: ignore[arg-type]


def test_values_are_a_series_times_the_given_ones() -> None:
    model = quadratic(n_features=2, n_hidden=1, kurtosis=2.0, importance_decay=0.5)
    x = jnp.zeros((1, 2))
    params = QuadraticParams(W=jnp.zeros((2, 1)))
    loss, _ = model.loss(params, (), Batch(inputs=x, targets=x, factors=x), jax.random.key(0))
    assert loss == 1.25
