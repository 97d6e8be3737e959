"""Parameters of any model as a file of safetensors, and back.

An array is called as in a Dataset: `W`, or `layers.0.W` of a parameter within another.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos import safetensors
from superpos.arguments import ArgumentError, shown
from superpos.types import Array, Model, Params

Arrays = Mapping[str, Any]
"""Arrays by name: of NumPy, of JAX, or tensors of PyTorch, which are given as they are."""
STATE = "state."
"""What the names of a model's state begin with, in a file that `superpos export` wrote."""


def write(path: str | Path, params: Params) -> None:
    """Write parameters, in float32; of several models where they have leading dimensions.

    Args:
        path: a new file.
        params: of a model, or a dict of arrays, such as what `to_torch` gives.

    Raises:
        ArgumentError: a number is not finite in float32, or the file is there already or cannot be
            written; one line, and nothing is written.
    """
    arrays = finite("params", by_name(params))
    try:
        with Path(path).open("xb") as file:
            file.write(safetensors.written(arrays))
    except OSError as error:
        raise ArgumentError(f"{path}: expected a new file to write ({error.strerror})") from None


def read(source: str | Path | Arrays, model: Model) -> Params:
    """Parameters of a model, from what `write` or `superpos export` wrote, or from arrays by name.

    Those of several models, with the same leading dimensions of each array, are read at once.

    Args:
        source: a file of safetensors, or arrays by name.
        model: whose parameters they are; their names and shapes are those that it starts with.

    Returns:
        The parameters, in the dtypes that the model starts with.

    Raises:
        ArgumentError: the file is missing or damaged, names or shapes are others, or a number is
            not finite; one line.
    """
    given = arrays_of(source)
    found = {name: array for name, array in given.items() if not name.startswith(STATE)}
    start, _ = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    expected = by_name(start)
    if listed(found) != listed(_several(expected, found)):
        raise ArgumentError(f"{place_of(source)}: has {listed(found)}, expected {listed(expected)}")
    leaves = [jnp.asarray(found[name], leaf.dtype) for name, leaf in expected.items()]
    return jax.tree.unflatten(jax.tree.structure(start), leaves)


def _several(expected: Arrays, found: Arrays) -> Arrays:
    """What is expected, with the leading dimensions that the first of the arrays has."""
    name, leaf = next(iter(expected.items()))
    shape = np.shape(found.get(name, leaf))
    leading = shape[: max(0, len(shape) - len(leaf.shape))]
    return {
        name: jax.ShapeDtypeStruct((*leading, *leaf.shape), leaf.dtype)
        for name, leaf in expected.items()
    }


def arrays_of(source: str | Path | Arrays) -> dict[str, np.ndarray]:
    """The arrays of a file, or those that are given, as NumPy has them and finite.

    Raises:
        ArgumentError: a file that cannot be read, or what holds no such arrays; one line.
    """
    if isinstance(source, (str, Path)):
        if Path(source).suffix in (".pt", ".pth"):
            saved = "safetensors.torch.save_file(state_dict, ...)"
            loaded = "torch.load(..., weights_only=True)"
            raise ArgumentError(f"{source}: expected what {saved} writes, or the dict of {loaded}")
        return finite(place_of(source), safetensors.read(Path(source)))
    if not isinstance(source, Mapping):
        raise ArgumentError(f"source={shown(source)}: expected a file, or arrays by name")
    return finite(place_of(source), source)


def finite(place: str, arrays: Arrays) -> dict[str, np.ndarray]:
    """Arrays of NumPy, float32.

    Args:
        place: where they are from, for messages.
        arrays: by name.

    Raises:
        ArgumentError: one of them is no array of finite real numbers; one line.
    """
    found = {}
    for name, array in arrays.items():
        try:
            with np.errstate(over="ignore"):
                found[name] = np.asarray(array).astype(np.float32, casting="same_kind")
        except (TypeError, ValueError, RuntimeError) as error:
            reason = shown(str(error)).strip("'\"")
            raise ArgumentError(
                f"{place}: {name}, expected an array of real numbers ({reason})"
            ) from None
        if not np.isfinite(found[name]).all():
            raise ArgumentError(f"{place}: {name}, expected finite numbers")
    return found


def by_name(params: Params) -> dict[str, Array]:
    """The leaves of parameters by their names, in their order."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}


def listed(arrays: Arrays) -> str:
    """Names and shapes on one line, such as "W (20, 5), b (20)"."""
    shapes = sorted((name, ", ".join(map(str, array.shape))) for name, array in arrays.items())
    return ", ".join(f"{name} ({shape})" for name, shape in shapes)


def place_of(source: str | Path | Arrays) -> str:
    """What a source is called in messages."""
    return str(source) if isinstance(source, (str, Path)) else "source"
