"""Gradient descent on the Gram matrix: the label of a tied bottleneck evolved by itself.

For a loss that depends on W (n_features, n_hidden) through G = W Wᵀ alone, the gradient is
dL/dW = 2 S W, with S the symmetric part of dL/dG. So for stochastic gradient descent with momentum
and decoupled weight decay the Gram matrices of W and of the momentum V follow a rule of their own,
exactly and at any learning rate, which never reads W. With a = 1 - ηλ:

    V' = μ V + 2 S W        W' = a W - η V'
    V'V'ᵀ = μ² VVᵀ + 2 μ (S WVᵀ + (WVᵀ)ᵀ S) + 4 S G S
    WV'ᵀ = μ WVᵀ + 2 G S
    G' = a² G - a η (WV'ᵀ + V'Wᵀ) + η² V'V'ᵀ

Without momentum that is the congruence G' = (a - 2ηS) G (a - 2ηS), which keeps G positive
semidefinite and its rank no larger. A gradient step of G itself keeps neither. In floating point
the rule keeps the rank only so far, see `truncate`.

Source: Journée, Bach, Absil & Sepulchre 2010, Low-Rank Optimization on the Cone of Positive
Semidefinite Matrices, section 3 (the quotient by O(m)).
"""

import dataclasses
from collections.abc import Callable

import flax.struct
import jax
import jax.numpy as jnp

from superpos.gauge.matrices import product
from superpos.metrics.symmetric import eigh
from superpos.types import Array, Scalar

Loss = Callable[[Array, Array], Array]
"""(G, b) -> loss ()."""


@flax.struct.dataclass(kw_only=True)
class GramState:
    """What a run is, up to a rotation of the hidden space.

    Attributes:
        G: W Wᵀ, (n, n).
        cross: W Vᵀ, (n, n), with V the momentum of W.
        momentum: V Vᵀ, (n, n).
        b: output bias, (n,).
        b_momentum: its momentum, (n,).
    """

    G: Array
    cross: Array
    momentum: Array
    b: Array
    b_momentum: Array


def gram_state(W: Array, b: Array) -> GramState:
    """The start of a run at W (n_features, n_hidden) and b (n_features,), with no momentum."""
    G = product(W, W.T)
    zero = jnp.zeros_like(G)
    return GramState(G=G, cross=zero, momentum=zero, b=b, b_momentum=jnp.zeros_like(b))


def gram_step(
    state: GramState,
    loss: Loss,
    *,
    learning_rate: Scalar,
    momentum: Scalar = 0.0,
    weight_decay: Scalar = 0.0,
) -> GramState:
    """One update of the labels: what SGD on W and b does, seen in G and b.

    Args:
        state: before.
        loss: as a function of G and b, on the data of the update.
        learning_rate: η > 0.
        momentum: μ in [0, 1), of `optax.trace`.
        weight_decay: λ >= 0, decoupled, of W and b alike.

    Returns:
        The state after it.
    """
    numbers = {"learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    return gram_update(state, *_gradients(state, loss), **numbers)


def gram_update(
    state: GramState,
    S: Array,
    gradient_b: Array,
    *,
    learning_rate: Scalar,
    momentum: Scalar,
    weight_decay: Scalar,
) -> GramState:
    """`gram_step` from a gradient: S the symmetric part of dL/dG (n, n), and dL/db (n,)."""
    numbers = (learning_rate, momentum, weight_decay)
    learning_rate, momentum, weight_decay = (jnp.asarray(v, state.G.dtype) for v in numbers)
    keep = 1 - learning_rate * weight_decay
    GS = product(state.G, S)
    SC = product(S, state.cross)
    VV = momentum**2 * state.momentum + 2 * momentum * (SC + SC.T) + 4 * product(S, GS)
    WV = momentum * state.cross + 2 * GS
    b_momentum = momentum * state.b_momentum + gradient_b
    return GramState(
        G=keep**2 * state.G - keep * learning_rate * (WV + WV.T) + learning_rate**2 * VV,
        cross=keep * WV - learning_rate * VV,
        momentum=VV,
        b=keep * state.b - learning_rate * b_momentum,
        b_momentum=b_momentum,
    )


def truncate(state: GramState, n_hidden: int) -> GramState:
    """Take away what rounding has added to the rank.

    The rule keeps the rank in exact arithmetic only. A direction that W does not have and that
    would lower the loss is a direction in which G grows, by a share at each update, from rounding;
    after some hundred updates it can be as large as the rest. So the state is brought back, now and
    then, to the nearest one that some W and V (n_features, n_hidden) have.

    Args:
        state: close to one of that rank.
        n_hidden: columns of W.

    Returns:
        The state of the best [W; V], by the largest eigenvalues of [[WWᵀ, WVᵀ], [VWᵀ, VVᵀ]].
    """
    n = state.G.shape[0]
    above = jnp.concatenate([state.G, state.cross], axis=1)
    below = jnp.concatenate([state.cross.T, state.momentum], axis=1)
    stacked = factor(jnp.concatenate([above, below]), n_hidden)
    W, V = stacked[:n], stacked[n:]
    return dataclasses.replace(
        state, G=product(W, W.T), cross=product(W, V.T), momentum=product(V, V.T)
    )


def naive_step(state: GramState, loss: Loss, *, learning_rate: Scalar) -> GramState:
    """A gradient step of G as if its entries were free: another algorithm, whose rank grows."""
    S, gradient_b = _gradients(state, loss)
    return dataclasses.replace(
        state, G=state.G - learning_rate * S, b=state.b - learning_rate * gradient_b
    )


def factor(G: Array, n_hidden: int) -> Array:
    """Weights W (n_features, n_hidden) with W Wᵀ = G, as near as that rank allows."""
    values, vectors = eigh(G)
    kept = jnp.maximum(values[..., -n_hidden:], 0)
    return vectors[..., -n_hidden:] * jnp.sqrt(kept)[..., None, :]


def _gradients(state: GramState, loss: Loss) -> tuple[Array, Array]:
    """The symmetric part of dL/dG, and dL/db."""
    gradient_G, gradient_b = jax.grad(loss, argnums=(0, 1))(state.G, state.b)
    return (gradient_G + gradient_G.T) / 2, gradient_b
