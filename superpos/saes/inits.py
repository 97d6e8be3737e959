"""How sparse autoencoders start: as their libraries start them, or at the truth.

The row of a latent depends on the key and its index alone, so an autoencoder of which some latents
are not in use starts as one that does not have them.
"""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, NonNegative, Positive, factory, shown
from superpos.models.inits import Init
from superpos.required import require
from superpos.saes.parameters import unit_rows
from superpos.types import Array, Key, Params


@factory
def saelens(*, decoder_norm: Positive = 0.1) -> Init:
    """Decoder rows in random directions, all of one norm; the encoder is its transpose.

    Each direction is that of a uniform point of a cube, as of PyTorch's kaiming_uniform_. Biases
    start at 0, and a threshold where its model says.

    Args:
        decoder_norm: norm of a row, in (0, inf).

    Returns:
        An Init of a sparse autoencoder.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        SAELens 6.54.12, decoder_init_norm; Conerly et al. 2024, Update on training SAEs.
    """

    def init(key: Key, params: Params) -> Params:
        return _with_decoder(params, decoder_norm * _directions(key, _decoder(params)))

    return init


@factory
def dictionary_learning() -> Init:
    """Decoder rows of norm 1 in random directions; the encoder is its transpose.

    Returns:
        An Init of a sparse autoencoder.

    Reference:
        Marks et al. 2024, dictionary_learning 0.1.0, AutoEncoderTopK.
    """
    return saelens(decoder_norm=1.0)


@factory
def truth(
    *,
    features: Array | Mapping[str, Array],
    noise_scale: NonNegative = 0.0,
    decoder_norm: Positive = 1.0,
) -> Init:
    """Decoder rows at known features, and the encoder its transpose.

    Latents beyond the number of features start in random directions.

    Args:
        features: a feature is a row, (n_features, d_in): an array, or an asset that is one or has
            one called "features".
        noise_scale: standard deviation of the normal noise on each entry of a feature of norm 1, in
            [0, inf).
        decoder_norm: norm of a row, in (0, inf).

    Returns:
        An Init of a sparse autoencoder.

    Raises:
        ArgumentError: a value is out of range, or features are no rows of finite numbers; or, from
            the Init, they have another width than the model.
    """
    rows = _checked(features)

    def init(key: Key, params: Params) -> Params:
        decoder = _decoder(params)
        if rows.shape[1] != decoder.shape[1]:
            raise ArgumentError(
                f"init=truth: features of {rows.shape[1]} numbers, expected {decoder.shape[1]}"
            )
        n_known = min(rows.shape[0], decoder.shape[0])
        known = unit_rows(rows[:n_known].astype(decoder.dtype))
        key_noise, key_rest = jax.random.split(key)
        noisy = unit_rows(known + noise_scale * _rows(jax.random.normal, key_noise, known))
        rest = _directions(key_rest, decoder)[n_known:]
        return _with_decoder(params, decoder_norm * jnp.concatenate([noisy, rest]))

    return init


def _checked(features: Array | Mapping[str, Array]) -> Array:
    """The rows of an asset.

    Raises:
        ArgumentError: it has none, or some are no finite real numbers.
    """
    rows = features.get("features") if isinstance(features, Mapping) else features
    if rows is None:
        raise ArgumentError("features: expected an asset with an array called features")
    try:
        rows = jnp.asarray(rows)
    except (TypeError, ValueError):
        raise ArgumentError(f"features={shown(rows)}: expected rows of numbers") from None
    if jnp.iscomplexobj(rows):
        raise ArgumentError(f"features of {rows.dtype}: expected real numbers")
    if rows.ndim != 2 or not rows.size:
        raise ArgumentError(f"features of shape {rows.shape}: expected one row of numbers or more")
    require(
        lambda rows: jnp.isfinite(rows).all(), [rows], lambda: "features: expected finite numbers"
    )
    return rows


def _decoder(params: Params) -> Array:
    if not hasattr(params, "W_dec"):
        raise ArgumentError("init: of a sparse autoencoder, expected a model with W_dec")
    return params.W_dec


def _with_decoder(params: Params, W_dec: Array) -> Params:
    if hasattr(params, "W_enc"):
        return params.replace(W_dec=W_dec, W_enc=W_dec.T)
    return params.replace(W_dec=W_dec)


def _directions(key: Key, like: Array) -> Array:
    """A random direction for each row."""

    def centred(key: Key, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        return jax.random.uniform(key, shape, dtype, -1, 1)

    return unit_rows(_rows(centred, key, like))


def _rows(draw: Callable[..., Array], key: Key, like: Array) -> Array:
    """Random rows, each by its index alone."""

    def row(index: Array) -> Array:
        return draw(jax.random.fold_in(key, index), like.shape[1:], like.dtype)

    return jax.vmap(row)(jnp.arange(like.shape[0]))
