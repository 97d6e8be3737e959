"""Transformers whose weights are randomised, as pure functions of parameters and a key.

Sources: Bricken et al. 2023, Towards Monosemanticity, footnote 28, shuffles the entries of each
matrix; Heap et al. 2025, Sparse Autoencoders Can Interpret Randomly Initialized Transformers, draws
normal ones of the same mean and variance, with and without the embeddings.
"""

import zlib
from collections.abc import Callable

import jax
import jax.numpy as jnp

from superpos.arguments import Positive, factory
from superpos.models.transformer.architecture import TransformerParams
from superpos.models.transformer.matrices import EMBEDDINGS, map_matrices
from superpos.types import Array, Key

Scheme = Callable[[Key, Array], Array]
"""How one matrix is randomised: (key, (n_in, n_out)) -> the same shape."""


def shuffle_entries(key: Key, matrix: Array) -> Array:
    """The same entries in another order."""
    return jax.random.permutation(key, matrix.ravel()).reshape(matrix.shape)


def shuffle_rows(key: Key, matrix: Array) -> Array:
    """The entries of each row, which an input feeds, in another order, each row in one of its own.

    The norm of each row stays.
    """
    return jax.random.permutation(key, matrix, axis=1, independent=True)


def shuffle_columns(key: Key, matrix: Array) -> Array:
    """The entries of each column, which feed an output, in another order, as in `shuffle_rows`."""
    return jax.random.permutation(key, matrix, axis=0, independent=True)


def gaussian(key: Key, matrix: Array) -> Array:
    """Normal entries, moved and scaled to exactly the mean and the variance of the matrix.

    So its Frobenius norm stays too.
    """
    drawn = jax.random.normal(key, matrix.shape)
    standard = (drawn - drawn.mean()) / drawn.std()
    return matrix.mean() + matrix.std() * standard


def spectrum_preserving(key: Key, matrix: Array) -> Array:
    """The same singular values between random orthogonal matrices (of Haar measure)."""
    n_in, n_out = matrix.shape
    spectrum = jnp.linalg.svd(matrix, compute_uv=False)
    key_left, key_right = jax.random.split(key)
    left = jax.random.orthogonal(key_left, n_in, m=spectrum.shape[0])
    right = jax.random.orthogonal(key_right, n_out, m=spectrum.shape[0])
    return (left * spectrum[None]) @ right.T


@factory
def normal(*, standard_deviation: Positive) -> Scheme:
    """Independent normal entries of mean 0.

    Args:
        standard_deviation: of an entry, > 0, such as the `initializer_range` of a config.

    Returns:
        A Scheme.

    Raises:
        ArgumentError: a value is out of range.
    """
    return lambda key, matrix: standard_deviation * jax.random.normal(key, matrix.shape)


SCHEMES: dict[str, Scheme] = {
    "shuffle_entries": shuffle_entries,
    "shuffle_rows": shuffle_rows,
    "shuffle_columns": shuffle_columns,
    "gaussian": gaussian,
    "spectrum_preserving": spectrum_preserving,
}
"""Those that need nothing but the matrix."""


def randomise(
    key: Key, params: TransformerParams, scheme: Scheme, *, embeddings: bool = True
) -> TransformerParams:
    """Randomise every matrix by itself; gains and biases stay.

    Queries, keys and values are a matrix each, in every block, whatever the checkpoint has them in.

    Args:
        key: of all of them; the key of a matrix derives from it, its name and its block.
        params: of a transformer.
        scheme: how a matrix is randomised.
        embeddings: whether the embeddings of tokens and positions and the unembedding are too.
    """

    def changed(name: str, matrix: Array) -> Array:
        own = jax.random.fold_in(key, zlib.crc32(name.encode()))
        if name in EMBEDDINGS:
            return scheme(own, matrix) if embeddings else matrix

        def of_block(each: tuple[Array, Array]) -> Array:
            data, block = each
            return scheme(jax.random.wrap_key_data(data, impl=jax.random.key_impl(own)), block)

        # As data: JAX's check of the reuse of keys does not follow a scan over several models.
        data = jax.random.key_data(jax.random.split(own, len(matrix)))
        return jax.lax.map(of_block, (data, matrix))

    return map_matrices(changed, params)


@factory
def reinitialise(
    key: Key, params: TransformerParams, *, standard_deviation: Positive, embeddings: bool = True
) -> TransformerParams:
    """A transformer that is not trained: normal matrices, gains of 1 and biases of 0.

    GPT-2 starts what writes into the residual stream smaller by the square root of 2 n_layers; that
    is not done here, as Llama's and GPT-NeoX's implementations in transformers do not.

    Args:
        key: of all matrices, as in `randomise`.
        params: of a transformer, for the shapes.
        standard_deviation: of an entry of a matrix, > 0.
        embeddings: whether the embeddings are initialised anew too.

    Raises:
        ArgumentError: a value is out of range.
    """
    params = jax.tree_util.tree_map_with_path(_start, params)
    scheme = normal(standard_deviation=standard_deviation)
    return randomise(key, params, scheme, embeddings=embeddings)


def _start(path: jax.tree_util.KeyPath, leaf: Array) -> Array:
    """Gains and biases as they start; matrices as they are."""
    last = jax.tree_util.keystr(path[-1:], simple=True)
    starts = {"scale": jnp.ones_like, "bias": jnp.zeros_like, "b": jnp.zeros_like}
    return starts[last](leaf) if last in starts else leaf


def matched_gaussian(key: Key, activations: Array) -> Array:
    """Independent normal vectors with the mean and the covariance of some activations.

    What a dictionary finds in them it finds without any structure beyond the second moments.

    Args:
        key: of the vectors.
        activations: (n, d), float32.

    Returns:
        As many vectors, (n, d).
    """
    mean = activations.mean(axis=0)
    centred = activations - mean[None]
    values, vectors = jnp.linalg.eigh(centred.T @ centred / activations.shape[0])
    root = vectors * jnp.sqrt(jnp.maximum(values, 0))[None]
    return mean[None] + jax.random.normal(key, activations.shape) @ root.T
