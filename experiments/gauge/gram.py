"""The tied autoencoder as a function of its Gram matrix: the class of W in the place of W."""

import chex
import flax.struct
import jax.numpy as jnp

from superpos import gauge
from superpos.arguments import Count, Positive, factory
from superpos.gauge.matrices import product
from superpos.models.activations import ACTIVATIONS, Activation
from superpos.models.autoencoder import AutoencoderParams
from superpos.models.criterion import criterion
from superpos.models.errors import squared
from superpos.models.inits import Init, glorot, model_init
from superpos.models.regularisers.base import chain
from superpos.types import Array, Batch, Key, Model, Output, vectors


@flax.struct.dataclass(kw_only=True)
class GramParams:
    """Parameters of the tied autoencoder up to a rotation of its hidden space.

    Attributes:
        G: W Wᵀ, of which the symmetric part is read, (n_features, n_features).
        b: output bias, (n_features,).
    """

    G: Array
    b: Array


@factory
def gram(
    *,
    n_features: Count,
    n_hidden: Count,
    importance_decay: Positive = 1.0,
    activation: Activation = "relu",
    init: Init | None = None,
) -> Model:
    """`models.autoencoder` with a linear hidden layer, in G = W Wᵀ: x' = act(G x + b).

    Args:
        n_features: number of features, >= 1.
        n_hidden: columns of W, >= 1, which nothing keeps G to.
        importance_decay: feature i has importance importance_decay**i, in (0, inf).
        activation: of the output: "relu", "gelu", or "linear" for the linear model.
        init: of W and b, of `models.inits`; None is `glorot`.

    Returns:
        A Model over GramParams, whose `Output.code` is that of the nearest W, up to a rotation.

    Raises:
        ArgumentError: a value is out of range, or the initialiser does not fit the model.
        AssertionError: a batch whose width is not n_features.
    """
    act, total = (
        ACTIVATIONS[activation],
        criterion(n_features, importance_decay, squared(), chain()),
    )

    def zeros() -> AutoencoderParams:
        return AutoencoderParams(W=jnp.zeros((n_features, n_hidden)), b=jnp.zeros(n_features))

    start = model_init(glorot() if init is None else init, zeros)

    def gram_init(key: Key) -> tuple[GramParams, tuple[()]]:
        params, state = start(key)
        return GramParams(G=product(params.W, params.W.T), b=params.b), state

    def apply(params: GramParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        G = _symmetric(params.G)
        return Output(code=gauge.factor(G, n_hidden).T @ x, recon=act(G @ x + params.b))

    def loss(
        params: GramParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        recon = act(_symmetric(params.G) @ batch.inputs.T + params.b[:, None])
        return total(recon, batch.targets.T, None, params), (state, {})

    return Model(
        gram_init,
        apply,
        loss,
        takes=vectors(n_features),
        dims={"G": ("feature", "other_feature"), "b": ("feature",)},
    )


def _symmetric(G: Array) -> Array:
    return (G + G.T) / 2
