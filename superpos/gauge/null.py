"""The dimension of a model's symmetries, found from numbers alone, whatever its parameters are.

Along a continuous symmetry the outputs stay, so its directions are null directions of the Jacobian
of the outputs with respect to the parameters, at every point. At a random point of parameters there
are no others, but for units that happen to be off for all inputs. Symmetries that are no
continuum, such as permutations, have no direction.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from superpos.arguments import ArgumentError
from superpos.gauge.groups import shapes_of
from superpos.gauge.subject import check_inputs, check_key, check_params, example_of, params_like
from superpos.types import Array, Key, Model, Params

N_POINTS = 3
MOST_PARAMETERS = 2000
PER_PARAMETER = 2
"""Outputs that are compared, for each parameter."""
TOLERANCE = 1e-10
"""Singular values below this part of the largest are 0 but for rounding, in float64."""


class NullDirections(NamedTuple):
    """Directions in which parameters can move while the outputs stay as they are.

    Attributes:
        dimension: how many are independent.
        directions: an orthonormal basis: parameters whose arrays, float64, have it along a leading
            axis, (dimension, ...).
        singular_values: of the Jacobian, from the largest down, float64 (n_parameters,); those of
            null directions are the last ones, of the size of rounding.
    """

    dimension: int
    directions: Params
    singular_values: np.ndarray


def null_directions(
    model: Model, key: Key, *, params: Params | None = None, inputs: Array | None = None
) -> NullDirections:
    """Find the null directions of the Jacobian of a model's outputs, in float64.

    Args:
        model: without a state, of at most 2,000 parameters.
        key: for the points and the inputs.
        params: where; a point of its own may have more of them than the model has symmetries, such
            as one with a unit that nothing reads. None takes, of three random points, the one
            with the fewest.
        inputs: (n_inputs, ...); None draws normal ones of sizes from 0.01 to 10, enough for twice
            as many outputs as there are parameters.

    Returns:
        The NullDirections. At random points their dimension is that of the continuous symmetries
        of the outputs; 0 means that there are none.

    Raises:
        ArgumentError: the model has a state or too many parameters, the parameters are not the
            model's, or the model cannot read the inputs, or these give fewer outputs than it has
            parameters, or what is not finite.
    """
    check_key(key)
    like = params_like(model)
    n_parameters = sum(int(np.prod(shape)) for shape in shapes_of(like).values())
    if not 1 <= n_parameters <= MOST_PARAMETERS:
        raise ArgumentError(
            f"model: {n_parameters} parameters, expected a number in [1, {MOST_PARAMETERS}]"
        )
    if params is not None:
        check_params(model, params)
    key_points, key_inputs = jax.random.split(key)
    with jax.enable_x64(True):
        if params is None:
            keys = jax.random.split(key_points, N_POINTS)
            points = [_random_point(each, like) for each in keys]
        else:
            points = [jax.tree.map(jnp.float64, params)]
        if inputs is None:
            inputs = _inputs(key_inputs, model, points[0], n_parameters)
        check_inputs(model, points[0], inputs)
        jacobian = jax.jit(lambda flat: _jacobian(model, points[0], flat, inputs))
        found = [_null_space(jacobian(ravel_pytree(each)[0]), each) for each in points]
    return min(found, key=lambda each: each.dimension)


def _random_point(key: Key, like: Params) -> Params:
    leaves, structure = jax.tree.flatten(like)
    keys = jax.random.split(key, len(leaves))
    return structure.unflatten(
        [
            jax.random.normal(one, leaf.shape, jnp.float64)
            for one, leaf in zip(keys, leaves, strict=True)
        ]
    )


def _inputs(key: Key, model: Model, params: Params, n_parameters: int) -> Array:
    """Normal inputs of many sizes, (n_inputs, ...)."""
    shape = example_of(model, params).inputs.shape
    one = jax.eval_shape(lambda x: model.apply(params, (), x).recon, jnp.zeros(shape))
    n_inputs = max(64, -(-PER_PARAMETER * n_parameters // one.size))
    key_x, key_size = jax.random.split(key)
    size = 10 ** jax.random.uniform(key_size, (n_inputs, *[1] * len(shape)), minval=-2, maxval=1)
    return size * jax.random.normal(key_x, (n_inputs, *shape))


def _jacobian(model: Model, like: Params, flat: Array, x: Array) -> Array:
    """Of all outputs for all inputs with respect to all parameters, (n_outputs, n_parameters)."""
    _, unravel = ravel_pytree(like)

    def outputs(flat: Array, one: Array) -> Array:
        return model.apply(unravel(flat), (), one).recon.ravel()

    each = jax.vmap(jax.jacrev(outputs), in_axes=(None, 0))(flat, x)
    return each.reshape(-1, flat.size)


def _null_space(jacobian: Array, point: Params) -> NullDirections:
    n_outputs, n_parameters = jacobian.shape
    if n_outputs < n_parameters:
        raise ArgumentError(
            f"inputs: {n_outputs} outputs for {n_parameters} parameters, expected at least as many"
        )
    if not np.isfinite(jacobian).all():
        raise ArgumentError("inputs: the outputs or their derivatives are not finite")
    _, sizes, rows = np.linalg.svd(np.linalg.qr(np.asarray(jacobian), mode="r"))
    null = rows[sizes <= TOLERANCE * sizes[0]]
    unravel = ravel_pytree(point)[1]
    directions = jax.tree.map(np.asarray, jax.vmap(unravel)(jnp.asarray(null)))
    return NullDirections(len(null), directions, sizes)
