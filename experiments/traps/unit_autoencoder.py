"""A tied linear autoencoder whose features have unit length, scored on the features that are on."""

import chex
import flax.struct
import jax
import jax.numpy as jnp

from superpos.arguments import Count, MaybeAtLeastOne, factory
from superpos.models.in_use import part_in_use, sizes_in_use, sizes_of
from superpos.models.inits import Init, model_init, unit
from superpos.types import Array, Batch, Key, Model, Output, vectors


@flax.struct.dataclass(kw_only=True)
class UnitParams:
    """Parameters of the autoencoder.

    Attributes:
        W: a feature is a row, of which the direction counts alone, (n_features, n_hidden).
    """

    W: Array


@factory
def unit_autoencoder(
    *,
    n_features: Count,
    n_hidden: Count,
    width: MaybeAtLeastOne = None,
    init: Init | None = None,
) -> Model:
    """Map x to x' = V Vᵀ x, where V has the rows of W at unit length.

    Args:
        n_features: number of features, >= 1.
        n_hidden: hidden dimensions, >= 1.
        width: hidden dimensions in use, the first of them, in [1, n_hidden]; a fraction is dropped.
            None is all.
        init: of W, of `models.inits`; None is `unit`.

    Returns:
        A Model over UnitParams. Its loss is Σ_i on_i (x'_i - y_i)², on_i = 1 where y_i is not 0,
        averaged over the batch, float32 (). For two features that are on, standard normal and
        independent, its mean is twice their squared cosine.

    Raises:
        ArgumentError: a value is out of range, or the initialiser does not fit the model.
        AssertionError: a batch whose width is not n_features.

    Reference:
        Shi et al. 2026 (arXiv 2609.32966), the tied model without noise.
    """

    def zeros() -> UnitParams:
        return UnitParams(W=jnp.zeros((n_features, n_hidden)))

    sizes = sizes_of(zeros, sizes_in_use(None, n_features, width, n_hidden))

    def directions(params: UnitParams) -> Array:
        W = part_in_use(params, sizes).W
        return W * jax.lax.rsqrt(jnp.square(W).sum(-1, keepdims=True))

    def apply(params: UnitParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        V = directions(params)
        code = V.T @ x
        return Output(code=code, recon=V @ code)

    def loss(
        params: UnitParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        V = directions(params)
        errors = jnp.where(batch.targets != 0, batch.inputs @ (V @ V.T) - batch.targets, 0.0)
        return jnp.square(errors).sum(-1).mean(), (state, {})

    start = model_init(unit() if init is None else init, zeros, sizes)
    dims = {"W": ("feature", "hidden")}
    return Model(start, apply, loss, takes=vectors(n_features), dims=dims, width=width)
