"""The tied toy autoencoder.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition": h = Wᵀx,
x' = act(W h + b), here with W of shape (n_features, n_hidden), so that a feature is a row. The
options are those of the papers that vary it.
"""

import functools
import operator
from collections.abc import Callable, Sequence

import chex
import flax.struct
import jax.numpy as jnp

from superpos.arguments import Count, MaybeAtLeastOne, Positive, factory
from superpos.models.activations import ACTIVATIONS, Activation, HiddenActivation
from superpos.models.errors import Error, ErrorColumns, squared
from superpos.models.hidden_layer import hidden_layer
from superpos.models.inits import Init
from superpos.models.regularisers.base import Regulariser, chain
from superpos.models.tied import tied_map
from superpos.types import Array, Model, Scalar


@flax.struct.dataclass(kw_only=True)
class AutoencoderParams:
    """Parameters of the tied autoencoder.

    Attributes:
        W: feature directions, a feature is a row, (n_features, n_hidden).
        b: output bias, (n_features,).
    """

    W: Array
    b: Array


@factory
def autoencoder(
    *,
    n_features: Count,
    n_hidden: Count,
    n_used: MaybeAtLeastOne = None,
    width: MaybeAtLeastOne = None,
    importance_decay: Positive = 1.0,
    activation: Activation = "relu",
    hidden_activation: HiddenActivation = "linear",
    bias: bool = True,
    init: Init | None = None,
    error: Error | None = None,
    regularisers: Sequence[Regulariser] | None = None,
) -> Model:
    """Tied weights, x' = act(W Wᵀ x + b), importance-weighted error of x'.

    Args:
        n_features: number of features, >= 1.
        n_hidden: hidden dimensions, >= 1.
        n_used: features in use, the first of them, in [1, n_features]; a fraction is dropped. None
            is all.
        width: hidden dimensions in use, the first of them, in [1, n_hidden]; a fraction is dropped.
            None is all. With the part in use the model starts, learns and measures as one of that
            size does, if its optimiser moves each parameter by its own gradient.
        importance_decay: feature i has importance importance_decay**i, in (0, inf).
        activation: of the output: "relu", "gelu", or "linear" for the linear model.
        hidden_activation: of the code; any but "linear" makes the hidden basis privileged.
        bias: whether b is trained; without it b stays at its start and nothing reads it.
        init: initial parameters, of `models.inits`; None is `glorot`.
        error: of the reconstruction, of `models.errors`; None is the `squared` error.
        regularisers: of `models.regularisers`, in their order; None is none.

    Returns:
        A Model over AutoencoderParams. Its loss is the weighted error summed over features and
        averaged over the batch, with what the regularisers add, float32 (). With the defaults it
        has `loss_columns`.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not n_features.

    Reference:
        Elhage et al. 2022, "Superposition in a Privileged Basis" (hidden_activation).
    """

    def zeros() -> AutoencoderParams:
        return AutoencoderParams(W=jnp.zeros((n_features, n_hidden)), b=jnp.zeros(n_features))

    error = squared() if error is None else error
    model = hidden_layer(
        zeros,
        lambda params: (params.W, params.W),
        mapped_at_once=lambda params, inputs: tied_map(params.W, inputs),
        n_features=n_features,
        n_hidden=n_hidden,
        n_used=n_used,
        width=width,
        importance_decay=importance_decay,
        activation=activation,
        hidden_activation=hidden_activation,
        bias=bias,
        init=init,
        error=error,
        regularisers=regularisers,
        dims={"W": ("feature", "hidden"), "b": ("feature",)},
    )
    plain = bias and not any(chain(*regularisers or ())) and hidden_activation == "linear"
    whole = n_used is None and width is None
    if not (plain and whole) or activation == "gelu" or error.columns is None:
        return model
    act = ACTIVATIONS[activation]
    return model._replace(loss_columns=_columns(n_features, act, error.columns, importance_decay))


def _columns(
    n_features: int, act: Callable[[Array], Array], error: ErrorColumns, importance_decay: Scalar
) -> Callable[[AutoencoderParams, list[Array], list[Array]], Array]:
    """The loss of the plain model, from scalars and vectors alone."""

    def columns(params: AutoencoderParams, inputs: list[Array], targets: list[Array]) -> Array:
        chex.assert_equal(len(inputs), n_features)
        code = [_dot(column, inputs) for column in zip(*params.W, strict=True)]
        recon = (act(_dot(row, code) + b) for row, b in zip(params.W, params.b, strict=True))
        return error(recon, targets, importance_decay)

    return columns


def _dot(scalars: Sequence[Array], columns: Sequence[Array]) -> Array:
    products = [scalar * column for scalar, column in zip(scalars, columns, strict=True)]
    return functools.reduce(operator.add, products)
