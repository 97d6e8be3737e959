"""Sums of Gaussian wells in the plane: f(x) = -Σ_k d_k exp(-|x - μ_k|² / 2 w_k²).

A problem c is the centres μ, in the box from -1 to 1, then the depths d and the widths w. How its
minima are found in float64, and how far off a grid can be, is in
`experiments.optimisation.minima`.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from superpos.types import Array, Key

EDGE = 0.6
"""In the second distribution, the centres are beyond it in one direction or both."""
DEPTHS, WIDTHS = (0.5, 1.0), (0.2, 0.4)
"""Ranges of both."""
DEEPER = 4.0
"""Factor of the depths in the third distribution."""
N_GRID, N_NEWTON = 41, 4
"""Points along each side of the box of which the best one is the start of Newton's method."""


def n_unknowns(n_features: int) -> int:
    """2 of problems of 2 to 16 wells."""
    return 2 if n_features % 4 == 0 and 8 <= n_features <= 64 else 0


def sample(key: Key, shift: Array | int, n_features: int) -> Array:
    """A problem, (n_features,)."""
    n_wells = n_features // 4
    drawn = jax.random.uniform(key, (n_features,))
    centres, rest = 2 * drawn[: 2 * n_wells].reshape(n_wells, 2) - 1, drawn[2 * n_wells :]
    out = jnp.maximum(jnp.abs(centres).max(-1, keepdims=True), 1e-6)
    at_edge = centres / out * (EDGE + (1 - EDGE) * out)
    centres = jnp.where(shift == 1, at_edge, centres)
    depths = DEPTHS[0] + (DEPTHS[1] - DEPTHS[0]) * rest[:n_wells]
    widths = WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * rest[n_wells:]
    depths = jnp.where(shift == 2, DEEPER, 1.0) * depths
    return jnp.concatenate([centres.ravel(), depths, widths])


def parts(c: Array) -> tuple[Array, Array, Array]:
    """Centres (n_wells, 2), depths and widths (n_wells,)."""
    n_wells = c.shape[0] // 4
    return c[: 2 * n_wells].reshape(n_wells, 2), c[2 * n_wells : 3 * n_wells], c[3 * n_wells :]


def value(c: Array, x: Array) -> Array:
    """f(x)."""
    centres, depths, widths = parts(c)
    squares = jnp.square(x[None] - centres).sum(-1)
    return -(depths * jnp.exp(-squares / (2 * widths**2))).sum()


def slope(c: Array, x: Array) -> tuple[Array, Array]:
    """Gradient (2,) and Hessian (2, 2) over Σ d / w², which no second derivative exceeds."""
    centres, depths, widths = parts(c)
    sharp = depths / widths**2
    apart = x[None] - centres
    curved = sharp * jnp.exp(-jnp.square(apart).sum(-1) / (2 * widths**2))
    spread = (apart / widths[:, None] ** 2 * curved[:, None]).T @ apart
    most = sharp.sum()
    return curved @ apart / most, (curved.sum() * jnp.eye(2) - spread) / most


def baseline(c: Array) -> Array:
    """Mean of f over the box."""
    centres, depths, widths = parts(c)
    w = widths[:, None]
    along = w * (ndtr((1 - centres) / w) - ndtr((-1 - centres) / w))
    return -jnp.pi / 2 * (depths * along[:, 0] * along[:, 1]).sum()


def solution(c: Array) -> Array:
    """The best point of a grid, and Newton's method from there as long as f falls, (2,)."""
    centres, depths, widths = parts(c)
    side = jnp.asarray(np.linspace(-1, 1, N_GRID, dtype=np.float32))
    along = (side[:, None, None] - centres[None]) / widths[None, :, None]
    along = jnp.exp(-(along**2) / 2)  # of each point along a side, well and direction
    best = jnp.argmax((along[..., 0] * depths[None]) @ along[..., 1].T)
    start = side[jnp.stack([best // N_GRID, best % N_GRID])]

    def step(_: int, x: Array) -> Array:
        gradient, H = slope(c, x)
        adjugate = jnp.eye(2) * jnp.trace(H) - H
        det = H[0, 0] * H[1, 1] - H[0, 1] ** 2
        moved = x - adjugate @ gradient / jnp.where(det > 0, det, 1.0)
        better = (det > 0) & (value(c, moved) < value(c, x))
        return jnp.where(better, moved, x)

    return jax.lax.fori_loop(0, N_NEWTON, step, start)
