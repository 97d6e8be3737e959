"""Matrices with independent normal entries; every other parameter starts at 0, or normal as well.

The entries of one matrix, or of several matrices of one shape, are one draw from the key; matrices
of several shapes, and those of `he`, have a key each.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import Count, NonNegative, Positive, factory
from superpos.models.inits.base import Init, fields, started
from superpos.types import Array, Key, Params, Scalar, Scalars


@factory
def glorot(*, init_scale: Positive = 1.0) -> Init:
    """Standard deviation sqrt(2 / (n_rows + n_columns)) for each matrix.

    Args:
        init_scale: multiplies it, in (0, inf).

    Returns:
        An Init for any model.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural
        networks, equation 12.
    """
    return _normal(init_scale, lambda shape: root(2 / sum(shape)))


@factory
def unit(*, init_scale: Positive = 1.0) -> Init:
    """Standard deviation 1 / sqrt(n_columns), so that a row has norm 1 on average.

    Args:
        init_scale: multiplies it, in (0, inf).

    Returns:
        An Init for any model.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), the setup.
    """
    return _normal(init_scale, lambda shape: root(1 / shape[1]))


@factory
def he(*, init_scale: Positive = 1.0) -> Init:
    """Standard deviation sqrt(2 / n_rows), for matrices of shape (n_in, n_out) before ReLU units.

    Args:
        init_scale: multiplies it, in (0, inf).

    Returns:
        An Init for any model. Each matrix has a key of its own.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        He et al. 2015, Delving Deep into Rectifiers, equation 10.
    """
    return _normal(init_scale, lambda shape: root(2 / shape[0]), together=False)


@factory
def fan_in(*, weight_std: Positive = 1.0, bias_std: NonNegative = 0.0) -> Init:
    """Standard deviation weight_std / sqrt(n_rows) of matrices, and bias_std of biases.

    With weight_std = sqrt(2) and without biases it has the law of `he`. Outputs of a network whose
    layers are wide have the covariance `kernels.nngp`.

    Args:
        weight_std: in (0, inf).
        bias_std: of vectors, in [0, inf).

    Returns:
        An Init for any model. Each array has a key of its own.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Lee et al. 2018, Deep Neural Networks as Gaussian Processes (arXiv 1711.00165), section 2.
    """

    def draw(key: Key, like: Array) -> Array:
        std = weight_std / np.sqrt(like.shape[0]) if like.ndim == 2 else bias_std
        return std * jax.random.normal(key, like.shape, like.dtype)

    def init(key: Key, params: Params) -> Params:
        leaves, structure = jax.tree.flatten(params)
        keys = jax.random.split(key, len(leaves))
        return structure.unflatten(map(draw, keys, leaves))

    return init


@factory
def notebook(*, n_instances: Count = 10, init_scale: Positive = 1.0) -> Init:
    """Standard deviation sqrt(2 / (n_hidden (n_features + n_instances))), as the paper's notebook.

    The notebook calls PyTorch's xavier_normal_ on one array (n_instances, n_features, n_hidden),
    which takes n_features n_hidden for the inputs of a unit, and n_instances n_hidden for its
    outputs. So a model starts smaller than with `glorot`.

    Args:
        n_instances: models that the notebook trains at once, >= 1.
        init_scale: multiplies the standard deviation, in (0, inf).

    Returns:
        An Init for any model.

    Raises:
        ArgumentError: a value is out of range.

    Reference:
        Elhage et al. 2022, Toy Models of Superposition, the notebook; PyTorch's documentation of
        torch.nn.init.
    """
    return _normal(init_scale, lambda shape: root(2 / (shape[1] * (shape[0] + n_instances))))


@factory
def normal_bias(*, std: NonNegative = 1.0, init: Init | None = None) -> Init:
    """Another start, whose bias b has normal entries.

    Args:
        std: their standard deviation, in [0, inf).
        init: the other start; None is `unit`.

    Returns:
        An Init for a model with a bias b.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model has no b.

    Reference:
        Liu, Liu & Gore 2025, Superposition Yields Robust Neural Scaling (arXiv 2505.10465), the
        code that they published.
    """
    inner = unit() if init is None else init

    def with_bias(key: Key, params: Params, sizes: Params | None = None) -> Params:
        [zero] = fields("normal_bias", params, "b")
        key_start, key_bias = jax.random.split(key)
        b = std * jax.random.normal(key_bias, zero.shape, zero.dtype)
        return started(inner, key_start, params, sizes).replace(b=b)

    return with_bias


def _normal(init_scale: Scalar, std: Callable[[Scalars], Scalar], *, together: bool = True) -> Init:
    """Normal matrices with a standard deviation by their shape; `together`: if alike, one draw."""

    def draw(key: Key, like: Array, used: Scalars | None, *lead: int) -> Array:
        drawn = jax.random.normal(key, (*lead, *like.shape), like.dtype)
        if used is None:
            return init_scale * std(like.shape) * drawn
        return init_scale * std(used) * packed(drawn, used)

    def draw_all(key: Key, matrices: list[Array], sizes: list[Scalars | None]) -> list[Array]:
        (first, *others), used = matrices, sizes[0]
        if not others:
            return [draw(key, first, used)]
        if together and all(other.shape == first.shape for other in others):
            return [*draw(key, first, used, len(matrices))]
        keys = jax.random.split(key, len(matrices))
        return [draw(*each) for each in zip(keys, matrices, sizes, strict=True)]

    def init(key: Key, params: Params, sizes: Params | None = None) -> Params:
        leaves, structure = jax.tree.flatten(params)
        known = [None] * len(leaves) if sizes is None else structure.flatten_up_to(sizes)
        pairs = [pair for pair in zip(leaves, known, strict=True) if pair[0].ndim == 2]
        drawn = iter(draw_all(key, *map(list, zip(*pairs, strict=True))))
        return structure.unflatten(next(drawn) if leaf.ndim == 2 else leaf for leaf in leaves)

    return init


def packed(drawn: Array, used: Scalars) -> Array:
    """The numbers that a draw of a smaller matrix has, in its place in the larger one.

    Number i of a draw, row by row, depends on i alone, so those of the smaller are the first ones.

    Args:
        drawn: (..., n, m).
        used: rows and columns of the smaller matrix, at most n and m.

    Returns:
        (..., n, m), of which all but the first rows and columns in use does not matter.
    """
    rows, columns = used
    *lead, n, m = drawn.shape
    number, row, column = jnp.indices((math.prod(lead), n, m))
    place = jnp.minimum((number * rows + row) * columns + column, drawn.size - 1)
    return drawn.ravel()[place].reshape(drawn.shape)


def root(number: Scalar) -> Scalar:
    """Its square root, by NumPy where it is known."""
    return jnp.sqrt(number) if isinstance(number, Array) else np.sqrt(number)
