"""Trained models of a store, for factories that read them."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Optional

import jax
import numpy as np

from superpos.arguments import ArgumentError, CountOrZero, factory, shown
from superpos.components import Registry
from superpos.engine.assets import asset
from superpos.train import NoMemberError, StoreError
from superpos.train import store as stores
from superpos.types import Asset, Members, Model

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
            differ in more than what they learned; one line.
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
    if any(member.model is not found[0].model for member in found):
        raise ArgumentError(f"store={store}: expected members of one model; narrow them by select")
    trees = [(member.params, member.state) for member in found]
    stacked = jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)
    about = json.dumps(configs[0], sort_keys=True)
    return asset(stacked, _read(found[0].model), about)


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


def _read(model: Model) -> Callable[[Any], Members]:
    return lambda arrays: Members(model, *arrays)
