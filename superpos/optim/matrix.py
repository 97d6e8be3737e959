"""Optimisers that treat a matrix as one thing, not as so many numbers.

An entry of a matrix W (n_features, n_hidden) means nothing where the hidden basis is arbitrary.
Adam scales every entry by its own history, and so depends on the basis; these do not: an update of
W Q is the update of W, times Q, for every orthogonal Q. Arrays of other ranks take a step that does
not see the hidden space. Updates are scaled so that a learning rate means what it does for Adam: a
step moves an entry by about the rate.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import Decay, Positive, factory
from superpos.metrics.symmetric import eigh
from superpos.optim.gradient import scale_by_rate
from superpos.optim.schedules import Schedule
from superpos.types import Array, Params


class RowState(NamedTuple):
    """What `row_adam` remembers: the updates done, the mean of gradients, of squared ones."""

    n_updates: Array
    mean: Params
    square: Params


class ShampooState(NamedTuple):
    """What `shampoo` remembers: the updates done, and for each array the second moment by axis."""

    n_updates: Array
    moments: Any


@factory
def row_adam(
    *,
    learning_rate: Positive,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: Positive = 1e-8,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Adam with one second moment for each row of a matrix, the mean over the row.

    A row is a feature, so the mean is over the hidden space. For arrays that are no matrices it is
    Adam.

    Args:
        learning_rate: step size in (0, inf).
        b1: decay of the mean of gradients, in [0, 1).
        b2: decay of the mean of squared gradients, in [0, 1).
        eps: added to the root of the second moment, in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Kingma & Ba 2015, Adam (arXiv 1412.6980), algorithm 1, with the square averaged over rows.
    """

    def square_of(gradient: Array) -> Array:
        square = jnp.square(gradient)
        return square.mean(axis=-1, keepdims=True) if gradient.ndim == 2 else square

    def init(params: Params) -> RowState:
        zeros = jax.tree.map(jnp.zeros_like, params)
        return RowState(jnp.zeros((), jnp.int32), zeros, jax.tree.map(square_of, zeros))

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        del params
        count = jnp.asarray(optax.safe_increment(state.n_updates))
        squares = jax.tree.map(square_of, updates)
        mean = optax.tree.update_moment(updates, state.mean, b1, 1)
        square = optax.tree.update_moment(squares, state.square, b2, 1)
        step = jax.tree.map(
            lambda m, v: m / jnp.broadcast_to(jnp.sqrt(v) + eps, m.shape),
            optax.tree.bias_correction(mean, b1, count),
            optax.tree.bias_correction(square, b2, count),
        )
        return step, RowState(count, mean, square)

    return optax.chain(
        optax.GradientTransformation(init, update), scale_by_rate(learning_rate, schedule)
    )


@factory
def muon(
    *,
    learning_rate: Positive,
    momentum: Decay = 0.95,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """Momentum whose matrices are made nearly orthogonal: all directions move equally far.

    Args:
        learning_rate: step size in (0, inf).
        momentum: decay of the mean of gradients of matrices, in [0, 1).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation; arrays that are no matrices take a step of Adam with
        Nesterov's momentum.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Jordan et al. 2024, Muon, as it is in optax; Liu et al. 2025, Muon is Scalable for LLM
        Training (arXiv 2502.16982), section 2.2, for the scale of an update.
    """
    return optax.chain(
        optax.contrib.muon(learning_rate=-1.0, beta=momentum, consistent_rms=1.0),
        scale_by_rate(learning_rate, schedule),
    )


@factory
def shampoo(
    *,
    learning_rate: Positive,
    b2: Decay = 0.99,
    eps: Positive = 1e-6,
    schedule: Schedule | None = None,
) -> optax.GradientTransformation:
    """A step whitened along each axis of an array: L^(-1/4) G R^(-1/4) for a matrix G.

    L and R are running means of G Gᵀ and Gᵀ G; a vector g takes (mean of g gᵀ)^(-1/2) g. Without
    the grafting and the blocks of large implementations: for small models.

    Args:
        learning_rate: step size in (0, inf).
        b2: decay of the means, in [0, 1).
        eps: added to the eigenvalues of a mean, relative to the largest, in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Gupta, Koren & Singer 2018, Shampoo (arXiv 1802.09568), algorithms 1 and 2, with running
        means in place of sums.
    """

    def outer(gradient: Array, axis: int) -> Array:
        rows = jnp.moveaxis(gradient, axis, 0).reshape(gradient.shape[axis], -1)
        return rows @ rows.T

    def moments_of(gradient: Array) -> tuple[Array, ...]:
        return tuple(outer(gradient, axis) for axis in range(gradient.ndim))

    def whitened(gradient: Array, moments: tuple[Array, ...]) -> Array:
        for axis, moment in enumerate(moments):
            values, vectors = eigh(moment)
            largest = jnp.where(values[-1] > 0, values[-1], 1)
            powers = (jnp.maximum(values, 0) + eps * largest) ** (-0.5 / gradient.ndim)
            root = (vectors * powers[None]) @ vectors.T
            gradient = jnp.moveaxis(jnp.tensordot(root, gradient, (1, axis)), 0, axis)
        return gradient * jnp.sqrt(jnp.asarray(max(gradient.shape), gradient.dtype))

    def init(params: Params) -> ShampooState:
        zeros = jax.tree.map(lambda leaf: moments_of(jnp.zeros_like(leaf)), params)
        return ShampooState(jnp.zeros((), jnp.int32), zeros)

    def update(updates: Params, state: Any, params: Params | None = None) -> tuple[Params, Any]:
        del params
        count = jnp.asarray(optax.safe_increment(state.n_updates))
        fresh = jax.tree.map(moments_of, updates)
        moments = optax.tree.update_moment(fresh, state.moments, b2, 1)
        corrected = optax.tree.bias_correction(moments, b2, count)
        step = jax.tree.map(lambda g, of: whitened(g, of), updates, corrected)
        return step, ShampooState(count, moments)

    return optax.chain(
        optax.GradientTransformation(init, update), scale_by_rate(learning_rate, schedule)
    )
