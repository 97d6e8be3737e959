"""The matrices of a transformer by name, changed one by one, and what can be said of each."""

from collections.abc import Callable, Mapping

import flax.struct
import jax
import jax.numpy as jnp

from superpos.models.transformer.architecture import TransformerParams
from superpos.types import Array

EMBEDDINGS = ("embedding", "positions", "unembedding")
"""Matrices outside the blocks."""
WEIGHTS = ".W"
"""How the names of matrices of the blocks end."""


@flax.struct.dataclass(kw_only=True)
class MatrixStatistics:
    """Of a matrix, or of that matrix in each block, with a leading axis (n_layers,) then.

    Attributes:
        norm: Frobenius norm, ().
        mean: of its entries, ().
        deviation: standard deviation of its entries, ().
        spectrum: singular values from the largest on, (min(n_in, n_out),).
    """

    norm: Array
    mean: Array
    deviation: Array
    spectrum: Array


def statistics(params: TransformerParams) -> dict[str, MatrixStatistics]:
    """Norms, moments and singular values of every matrix, by its name, such as "layers.query.W".

    To say what a randomisation keeps, ask before it and after it. Gains and biases are no matrices.
    """
    return {name: _statistics(leaf) for name, leaf in _matrices(params).items()}


def map_matrices(
    function: Callable[[str, Array], Array], params: TransformerParams
) -> TransformerParams:
    """Change every matrix, and leave gains and biases as they are.

    Args:
        function: (name, matrix) -> a matrix of the same shape; a matrix of the blocks has a leading
            axis (n_layers,).
        params: of a transformer.
    """

    def changed(path: jax.tree_util.KeyPath, leaf: Array) -> Array:
        name = _name(path)
        return function(name, leaf) if _is_matrix(name) else leaf

    return jax.tree_util.tree_map_with_path(changed, params)


def _matrices(params: TransformerParams) -> Mapping[str, Array]:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    named = {_name(path): leaf for path, leaf in leaves}
    return {name: leaf for name, leaf in named.items() if _is_matrix(name)}


def _name(path: jax.tree_util.KeyPath) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _is_matrix(name: str) -> bool:
    return name in EMBEDDINGS or name.endswith(WEIGHTS)


def _statistics(matrix: Array) -> MatrixStatistics:
    entries = (-2, -1)
    return MatrixStatistics(
        norm=jnp.linalg.norm(matrix, axis=entries),
        mean=matrix.mean(axis=entries),
        deviation=matrix.std(axis=entries),
        spectrum=jnp.linalg.svd(matrix, compute_uv=False),
    )
