"""What is audited: a model, its parameters and a batch, checked before anything is measured."""

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, shown
from superpos.gauge.groups import shapes_of, told
from superpos.types import Array, Batch, Example, Key, Model, Params, vectors

N_INPUTS = 256
UNREADABLE = (TypeError, ValueError, AssertionError, AttributeError, LookupError)
"""What a model may raise that is given what it cannot read."""


def check_key(key: Key) -> None:
    """Refuse anything but one typed key.

    Raises:
        ArgumentError: it is none.
    """
    typed = isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if not typed or key.shape:
        raise ArgumentError(f"key={shown(key)}: expected one typed key, jax.random.key(seed)")


def params_like(model: Model) -> Params:
    """Shapes of the parameters of a model.

    Raises:
        ArgumentError: the model has a state, too.
    """
    params, state = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    if jax.tree.leaves(state):
        raise ArgumentError(
            f"model: has a state, {told(state)}; hold it inside apply, loss and init"
        )
    return params


def check_params(model: Model, params: Params) -> None:
    """Refuse what are no parameters of a model.

    Raises:
        ArgumentError: they are of another structure or shape than the model starts with, are not
            floating, or not finite.
    """
    expected = params_like(model)
    same = jax.tree.structure(params) == jax.tree.structure(expected)
    if not same or shapes_of(params) != shapes_of(expected):
        raise ArgumentError(
            f"params: {_typed(params)}, expected {_typed(expected)}, as model.init gives"
        )
    for path, leaf in zip(shapes_of(params), jax.tree.leaves(params), strict=True):
        if not jnp.issubdtype(getattr(leaf, "dtype", object), jnp.floating):
            raise ArgumentError(f"params: {path}={shown(leaf)}, expected an array of floating type")
        if not np.isfinite(leaf).all():
            raise ArgumentError(f"params: {path} is not finite, and so no audit tells anything")


def example_of(model: Model, params: Params) -> Example:
    """Shapes of one example; of a model that does not declare them, vectors that it reads.

    Raises:
        ArgumentError: there is none, or it is not of floating numbers.
    """
    if model.takes is None:
        lengths = dict.fromkeys(n for shape in shapes_of(params).values() for n in shape)
        readable = [n for n in lengths if _problem(model, params, jnp.zeros(n)) is None]
        if not readable:
            raise ArgumentError("batch: missing, and the model does not say what it takes")
        return vectors(readable[0])
    if not jnp.issubdtype(model.takes.inputs.dtype, jnp.floating):
        raise ArgumentError(f"batch: missing, and the model takes {model.takes.inputs.dtype}")
    return model.takes


def positive_batch(key: Key, model: Model, params: Params) -> Batch:
    """Inputs of many sizes, so that a bias decides some of the outputs; they are targets, too.

    Raises:
        ArgumentError: the model does not say what it takes, or takes no floating numbers.
    """
    example, dtype = example_of(model, params), jax.tree.leaves(params)[0].dtype
    key_x, key_size = jax.random.split(key)
    shape = example.inputs.shape
    size = 10 ** jax.random.uniform(key_size, (N_INPUTS, *[1] * len(shape)), dtype, -2, 1)
    x = size * jax.random.uniform(key_x, (N_INPUTS, *shape), dtype)
    targets = x
    if example.targets.shape != shape:
        key_targets = jax.random.fold_in(key, 1)
        targets = jax.random.uniform(key_targets, (N_INPUTS, *example.targets.shape), dtype)
    return Batch(inputs=x, targets=targets, factors=x)


def check_inputs(model: Model, params: Params, inputs: Array) -> None:
    """Refuse inputs that a model cannot read.

    Raises:
        ArgumentError: there are none, or not of the width of the model.
    """
    shape = np.shape(inputs)
    problem = _problem(model, params, inputs[0]) if shape and shape[0] else "no example"
    if problem is not None:
        raise ArgumentError(f"inputs of shape {shape}: the model cannot read them{_why(problem)}")


def check_batch(model: Model, params: Params, batch: Batch) -> None:
    """Refuse a batch that a model cannot read, or has no loss for.

    Raises:
        ArgumentError: it is no Batch, empty, or not of the width of the model.
    """
    if not isinstance(batch, Batch):
        raise ArgumentError(f"batch={shown(batch)}: expected a Batch")
    check_inputs(model, params, batch.inputs)
    try:
        jax.eval_shape(lambda p: model.loss(p, (), batch, jax.random.key(0))[0], params)
    except UNREADABLE as error:
        shape = np.shape(batch.targets)
        raise ArgumentError(
            f"targets of shape {shape}: the model has no loss for them{_why(error)}"
        ) from None


def _problem(model: Model, params: Params, x: Array) -> Exception | None:
    """What a model raises for an example; None where it reads it."""
    try:
        jax.eval_shape(lambda p: model.apply(p, (), x).recon, params)
    except UNREADABLE as error:
        return error
    return None


def _why(problem: object) -> str:
    return f" ({' '.join(str(problem).split())[:200]})"


def _typed(params: Params) -> str:
    return " ".join(f"{type(params).__name__} of {told(params)}".split())
