"""Kernels of wide networks: closed forms, wide networks, and Gaussian conditioning by SciPy."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos.arguments import ArgumentError
from superpos.models import MlpParams, inits, kernels, mlp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
STD: dict[str, Any] = {"weight_std": 1.3, "bias_std": 0.4}
WIDTH, N_NETWORKS = 256, 200
MODEL = mlp(
    n_features=3,
    n_hidden=WIDTH,
    n_outputs=1,
    n_layers=2,
    bias=True,
    init=inits.fan_in(weight_std=STD["weight_std"], bias_std=STD["bias_std"]),
)


def outputs(params: MlpParams) -> jax.Array:
    return jax.vmap(lambda x: MODEL.apply(params, (), x).recon[0])(jnp.float32(X))


@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2, 2.5, np.pi])
def test_arc_cosines_are_the_integrals(angle: float) -> None:
    """E[relu(u) relu(v)] of unit normals by quadrature over the angle in the plane."""
    cosine = np.cos(angle)
    values, slopes = kernels.arc_cosine(np.array([[1, cosine], [cosine, 1]]))
    turn = np.linspace(-np.pi, np.pi, 20001)
    both = np.maximum(np.cos(turn), 0) * np.maximum(np.cos(turn - angle), 0)
    radial = 2 / (2 * np.pi)  # the mean of r² is 2, and turns are uniform
    assert values[0, 1] == pytest.approx(radial * scipy.integrate.trapezoid(both, turn), abs=1e-6)
    assert values[0, 0] == pytest.approx(0.5) and slopes[0, 0] == pytest.approx(0.5)
    assert slopes[0, 1] == pytest.approx((np.pi - angle) / (2 * np.pi))


def test_an_input_of_nothing_but_zeros_has_no_variance_without_biases() -> None:
    found = kernels.nngp(inputs=np.array([[0.0, 0], [1, 2]]), n_layers=2, weight_std=1.0)
    assert (found[0] == 0).all() and found[1, 1] > 0
    tangent = kernels.ntk(inputs=np.array([[0.0, 0], [1, 2]]), n_layers=2, weight_std=1.0)
    assert np.isfinite(tangent).all() and (tangent[0] == 0).all()


def test_of_he_the_variance_is_kept_through_layers() -> None:
    for n_layers in (0, 1, 5):
        found = kernels.nngp(inputs=X, n_layers=n_layers, weight_std=2**0.5)
        np.testing.assert_allclose(np.diagonal(found), 2 * (X**2).mean(1), rtol=1e-12)


def test_wide_networks_have_the_covariance() -> None:
    """Within 5 standard errors of a covariance over 200 networks, and 1 % for the width."""
    keys = jax.random.split(jax.random.key(0), N_NETWORKS)
    found = jax.jit(jax.vmap(lambda key: outputs(MODEL.init(key)[0])))(keys)
    K = kernels.nngp(inputs=X, n_layers=2, **STD)
    measured = np.asarray(found).T @ np.asarray(found) / N_NETWORKS
    variance = np.diagonal(K)
    error = np.sqrt((np.outer(variance, variance) + K**2) / N_NETWORKS)
    assert (np.abs(measured - K) < 5 * error + 0.01 * np.abs(K)).all()
    # its standard error over K is 0.1 on the diagonal: a factor of 2 in the variance is seen
    assert (error < 0.11 * np.sqrt(np.outer(variance, variance))).all()


@pytest.mark.parametrize("n_hidden", [None, WIDTH])
def test_a_wide_network_has_the_tangent_kernel(n_hidden: int | None) -> None:
    """The mean over 64 networks within 10 %, four of its standard errors.

    A mean of squares of 256 ReLU units deviates by sqrt(5 / 256), that of two layers by 20 %.
    """

    def gram(key: jax.Array) -> jax.Array:
        params, _ = MODEL.init(key)
        slopes = jax.jacobian(outputs)(params)
        scales = [1.0] * 3 if n_hidden else [STD["weight_std"] / n**0.5 for n in (3, WIDTH, WIDTH)]
        b = 1.0 if n_hidden else STD["bias_std"]
        total = jnp.zeros((4, 4))
        for W, scale in zip(slopes.weights, scales, strict=True):
            flat = scale * W.reshape(4, -1)
            total += flat @ flat.T
        for each in slopes.biases:
            total += b**2 * each.reshape(4, -1) @ each.reshape(4, -1).T
        return total

    found = jax.jit(lambda keys: jax.lax.map(gram, keys).mean(0))
    K = kernels.ntk(inputs=X, n_layers=2, n_hidden=n_hidden, **STD)
    largest = np.sqrt(np.outer(np.diagonal(K), np.diagonal(K)))
    measured = np.asarray(found(jax.random.split(jax.random.key(1), 64)))
    assert (np.abs(measured - K) < 0.1 * largest).all()


def test_the_posterior_is_that_of_a_normal_distribution() -> None:
    K = kernels.nngp(inputs=X, n_layers=1, **STD)
    found = kernels.trained(kernel=K, start=K, targets=np.array([1.0, -1.0]), ridge=0.1)
    inverse = np.linalg.inv(np.block([[K[:2, :2] + 0.1 * np.eye(2), K[:2, 2:]], [K[2:]]]))
    precision = inverse[2:, 2:]
    np.testing.assert_allclose(
        found.mean, -np.linalg.solve(precision, inverse[2:, :2] @ [1.0, -1.0]), rtol=1e-10
    )
    exact = kernels.trained(kernel=K, start=K, targets=np.array([1.0, -1.0]))
    inverse = np.linalg.inv(K)
    np.testing.assert_allclose(exact.covariance, np.linalg.inv(inverse[2:, 2:]), rtol=1e-9)


def test_training_of_a_linear_model_is_what_least_squares_finds() -> None:
    """Gradient descent on f = x·w from a normal start keeps what examples do not see."""
    inputs, targets = RNG.normal(size=(5, 6)), np.array([1.0, -1.0, 1.0])
    start = kernels.nngp(inputs=inputs, n_layers=0, weight_std=6**0.5)
    found = kernels.trained(kernel=start, start=start, targets=targets)
    unseen = np.eye(6) - np.linalg.pinv(inputs[:3]) @ inputs[:3]
    np.testing.assert_allclose(found.mean, inputs[3:] @ np.linalg.pinv(inputs[:3]) @ targets)
    expected = inputs[3:] @ unseen @ inputs[3:].T
    np.testing.assert_allclose(found.covariance, expected, atol=1e-9)


def test_signs_of_two_outputs_have_the_orthant_probability() -> None:
    """1/4 + asin(rho) / (2 pi), to 5 standard errors."""
    covariance = np.array([[2.0, 0.9], [0.9, 1.0]])
    draws = kernels.draw(kernels.Gaussian(np.zeros(2), covariance), 20_000, seed=0)
    expected = 0.25 + np.arcsin(0.9 / 2**0.5) / (2 * np.pi)
    error = np.sqrt(expected * (1 - expected) / 20_000)
    assert abs((draws > 0).all(1).mean() - expected) < 5 * error
    singular = kernels.draw(kernels.Gaussian(np.ones(2), np.ones((2, 2))), 10, seed=1)
    np.testing.assert_allclose(singular[:, 0], singular[:, 1], atol=1e-6)


def test_what_does_not_fit_is_one_line() -> None:
    K = np.eye(3)
    with pytest.raises(ArgumentError, match=r"^inputs of shape \(3,\): expected"):
        kernels.nngp(inputs=np.zeros(3), n_layers=1, weight_std=1.0)
    with pytest.raises(ArgumentError, match=r"^weight_std=0: expected a number in \(0, inf\)$"):
        kernels.ntk(inputs=X, n_layers=1, weight_std=0)
    with pytest.raises(ArgumentError, match=r"^kernel, start, targets of shape .* k < n"):
        kernels.trained(kernel=K, start=K, targets=np.zeros(3))
    for targets in (np.array([1, np.nan]), np.zeros((2, 1)), np.array(["a"]), 5.0):
        with pytest.raises(ArgumentError, match=r"^kernel, start, targets of shape"):
            kernels.trained(kernel=K, start=K, targets=targets)
    with pytest.raises(ArgumentError, match=r"^ridge=-1: expected a number in \[0, inf\)$"):
        kernels.trained(kernel=K, start=K, targets=np.zeros(2), ridge=-1)
    with pytest.raises(ArgumentError, match="^kernel: singular"):
        kernels.trained(kernel=np.ones((3, 3)), start=K, targets=np.zeros(2))
    twice = kernels.nngp(inputs=X[[0, 1, 1, 2, 3]], n_layers=1, **STD)
    with pytest.raises(ArgumentError, match="^kernel: singular"):
        kernels.trained(kernel=twice, start=twice, targets=np.array([1.0, 1.0, -1.0]))
    with pytest.raises(ArgumentError, match="^covariance: has the eigenvalue -1"):
        kernels.draw(kernels.Gaussian(np.zeros(2), -np.eye(2)), 1, seed=0)
    with pytest.raises(ArgumentError, match="^mean, covariance: expected finite numbers"):
        kernels.draw(kernels.Gaussian(np.zeros(2), np.full((2, 2), np.nan)), 1, seed=0)
    for inputs in (np.array([["a"]]), np.array([[1j]]), np.array([[np.inf]])):
        with pytest.raises(ArgumentError, match=r"^inputs of shape \(1, 1\): expected"):
            kernels.nngp(inputs=inputs, n_layers=1, weight_std=1.0)
