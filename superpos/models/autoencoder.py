"""The tied toy autoencoder.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition": h = Wᵀx,
x' = act(W h + b), here with W of shape (n_features, n_hidden), so that a feature is a row. The
options are those of the papers that vary it.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Literal

import chex
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import (
    Count,
    MaybeExponent,
    MaybeNonNegative,
    NonNegatives,
    Positive,
    factory,
)
from superpos.models.activations import ACTIVATIONS, Activation, HiddenActivation
from superpos.models.attack import attacked
from superpos.models.importance import importance_weights
from superpos.models.noise import Noise, noisy
from superpos.models.objective import Reduction, objective
from superpos.models.tied import embed, encode, tied_map
from superpos.types import Array, Batch, Key, Model, Output, Scalar, Scalars


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
    importance_decay: Positive = 1.0,
    importance_power: MaybeNonNegative = None,
    importance: NonNegatives | None = None,
    activation: Activation = "relu",
    hidden_activation: HiddenActivation = "linear",
    bias: bool = True,
    init: Literal["glorot", "unit"] = "glorot",
    init_scale: Positive = 1.0,
    loss_exponent: MaybeExponent = None,
    reduction: Reduction = "mean",
    noise: Noise = "gaussian",
    noise_scale: MaybeNonNegative = None,
    l1_code: MaybeNonNegative = None,
    l1_weights: MaybeNonNegative = None,
    attack_norm: MaybeNonNegative = None,
) -> Model:
    """Tied weights, x' = act(W Wᵀ x + b), importance-weighted squared error.

    Args:
        n_features: number of features, >= 1.
        n_hidden: hidden dimensions, >= 1.
        importance_decay: feature i has importance importance_decay**i, in (0, inf).
        importance_power: multiplies it by (i + 1)**-importance_power, in [0, inf); None is 1.
        importance: importance of each feature, n_features numbers >= 0, not all zero; multiplies
            the decay. None is all ones.
        activation: of the output: "relu", "gelu", or "linear" for the linear model.
        hidden_activation: of the code; any but "linear" makes the hidden basis privileged.
        bias: whether b is trained; without it b is 0 and nothing reads it.
        init: initial W, normal: "glorot" of standard deviation sqrt(2 / (n_features + n_hidden)),
            "unit" of 1 / sqrt(n_hidden), so that a row has norm 1 on average. b starts at 0.
        init_scale: multiplies the initial W, in (0, inf).
        loss_exponent: q of the error |x - x'|^q, in [1, inf); None is the squared error.
        reduction: the error over a batch is its "mean" or its "sum".
        noise: what is added to the code in `loss`, never in `apply`: "gaussian", or "bernoulli" for
            ±noise_scale.
        noise_scale: its standard deviation, in [0, inf); None draws none.
        l1_code: weight of Σ|h_k| before the noise, reduced like the error, in [0, inf); None is 0.
        l1_weights: weight of Σ|W_ik|, in [0, inf); None is 0.
        attack_norm: norm of the adversarial attacks that inputs get in `loss`, never in `apply`,
            each on a random feature, as part of the mean norm of inputs, in [0, inf); None draws
            none.

    Returns:
        A Model over AutoencoderParams. Its loss is the weighted error summed over features and
        averaged over the batch, plus the penalties, float32 (). With the defaults it has `columns`.

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose width is not n_features.

    Reference:
        Elhage et al. 2022, "Superposition in a Privileged Basis" (hidden_activation),
        "Relationship to Adversarial Robustness" (attack_norm); Lecomte et al. 2023, arXiv
        2312.03096 (init, noise, l1_weights, reduction).
    """
    weights = importance_weights(n_features, importance_decay, importance_power, importance)
    act, hidden = ACTIVATIONS[activation], ACTIVATIONS[hidden_activation]
    std = np.sqrt({"glorot": 2 / (n_features + n_hidden), "unit": 1 / n_hidden}[init])
    through_code = hidden_activation != "linear" or noise_scale is not None or l1_code is not None
    total = objective(weights, loss_exponent, reduction, l1_code, l1_weights)

    def start(key: Key) -> tuple[AutoencoderParams, tuple[()]]:
        W = init_scale * std * jax.random.normal(key, (n_features, n_hidden))
        return AutoencoderParams(W=W, b=jnp.zeros(n_features)), ()

    def apply(params: AutoencoderParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        code = hidden(params.W.T @ x)
        mapped = params.W @ code
        return Output(code=code, recon=act(mapped + params.b if bias else mapped))

    def loss(
        params: AutoencoderParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        chex.assert_shape((batch.inputs, batch.targets), (None, n_features))
        key_attack, key_noise = (key, key) if attack_norm is None else jax.random.split(key)
        # Features lead: the batch is last, where the compiler vectorises it.
        inputs = attacked(batch.inputs.T, params.W, key_attack, attack_norm=attack_norm)
        if through_code:
            code = hidden(encode(params.W, inputs))
            mapped = embed(params.W, noisy(code, key_noise, noise=noise, noise_scale=noise_scale))
        else:
            code, mapped = None, tied_map(params.W, inputs)
        recon = act(mapped + params.b[:, None] if bias else mapped)
        return total(recon, batch.targets.T, code, params.W), (state, {})

    plain = bias and importance_power is loss_exponent is l1_weights is attack_norm is None
    in_columns = plain and not through_code and reduction == "mean" and activation != "gelu"
    columns = _columns(n_features, act, importance_decay, importance) if in_columns else None
    return Model(start, apply, loss, columns)


def _columns(
    n_features: int,
    act: Callable[[Array], Array],
    importance_decay: Scalar,
    importance: Scalars | None,
) -> Callable[[AutoencoderParams, list[Array], list[Array]], Array]:
    """The loss without options, from scalars and vectors alone."""

    def columns(params: AutoencoderParams, inputs: list[Array], targets: list[Array]) -> Array:
        chex.assert_equal(len(inputs), n_features)
        code = [_dot(column, inputs) for column in zip(*params.W, strict=True)]
        total = jnp.float32(0.0)
        for i, row in enumerate(params.W):
            error = jnp.square(targets[i] - act(_dot(row, code) + params.b[i]))
            weight = importance_decay**i
            if importance is not None:
                weight *= importance[i]
            total += weight * error.mean()
        return total

    return columns


def _dot(scalars: Sequence[Array], columns: Sequence[Array]) -> Array:
    products = [scalar * column for scalar, column in zip(scalars, columns, strict=True)]
    return functools.reduce(operator.add, products)
