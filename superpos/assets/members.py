"""Trained models of a store, for factories that read them."""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import keystr, tree_map_with_path

from superpos.arguments import ArgumentError, CountOrZero, factory, shown
from superpos.components import Registry, construct
from superpos.engine.assets import asset
from superpos.models.weights import by_name
from superpos.train import NoMemberError, StoreError
from superpos.train import store as stores
from superpos.types import Array, Asset, Members, Model

if TYPE_CHECKING:
    import xarray

MaybeStep = Optional[CountOrZero]  # noqa: UP045  (pyright knows no | for an Annotated type)


@factory
def members(
    *,
    store: str,
    registry: Registry,
    select: Mapping[str, Any] | None = None,
    step: MaybeStep = None,
) -> Asset:
    """The finished members of a sweep or a multirun, all of one model.

    Args:
        store: its folder.
        registry: the factories that its config may name; supplied by the program.
        select: coordinate -> label or list of labels; None is every finished member.
        step: updates after which their parameters are taken, where the evaluation `trajectory` kept
            them, >= 0; None is the end of training.

    Returns:
        An Asset that is read as Members, in the order of the dataset.

    Raises:
        ArgumentError: a value is out of range, there is no store, no such member or step, or models
            differ in more than what they learned and, but for language models, in numbers; one
            line.
    """
    if not isinstance(select, Mapping | None):
        raise ArgumentError(f"select={shown(select)}: expected labels, such as {{seed: [0, 1]}}")
    chosen = _opened(store, step)
    try:
        labels = dict(select or {})
        found = [member for _, member in stores.members(chosen, registry, **labels)]
        configs = [*stores.nodes(chosen, registry, "model", **labels)]
    except (StoreError, NoMemberError) as error:
        raise ArgumentError(f"store={store}: {error}") from None
    except ArgumentError as error:
        raise ArgumentError(f"select.{error}" if select else str(error)) from None
    if not found:
        raise ArgumentError(f"store={store}: expected a finished member, there is none")
    model, numbers = found[0].model, {}
    if any(member.model is not model for member in found):
        numbers = numbers_between(configs)
        if not numbers or model.transformer is not None:
            raise ArgumentError(
                f"store={store}: expected members of one model; narrow them by select"
            )
    trees = [(member.params, member.state) for member in found]
    stacked = jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)
    about = json.dumps(configs[0], sort_keys=True)
    if not numbers:
        return asset(stacked, lambda arrays: Members(model, *arrays), about)
    construct(registry, "model", configs[0])  # from its config alone
    read = functools.partial(_read_differing, registry, configs[0], model)
    return asset((*stacked, numbers), read, about)


def numbers_between(nodes: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """The numbers in which configs of models differ, by their keys, float32 (n_members,).

    Empty where they differ in anything else. What was an axis of one program is a float.
    """
    rows = [by_name(node) for node in nodes]
    if any(row.keys() != rows[0].keys() for row in rows):
        return {}
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    differing = {key: each for key, each in columns.items() if len({*map(repr, each)}) > 1}
    if not all(isinstance(value, float) for each in differing.values() for value in each):
        return {}
    return {key: np.asarray(each, np.float32) for key, each in differing.items()}


def _opened(store: str, step: int | None) -> "xarray.Dataset":
    """A store, as it is or as it was at a step.

    Raises:
        ArgumentError: there is none, or it kept no parameters at that step; one line.
    """
    try:
        found = stores.open(store)
    except StoreError as error:
        raise ArgumentError(f"store={store}: {error}") from None
    return found if step is None else stores.at_step(found, step)


def _read_differing(
    registry: Registry, node: Mapping[str, Any], model: Model, arrays: Any
) -> Members:
    """Members whose models differ in numbers, so that each is made anew with its own."""
    params, state, numbers = arrays

    def model_at(number: Array | int) -> Model:
        def own(path: Any, value: Any) -> Any:
            column = numbers.get(keystr(path, simple=True, separator="."))
            return value if column is None else jnp.take(column, number, mode="clip")

        return construct(registry, "model", tree_map_with_path(own, node))

    return Members(model, params, state, model_at)
