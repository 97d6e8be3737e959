"""Kernels of wide ReLU networks, in float64 by NumPy: what they compute at their start and learn.

Source: Cho & Saul 2009, Kernel Methods for Deep Learning (arc-cosine kernels of degree 0 and 1);
Lee et al. 2018, Deep Neural Networks as Gaussian Processes (arXiv 1711.00165); Jacot, Gabriel &
Hongler 2018, Neural Tangent Kernel (arXiv 1806.07572); Lee et al. 2019, Wide Neural Networks of Any
Depth Evolve as Linear Models (arXiv 1902.06720), equations 15 and 16.
"""

from typing import Annotated, NamedTuple

import numpy as np

from superpos.arguments import ArgumentError, CountOrZero, Interval, MaybeCount, factory

Std = Annotated[float, Interval("(0, inf)")]
FromZero = Annotated[float, Interval("[0, inf)")]
LEAST_EIGENVALUE = -1e-9
"""Of a covariance over its largest: what rounding leaves below 0."""


class Gaussian(NamedTuple):
    """Outputs that are normal together.

    Attributes:
        mean: (n,).
        covariance: (n, n).
    """

    mean: np.ndarray
    covariance: np.ndarray


@factory
def nngp(
    *, inputs: np.ndarray, n_layers: CountOrZero, weight_std: Std, bias_std: FromZero = 0.0
) -> np.ndarray:
    """The covariance of an output of a network at its start, as its layers become wide.

    Args:
        inputs: (n, n_features).
        n_layers: hidden layers of ReLU units, >= 0; without, it is that of a linear function of any
            number of inputs.
        weight_std: standard deviation of weights times sqrt(n_in), in (0, inf), as
            `inits.fan_in` has it.
        bias_std: standard deviation of biases, in [0, inf).

    Returns:
        (n, n), float64.

    Raises:
        ArgumentError: a value is out of range, or the inputs are no such array; one line.
    """
    covariance, _ = _recursion(_checked(inputs), n_layers, weight_std, bias_std, None)
    return covariance


@factory
def ntk(
    *,
    inputs: np.ndarray,
    n_layers: CountOrZero,
    weight_std: Std,
    bias_std: FromZero = 0.0,
    n_hidden: MaybeCount = None,
) -> np.ndarray:
    """The products of gradients of an output at two inputs, as layers become wide.

    Args:
        inputs: (n, n_features).
        n_layers: hidden layers, >= 0.
        weight_std: as of `nngp`.
        bias_std: as of `nngp`.
        n_hidden: None takes gradients in Jacot's parameters, which are standard normal and
            multiplied by weight_std / sqrt(n_in) or bias_std; a number of units, >= 1, in the
            weights and biases themselves, as of `mlp` with biases, for hidden layers as wide.

    Returns:
        (n, n), float64.

    Raises:
        ArgumentError: a value is out of range, or the inputs are no such array; one line.
    """
    _, tangent = _recursion(_checked(inputs), n_layers, weight_std, bias_std, n_hidden)
    return tangent


def arc_cosine(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of products of ReLU units, and of their slopes, of normal inputs with mean 0.

    Args:
        covariance: of the inputs, (n, n).

    Returns:
        E[relu(u) relu(v)] and E[relu'(u) relu'(v)], with relu'(0) = 0, (n, n) each.
    """
    norms = np.sqrt(np.diagonal(covariance))
    product = np.outer(norms, norms)
    known = product > 0
    cosine = np.clip(np.divide(covariance, product, out=np.zeros_like(product), where=known), -1, 1)
    away = np.pi - np.arccos(cosine)
    values = product * (np.sqrt(1 - cosine**2) + away * cosine) / (2 * np.pi)
    return values, np.where(known, away / (2 * np.pi), 0.0)


@factory
def trained(
    *, kernel: np.ndarray, start: np.ndarray, targets: np.ndarray, ridge: FromZero = 0.0
) -> Gaussian:
    """Outputs at other inputs after training to a squared error of 0 in the limit of wide layers.

    With the kernel `ntk` these are networks trained by gradient descent on all parameters, over
    their starts (Lee et al. 2019); with `nngp` for both, the posterior of the Gaussian process.

    Args:
        kernel: of all inputs, those that are trained on first, (n, n).
        start: covariance at the start, `nngp` of the same inputs, (n, n).
        targets: of the first inputs, (n_train,), n_train < n.
        ridge: added to the diagonal of the kernel of those, in [0, inf).

    Returns:
        Mean and covariance at the other inputs.

    Raises:
        ArgumentError: a value is out of range, the arrays do not fit, or the kernel of the first
            inputs is singular; one line.
    """
    kernel, start, targets = map(np.asarray, (kernel, start, targets))
    shapes = kernel.shape, start.shape, targets.shape
    n, k = (len(each) if each.ndim else 0 for each in (kernel, targets))
    if shapes != ((n, n), (n, n), (k,)) or not 0 < k < n or not _finite(kernel, start, targets):
        raise ArgumentError(
            "kernel, start, targets of shape {}, {}, {}: expected (n, n) twice and (k,), k < n,"
            " finite".format(*shapes)
        )
    own = kernel[:k, :k] + ridge * np.eye(k)
    if np.linalg.matrix_rank(own, hermitian=True) < k:  # to rounding, which `solve` does not see
        raise ArgumentError("kernel: singular, expected distinct inputs or a ridge")
    factor = np.linalg.solve(own, kernel[:k, k:]).T
    across = factor @ start[:k, k:]
    covariance = start[k:, k:] - across - across.T + factor @ start[:k, :k] @ factor.T
    return Gaussian(factor @ targets, covariance)


def draw(gaussian: Gaussian, n_draws: int, seed: int) -> np.ndarray:
    """Draws of normal outputs, (n_draws, n), of a covariance that may be singular.

    Raises:
        ArgumentError: the covariance is not finite, or has an eigenvalue below 0 that is no
            rounding.
    """
    if not _finite(gaussian.mean, gaussian.covariance):
        raise ArgumentError("mean, covariance: expected finite numbers")
    values, vectors = np.linalg.eigh(gaussian.covariance)
    if values.min() < LEAST_EIGENVALUE * max(values.max(), 1.0):
        raise ArgumentError(f"covariance: has the eigenvalue {values.min():.3g}, expected >= 0")
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = np.random.default_rng(seed).standard_normal((n_draws, len(values)))
    return gaussian.mean + normal @ root.T


def _checked(inputs: np.ndarray) -> np.ndarray:
    found = np.asarray(inputs)
    if found.ndim != 2 or not found.size or not _finite(found):
        raise ArgumentError(f"inputs of shape {found.shape}: expected (n, n_features), finite")
    return found.astype(float)


def _finite(*arrays: np.ndarray) -> bool:
    """Whether all are of real numbers, none of them nan or infinite."""
    return all(each.dtype.kind in "biuf" and np.isfinite(each).all() for each in arrays)


def _recursion(
    inputs: np.ndarray, n_layers: int, weight_std: float, bias_std: float, n_hidden: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Covariance and tangent kernel, from the inputs on."""
    weights, biases = weight_std**2, bias_std**2
    products = inputs @ inputs.T
    covariance = biases + weights * products / inputs.shape[1]
    tangent = covariance if n_hidden is None else 1 + products
    for _ in range(n_layers):
        values, slopes = arc_cosine(covariance)
        covariance = biases + weights * values
        own = covariance if n_hidden is None else 1 + n_hidden * values
        tangent = own + weights * slopes * tangent
    return covariance, tangent
