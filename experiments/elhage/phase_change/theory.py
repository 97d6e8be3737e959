"""Exact loss and exact optima behind the phase diagrams of superposition.

Source: Elhage et al. 2022, "Toy Models of Superposition", section "Superposition as a Phase
Change". Tied ReLU autoencoder x' = ReLU(W W^T x + b); loss L = E_x sum_i I_i (x_i - x'_i)^2;
features independent, each U(0, 1) with probability p (the density), else exactly 0.
"""

import functools
from itertools import combinations, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Triple = tuple[Array, Array, Array]
PHASES = {
    2: ("none", "ignore", "dedicate", "antipodal", "aligned"),
    3: ("other", "ignore last", "ignore first", "antipodal extra", "antipodal others", "plane"),
}


_gauss = functools.cache(np.polynomial.legendre.leggauss)


def _positive_moments(c: Array, p: Array) -> Array:
    """E[1(z > 0) y y^T] for y = (1, x), z = c . y: c (k+1, ...), p (...) -> (k+1, k+1, ...).

    Sums over x_k = 0 and Gauss nodes in (0, 1). As a function of x_k the rest has degree at most
    k + 1 between its breaks, z = 0 at a corner of the other variables' cube: exact up to rounding.
    """
    k = len(c) - 1
    if k == 0:
        return (c > 0)[None].astype(np.float64)
    zero, slope = np.zeros_like(c[k:]), np.where(np.abs(c[k]) < 1e-100, 1.0, c[k])
    corners = np.indices((2,) * (k - 1)).reshape(k - 1, 2 ** (k - 1))
    roots = -(c[0] + np.tensordot(corners.T, c[1:k], 1)) / slope
    edges = np.sort(np.clip(np.concatenate([zero, roots, zero + 1]), 0.0, 1.0), axis=0)
    nodes, weights = _gauss((k + 3) // 2)
    half = np.diff(edges, axis=0) / 2
    x = (edges[:-1] + np.multiply.outer(1 + nodes, half)).reshape(-1, *c.shape[1:])
    weight = np.concatenate([zero + 1 - p, p * np.multiply.outer(weights, half).reshape(x.shape)])
    x = np.concatenate([zero, x])
    inner = np.repeat(c[:k, None], len(x), axis=1)
    inner[0] += c[k] * x
    rest = _positive_moments(inner, p)
    rest = np.concatenate([rest, x * rest[:1]])
    rest = np.concatenate([rest, x * rest[:, :1]], axis=1)
    return np.einsum("q...,ijq...->ij...", weight, rest)


def exact_loss_and_grad(W: Array, b: Array, *, density: ArrayLike, importance: ArrayLike) -> Triple:
    """Exact loss and gradient, summed over all sets of active features. Leading axes broadcast.

    Args:
        W: Weights (..., n, m).
        b: Bias (..., n).
        density: p in [0, 1], shape (...).
        importance: I >= 0, shape (..., n).

    Returns:
        (loss (...), dL/dW (..., n, m), dL/db (..., n)).
    """
    n, p = W.shape[-2], np.asarray(density, dtype=np.float64)[..., None]
    c = np.empty((*np.broadcast_shapes(W.shape[:-2], b.shape[:-1], p.shape[:-1]), n, n + 1))
    c[..., 0], c[..., 1:] = b, W @ np.swapaxes(W, -1, -2)
    moments = np.moveaxis(_positive_moments(np.moveaxis(c, -1, 0), p), (0, 1), (-2, -1))
    # With y = (1, x), output i has pre-activation c_i . y and target y_{i+1}.
    explained = np.einsum("...iii->...i", moments[..., 1:, 1:])
    c -= np.eye(n, n + 1, 1)
    half_dc = (moments @ c[..., None])[..., 0]
    loss = np.multiply(importance, p / 3 - explained + (c * half_dc).sum(-1)).sum(-1)
    dc = 2 * np.expand_dims(importance, -1) * half_dc
    return loss, (dc[..., 1:] + np.swapaxes(dc[..., 1:], -1, -2)) @ W, dc[..., 0]


def exact_loss(W: Array, b: Array, *, density: ArrayLike, importance: ArrayLike) -> Array:
    """The loss of `exact_loss_and_grad` alone, shape (...)."""
    return exact_loss_and_grad(W, b, density=density, importance=importance)[0]


def _minimise(theta: Array, p: Array, importance: Array) -> tuple[Array, Array]:
    """BFGS with backtracking on every row of theta = [W, b], (k, n, m + 1), at once."""

    def value(x: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
        W, b = np.split(x.reshape(-1, *theta.shape[1:]), [-1], axis=-1)
        knobs = {"density": p[rows], "importance": importance[rows]}
        loss, dW, db = exact_loss_and_grad(W, b[..., 0], **knobs)
        return loss, np.concatenate([dW, db[..., None]], axis=-1).reshape(x.shape)

    x = theta.reshape(len(theta), -1).copy()
    loss, grad = value(x, np.arange(len(x)))
    H, step = np.tile(np.eye(x.shape[1]), (len(x), 1, 1)), np.ones(len(x))
    for _ in range(500):
        rows = np.flatnonzero((np.abs(grad).max(-1) > 1e-8) & (step > 1e-9))
        if not rows.size:
            break
        s = -step[rows, None] * (H[rows] @ grad[rows, :, None])[..., 0]
        new_loss, new_grad = value(x[rows] + s, rows)
        ok = new_loss <= loss[rows] + 1e-4 * (s * grad[rows]).sum(-1)
        step[rows] = np.where(ok, 1.0, step[rows] / 2)
        rows, s, t = rows[ok], s[ok], (new_grad - grad[rows])[ok]
        x[rows], loss[rows], grad[rows] = x[rows] + s, new_loss[ok], new_grad[ok]
        st, Ht = (s * t).sum(-1, keepdims=True), (H[rows] @ t[..., None])[..., 0]
        st[st <= 1e-10 * (s * s).sum(-1, keepdims=True)] = np.inf  # not convex: keep H
        r = (s * (1 + (t * Ht).sum(-1, keepdims=True) / st) / 2 - Ht) / st
        H[rows] += s[:, :, None] * r[:, None, :] + r[:, :, None] * s[:, None, :]
    return loss, x.reshape(theta.shape)


def _starts(n: int, m: int, n_random: int, seed: int) -> list[Array]:
    """Start W (n, m): m dedicated features, alone or one with an antipode; simplex; random."""
    eye = np.eye(n)
    starts = [eye[:, kept] for kept in combinations(range(n), m)]
    pairs = product(starts, combinations(range(n), 2))
    starts += [W - np.outer(eye[o], W[k]) for W, (k, o) in pairs if W[k].any() > W[o].any()]
    if m == n - 1:
        starts.append(np.linalg.svd(eye - 1 / n)[0][:, :m] * np.sqrt(n / m))
    return starts + [*np.random.default_rng(seed).normal(size=(n_random, n, m)) / np.sqrt(m)]


def exact_optima(
    densities: Array, importances: Array, *, n_hidden: int, n_random: int = 4, seed: int = 0
) -> Triple:
    """Best local optimum from structured and random starts, at each point of a grid.

    Args:
        densities: p in (0, 1], shape (n_density,).
        importances: I >= 0, not all 0, shape (n_importance, n).
        n_hidden: m, from 1 to n.
        n_random: Number of random starts.
        seed: Seed of the random starts.

    Returns:
        (loss, W, b) with leading axes (n_density, n_importance); W (n, m) up to a rotation.
    """
    shape, n = (len(densities), len(importances)), importances.shape[-1]
    p, importance = np.repeat(densities, shape[1]), np.tile(importances, (shape[0], 1))
    scale = p * importance.max(-1)  # makes every loss of order one
    best_loss, best = np.full(len(p), np.inf), np.zeros((len(p), n, n_hidden + 1))
    for W in _starts(n, n_hidden, n_random, seed):
        start = np.empty_like(best)
        start[..., :-1], start[..., -1] = W, p[:, None] / 2 * ~W.any(-1)
        loss, theta = _minimise(start, p, importance / scale[:, None])
        better = loss < best_loss
        best_loss[better], best[better] = loss[better], theta[better]
    best = best.reshape(*shape, n, n_hidden + 1)
    return (best_loss * scale).reshape(shape), best[..., :-1], best[..., -1]


def exact_optimum(*, density: float, importance: ArrayLike, n_hidden: int, **starts: int) -> Triple:
    """`exact_optima` at one point: (loss (), W (n, m), b (n,)); starts: n_random, seed."""
    point = np.array([density]), np.array([importance])
    loss, W, b = exact_optima(*point, n_hidden=n_hidden, **starts)
    return loss[0, 0], W[0, 0], b[0, 0]


def configuration_parameters(density: ArrayLike, n_features: int) -> dict[str, tuple[Array, Array]]:
    """Phase -> (W (n, n-1), b (..., n)) of the configurations of `configuration_losses`.

    Rows of W have norm 1 or 0; b is p/2, the best constant, for a row of norm 0 and 0 otherwise.
    """
    # Signed column of each feature, 0 for none.
    codes = {2: ((1, 0), (0, 1), (1, -1)), 3: ((1, 2, 0), (0, 1, 2), (1, 2, -2), (1, -1, 2))}
    columns = np.eye(n_features, n_features - 1, -1)
    weights = [np.sign(code)[:, None] * columns[np.abs(code)] for code in codes[n_features]]
    half = np.asarray(density, dtype=np.float64)[..., None] / 2
    names = PHASES[n_features][1:-1]
    return {name: (W, half * ~W.any(-1)) for name, W in zip(names, weights, strict=True)}


def configuration_losses(
    density: ArrayLike, relative_importance: ArrayLike, n_features: int
) -> dict[str, Array]:
    """Phase -> loss (...) of fixed configurations, n = 2 or 3, importance 1 but r for the last.

    An ignored feature costs its variance p/3 - p^2/4. An antipodal pair errs only when both are
    active, each by E[min(x_i, x_j)^2] = 1/6. Source: wattenberg/superposition notebook.

    Args:
        density: p in [0, 1], shape (...).
        relative_importance: r >= 0, shape (...).
        n_features: n, 2 or 3.
    """
    p, r = np.broadcast_arrays(np.asarray(density, dtype=np.float64), relative_importance)
    variance = p / 3 - p**2 / 4
    losses = (r * variance, variance, (1 + r) * p**2 / 6, p**2 / 3)
    return dict(zip(PHASES[n_features][1:-1], losses[: n_features + 1], strict=True))


def classify(W: Array, *, threshold: float = 0.2, antipodal_cos: float = -0.9) -> NDArray[np.intp]:
    """Index into `PHASES[n]` (...) of each W; the last feature is the extra one.

    Args:
        W: Weights (..., 2, 1) or (..., 3, 2).
        threshold: Least norm of a represented feature.
        antipodal_cos: Greatest cosine of an antipodal pair; the most opposite pair counts.
    """
    norm, n = np.linalg.norm(W, axis=-1, keepdims=True), W.shape[-2]
    unit, seen = W / np.maximum(norm, threshold), norm[..., 0] >= threshold
    cos = unit @ np.swapaxes(unit, -1, -2)
    extra, others = cos[..., :-1, -1].min(-1), cos[..., 0, -2]  # n = 2: others is 1, no pair
    pair = np.where(others < extra, 4, 3)
    full = np.where(np.minimum(extra, others) < antipodal_cos, pair, len(PHASES[n]) - 1)
    return np.where(seen.all(-1), full, np.where(seen.sum(-1) < n - 1, 0, 1 + seen[..., -1]))
