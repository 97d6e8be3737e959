"""What of a Dataset is drawn, by the names of its results and of their dimensions.

A dimension that is not there, and one that has to be reduced first, is refused in one line that
names those there are.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from superpos.app.search_metric import at_the_end
from superpos.arguments import ArgumentError
from superpos.store.best import best_of
from superpos.store.grid import SEED
from superpos.store.table import finished

if TYPE_CHECKING:
    import xarray

LOSS = "loss"
TIMES = ("step", "time")
"""How the names of the dimensions begin along which a model was measured as it trained."""
MOST_PANELS = 40
SHORT = 6
"""Characters of a name that stands in one line with a value above a panel."""


class Panel(NamedTuple):
    """A model that is drawn: what it is called, and its weights (n_features, n_hidden)."""

    title: str
    W: np.ndarray


def members(dataset: "xarray.Dataset") -> list[str]:
    """The dimensions of the models: the axes of the sweep."""
    return [str(dim) for dim in dataset["status"].dims]


def result(dataset: "xarray.Dataset", name: str) -> "xarray.DataArray":
    """A result of the models that finished, nan elsewhere.

    Raises:
        ArgumentError: there is none of that name.
    """
    if name not in dataset.data_vars:
        known = ", ".join(sorted(map(str, dataset.data_vars)))
        raise ArgumentError(f"{name}: no result of this dataset, expected one of {known}")
    if dataset[name].dtype.kind not in "fiub":
        raise ArgumentError(f"{name}: expected a result of numbers, not of texts")
    return dataset[name].where(finished(dataset))


def final(dataset: "xarray.Dataset", name: str) -> "xarray.DataArray":
    """A result as it was when each model had finished, if it was measured in training.

    Raises:
        ArgumentError: there is none of that name.
    """
    values = result(dataset, name)
    times = [dim for dim in values.dims if str(dim).startswith(TIMES)]
    if times == ["step"] and set(values.dims) == {*members(dataset), "step"}:
        return result(at_the_end(dataset), name)
    return values.isel(dict.fromkeys(times, -1))


def against(dataset: "xarray.Dataset", name: str, dim: str) -> "xarray.DataArray":
    """A result in the course of training, where the dimension is one of time; else at the end.

    Raises:
        ArgumentError: there is none of that name.
    """
    return result(dataset, name) if dim.startswith(TIMES) else final(dataset, name)


def check_dim(name: str, dim: str, dims: "tuple[object, ...]") -> None:
    """Refuse a dimension that is not there.

    Args:
        name: of the argument.
        dim: its value.
        dims: those there are.

    Raises:
        ArgumentError: one line that names them.
    """
    if dim not in dims:
        raise ArgumentError(
            f"{name}={dim!r}: expected one of {', '.join(map(str, dims)) or 'none'}"
        )


def best_of_seeds(dataset: "xarray.Dataset") -> "xarray.Dataset":
    """The model with the least loss at the end, of each point; the only one where there is one.

    Raises:
        ArgumentError: there are several seeds and no loss to choose by.
        NoMemberError: no model of some point has finished.
    """
    if SEED not in dataset["status"].dims:
        return dataset
    if dataset.sizes[SEED] == 1:
        return dataset.isel({SEED: 0})
    if LOSS not in dataset:
        raise ArgumentError(f"{SEED}: expected one, as there is no loss to choose the best by")
    return best_of(dataset, final(dataset, LOSS))


def along(dataset: "xarray.Dataset", over: str | None, keep: tuple[str, ...]) -> list[str]:
    """The values of a dimension as titles, where no other dimension is left.

    Args:
        dataset: after the choice of the best.
        over: the dimension, or None for a single model.
        keep: dimensions of the models that may be left beside it.

    Raises:
        ArgumentError: it is not there, or others are left.
    """
    dims = tuple(members(dataset))
    if over is not None:
        check_dim("over", over, dims)
    for dim in dims:
        if dim not in (over, *keep) and dataset.sizes[dim] > 1:
            raise ArgumentError(
                f"{dim}: {dataset.sizes[dim]} values, expected one; take it by .isel or .sel, or"
                f" as over={dim!r}"
            )
    if over is None:
        return [""]
    break_ = "\n" if len(over) > SHORT else " "
    return [f"{over}{break_}= {text}" for text in labels(dataset, over)]


def labels(dataset: "xarray.Dataset | xarray.DataArray", dim: str) -> list[str]:
    """The values along a dimension for a reader; their places where it has no values."""
    values = dataset[dim].to_numpy()
    form = "{:.3g}" if values.dtype.kind == "f" else "{}"
    return [form.format(value) for value in values.tolist()]


def panels(dataset: "xarray.Dataset", over: str | None, weights: str) -> list[Panel]:
    """The weights of the best model at each value of a dimension.

    Args:
        dataset: a sweep, or a part of it.
        over: the dimension; None where a single model is left.
        weights: the name of the result, with two dimensions of its own.

    Returns:
        The models, without the rows and columns that fill up smaller ones.

    Raises:
        ArgumentError: a name is not there, other dimensions are left, or there are over 40 panels.
        NoMemberError: no model of some point has finished.
    """
    chosen = best_of_seeds(dataset)
    titles = along(chosen, over, ())
    W = final(chosen, weights)
    own = [dim for dim in W.dims if dim not in chosen["status"].dims]
    if len(own) != 2:
        raise ArgumentError(
            f"weights={weights!r}: expected weights of features by hidden dimensions"
        )
    if len(titles) > MOST_PANELS:
        raise ArgumentError(f"over={over!r}: {len(titles)} values, expected at most {MOST_PANELS}")
    stack = W.squeeze([d for d in chosen["status"].dims if d != over]).transpose(..., *own)
    arrays = stack.to_numpy().reshape(len(titles), *stack.shape[-2:])
    return [Panel(title, _used(array)) for title, array in zip(titles, arrays, strict=True)]


def _used(W: np.ndarray) -> np.ndarray:
    """Weights without rows and columns that hold no number, as a smaller model is filled up."""
    there = np.isfinite(W)
    return W[there.any(1)][:, there.any(0)].astype(float)
