"""The quadratic toy model of capacity, with its expected loss in closed form.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3: y = Σ_i v_i x_i² is predicted by y' = Σ_k (W_k·x)² + const, where x_i are independent
with mean 0, variance 1 and kurtosis κ. Here W has shape (n_features, n_hidden), so that a feature
is a row and a neuron a column, and G = W Wᵀ.

The error without its mean is Σ_i (v_i - G_ii)(x_i² - 1) - Σ_{i≠j} G_ij x_i x_j. Its terms are
uncorrelated, as x_i x_j has mean 0 beside any x_k², with variances (v_i - G_ii)² (κ - 1) and, for
a pair counted twice, 4 G_ij². The best constant takes the mean away.
"""

from collections.abc import Sequence

import chex
import flax.struct
import jax.numpy as jnp

from superpos.arguments import (
    ArgumentError,
    Count,
    Kurtosis,
    MaybeAtLeastOne,
    NonNegatives,
    Positive,
    factory,
)
from superpos.models.importance import importance_weights
from superpos.models.in_use import first, part_in_use, sizes_in_use, sizes_of
from superpos.models.inits import Init, model_init, unit
from superpos.models.regularisers.base import Regulariser, chain
from superpos.types import Array, Batch, Key, Model, Output, vectors


@flax.struct.dataclass(kw_only=True)
class QuadraticParams:
    """Parameters of the quadratic model.

    Attributes:
        W: feature directions, a feature is a row, a neuron a column, (n_features, n_hidden).
    """

    W: Array


@factory
def quadratic(
    *,
    n_features: Count,
    n_hidden: Count,
    kurtosis: Kurtosis,
    n_used: MaybeAtLeastOne = None,
    width: MaybeAtLeastOne = None,
    importance_decay: Positive = 1.0,
    importance: NonNegatives | None = None,
    init: Init | None = None,
    regularisers: Sequence[Regulariser] | None = None,
) -> Model:
    """Squares of neurons that predict a weighted sum of squares; its loss is the expected one.

    Args:
        n_features: number of features, >= 1.
        n_hidden: number of neurons, >= 1.
        kurtosis: κ = E x⁴ of the features, in [1, inf): 3 for a Gaussian, 1 / p for ±1/√p with
            probability p. The sparser, the larger.
        n_used: features in use, the first of them, in [1, n_features]; a fraction is dropped. None
            is all.
        width: neurons in use, the first of them, in [1, n_hidden]; a fraction is dropped. None is
            all. As of `models.autoencoder`.
        importance_decay: feature i has v_i = importance_decay**i, in (0, inf).
        importance: v of each feature, n_features numbers >= 0, not all zero; multiplies the decay.
            None is all ones.
        init: initial parameters, of `models.inits`; None is `unit`.
        regularisers: of `models.regularisers`, those that read parameters alone, as the loss reads
            no batch; None is none.

    Returns:
        A Model over QuadraticParams. Its loss does not depend on the batch: (κ - 1) Σ_i (v_i -
        G_ii)² + 2 Σ_{i≠j} G_ij², float32 (), the mean squared error over the distribution of
        features with the best constant, and what the regularisers add. `apply` gives the code Wᵀx
        (n_hidden,) and as recon the prediction y' with the best constant, Σ_i v_i - ‖W‖², (1,).

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not n_features.

    Reference:
        Scherlis et al. 2022, section 3 and appendix on the quadratic model.
    """
    weights = importance_weights(n_features, importance_decay, None, importance)
    in_use = sizes_in_use(n_used, n_features, width, n_hidden)
    regulariser = chain(*regularisers or ())
    if any(regulariser._replace(params_penalties=())):
        raise ArgumentError("regularisers: expected those of parameters alone, as l1_weights")

    def zeros() -> QuadraticParams:
        return QuadraticParams(W=jnp.zeros((n_features, n_hidden)))

    sizes = sizes_of(zeros, in_use)

    def values() -> Array:
        return weights() if in_use is None else first(weights(), in_use[:1])

    def apply(params: QuadraticParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        params = part_in_use(params, sizes)
        code = params.W.T @ x
        constant = values().sum() - jnp.square(params.W).sum()
        return Output(code=code, recon=(jnp.square(code).sum() + constant)[None])

    def loss(
        params: QuadraticParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape(batch.inputs, (None, n_features))
        params = part_in_use(params, sizes)
        squares = jnp.square(params.W @ params.W.T)
        own = jnp.square(params.W).sum(-1)
        others = squares.sum() - jnp.square(own).sum()
        missed = jnp.square(values() - own).sum()
        value = (kurtosis - 1.0) * missed + 2.0 * others
        for penalty in regulariser.params_penalties:
            value += penalty(params)
        return value, (state, {})

    start = model_init(unit() if init is None else init, zeros, sizes)
    dims = {"W": ("feature", "hidden")}
    return Model(start, apply, loss, takes=vectors(n_features), dims=dims, width=width)
