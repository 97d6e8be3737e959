"""Sparse autoencoders in NumPy float64, written from the formulas of SAES.md and the papers.

No line is shared with the package. Gradients are central differences of the loss, in which what a
straight-through estimate or a stopped gradient holds fixed is a constant.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Params = dict[str, np.ndarray]
STEP = 1e-6


def gradients(loss: Callable[[Params], float], params: Params) -> Params:
    """Central differences in every number."""
    found = {name: np.zeros_like(value) for name, value in params.items()}
    for name, value in params.items():
        for place in np.ndindex(value.shape):
            moved = []
            for sign in (1, -1):
                other = {each: array.copy() for each, array in params.items()}
                other[name][place] += sign * STEP
                moved.append(loss(other))
            found[name][place] = (moved[0] - moved[1]) / (2 * STEP)
    return found


def squared(x: np.ndarray, recon: np.ndarray) -> float:
    return float(((x - recon) ** 2).sum(-1).mean())


def norms(W_dec: np.ndarray) -> np.ndarray:
    return np.sqrt((W_dec**2).sum(-1))


def encode(p: Params, x: np.ndarray) -> np.ndarray:
    return (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]


def keep(values: np.ndarray, rank: np.ndarray, k: int) -> np.ndarray:
    """Values of the k with the highest rank in each row, the others 0."""
    kept = np.zeros_like(values)
    for row in range(len(values)):
        best = np.argsort(-rank[row], kind="stable")[:k]
        kept[row, best] = values[row, best]
    return kept


def keep_of_batch(values: np.ndarray, n: int) -> np.ndarray:
    flat = values.ravel()
    kept = np.zeros_like(flat)
    best = np.argsort(-flat, kind="stable")[:n]
    kept[best] = flat[best]
    return kept.reshape(values.shape)


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def ranked(p: Params, x: np.ndarray) -> np.ndarray:
    return encode(p, x) * norms(p["W_dec"])


def decode(p: Params, code: np.ndarray) -> np.ndarray:
    """Of codes that are ranked by the norms of decoder rows."""
    return (code / norms(p["W_dec"])) @ p["W_dec"] + p["b_dec"]


def topk_code(p: Params, x: np.ndarray, k: int) -> np.ndarray:
    pre = ranked(p, x)
    return relu(keep(pre, pre, k))


def abs_topk_code(p: Params, x: np.ndarray, k: int) -> np.ndarray:
    pre = ranked(p, x)
    return keep(pre, np.abs(pre), k)


def batch_topk_code(p: Params, x: np.ndarray, k: float) -> np.ndarray:
    return keep_of_batch(relu(ranked(p, x)), int(k * len(x)))


def auxk(
    p: Params, x: np.ndarray, residual: np.ndarray, dead: np.ndarray, by: Callable[[Any], Any]
) -> float:
    """SAELens' auxiliary error; the residual is a constant."""
    n_dead, half = int(dead.sum()), x.shape[1] // 2
    pre = ranked(p, x)
    rank = np.where(dead, by(pre), -np.inf)
    acts = keep(pre, rank, min(half, n_dead))
    recon = (acts / norms(p["W_dec"])) @ p["W_dec"]
    return min(n_dead / half, 1) * squared(residual, recon)


def pursuit_code(p: Params, x: np.ndarray, k: int) -> np.ndarray:
    W = p["W_dec"]
    residual, code = x - p["b_dec"], np.zeros((len(x), len(W)))
    for _ in range(k):
        for row in range(len(x)):
            products = relu(W @ residual[row])
            best = int(np.argmax(products))
            code[row, best] += products[best]
            residual[row] = residual[row] - products[best] * W[best]
    return code
