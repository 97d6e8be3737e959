"""The audit: which symmetries of a model leave a metric as it is.

A metric that moves along a symmetry measures the bookkeeping of the parameters, not the network.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, Count, check_value, shown
from superpos.gauge.candidates import candidates
from superpos.gauge.groups import Group, Observable, told
from superpos.gauge.matrices import Pair
from superpos.gauge.subject import check_batch, check_key, check_params, positive_batch
from superpos.types import Array, Batch, Key, Model, Params

Metric = Callable[[Params], Array]
Verdict = Literal["invariant", "equivariant", "not invariant"]
N_ELEMENTS = 20
MADE = "gauge.symmetries.unit_permutation({%r: -1})"
ELSE = "gauge.null_directions finds symmetries that have no name"
TOLERANCE = 500
"""Largest relative change that counts as none, in units of the precision of the numbers."""
ROUNDING = 10
"""Largest difference that counts as none whatever it is relative to, in the same units: what is 0
but for rounding has no relative change."""


class Audited(NamedTuple):
    """What a metric does under one symmetry.

    Attributes:
        group: its name.
        preserves: what the symmetry leaves as it is, measured on the model.
        keeps_loss: whether it leaves the loss as it is, too.
        change: the largest relative change of the metric over the elements tried; for an
            equivariant metric, of the metric with its units put back.
        verdict: "invariant"; "equivariant" where the metric has a value for each unit of the inner
            space, and these move with the units; or "not invariant".
    """

    group: str
    preserves: Observable
    keeps_loss: bool
    change: float
    verdict: Verdict


def audit(
    metric: Metric,
    model: Model,
    params: Params,
    key: Key,
    *,
    groups: Sequence[Group] | None = None,
    batch: Batch | None = None,
    n_elements: int = N_ELEMENTS,
) -> list[Audited]:
    """Find the symmetries of a model, and what a metric does under each.

    Whether a group is a symmetry of the model is not taken from its name: it is measured, on random
    elements and inputs. A group that does not even keep the largest output is left out.

    Args:
        metric: params -> array of any shape.
        model: what the parameters are of, without a state.
        params: where it is audited, float32 or float64; generic ones, such as trained ones. An
            audit is of these parameters.
        key: for group elements and inputs.
        groups: which to try, of `gauge.symmetries` or made by `gauge.basis_change` and the like;
            None tries all that act on parameters of such names and shapes.
        batch: inputs, and the targets of the loss; None draws positive inputs of sizes from 0.01
            to 10, and has them for targets where these are as long.
        n_elements: how many elements of each group, >= 1.

    Returns:
        One record for each symmetry. With `groups=None` a warning says which parameters have no
        known group, and when no group is a symmetry. `null_directions` finds what has no name.

    Raises:
        ArgumentError: the parameters are not the model's, no group is known for any of them, a
            group does not fit them, the model cannot read the batch, or the metric is no array.
    """
    options = {"groups": groups, "batch": batch, "n_elements": n_elements}
    return audit_all({"": metric}, model, params, key, **options)[""]


def audit_all(
    metrics: Mapping[str, Metric],
    model: Model,
    params: Params,
    key: Key,
    *,
    groups: Sequence[Group] | None = None,
    batch: Batch | None = None,
    n_elements: int = N_ELEMENTS,
) -> dict[str, list[Audited]]:
    """Audit many metrics of one model, whose symmetries are measured once, as `audit` does.

    Returns:
        One list for each metric, by its name.
    """
    check_value("n_elements", n_elements, Count)
    check_key(key)
    check_params(model, params)
    params = jax.tree.map(jnp.asarray, params)
    key_batch, key_elements, key_loss = jax.random.split(key, 3)
    if batch is None:
        batch = positive_batch(key_batch, model, params)
    check_batch(model, params, batch)
    found: dict[str, list[Audited]] = {name: [] for name in metrics}
    tried = groups
    if tried is None:
        tried, unknown = _recognised(params, batch.inputs.shape[-1])
        if unknown:
            warnings.warn(unknown, stacklevel=3)
    _check_groups(tried)
    n_symmetries = 0
    for number, group in enumerate(tried):
        keys = jax.random.split(jax.random.fold_in(key_elements, number), n_elements)
        elements = jax.vmap(lambda one, group=group: group.sample(one, params))(keys)
        moved = jax.vmap(lambda one, group=group: group.act(one, params))(elements)
        preserved = _preserved(model, params, moved, batch)
        if preserved is not None:
            n_symmetries += 1
            keeps = _keeps_loss(model, params, moved, batch, key_loss)
            each = _unstacked(elements), _unstacked(moved)
            for name, metric in metrics.items():
                change, verdict = _judged(metric, params, *each)
                found[name].append(Audited(group.name, preserved, keeps, change, verdict))
    if groups is None and not n_symmetries:
        listed = ", ".join(group.name for group in tried)
        text = f"none of these is a symmetry of this model: {listed}; {ELSE}"
        warnings.warn(text, stacklevel=3)
    return found


def _check_groups(groups: Sequence[Group]) -> None:
    for group in groups:
        if not isinstance(group, Group):
            raise ArgumentError(f"groups: {shown(group)}, expected each a Group")


def _recognised(params: Params, n_inputs: int) -> tuple[Sequence[Group], str]:
    """The groups for parameters of such names, and a line on those that are not known, or ""."""
    groups, unknown = candidates(params, n_inputs)
    if not unknown:
        return groups, ""
    name = f"name groups, path -> axis of the units, as in groups=[{MADE % unknown[0]}, ...]"
    if not groups:
        raise ArgumentError(
            f"params: no group is known for {told(params)}, with {n_inputs} inputs; {name}; {ELSE}"
        )
    return groups, f"no group is known for {', '.join(unknown)}; {name}; {ELSE}"


def relative_change(new: Array | np.ndarray, old: Array | np.ndarray) -> float:
    """Largest difference of two arrays, relative to the largest entry of either; 0 where all is 0.

    Entries that are not finite in both are taken as equal where they are the same. A truth value
    is 0 or 1.
    """
    difference, size, _ = _compared(new, old)
    with np.errstate(invalid="ignore"):
        return 0.0 if difference == 0 else float(difference / size)


def unchanged(new: Array | np.ndarray, old: Array | np.ndarray) -> bool:
    """Whether two arrays are the same but for rounding."""
    difference, size, precision = _compared(new, old)
    return bool(difference <= precision * max(ROUNDING, TOLERANCE * size))


def _compared(new: Array | np.ndarray, old: Array | np.ndarray) -> tuple[Any, Any, float]:
    """Largest difference, largest entry of either where they differ, and the precision."""
    new, old = _numbers(new), _numbers(old)
    if new.shape != old.shape:
        raise ArgumentError(
            f"metric: returns shapes {old.shape} and {new.shape}, expected one for all parameters"
        )
    same = (new == old) | (np.isnan(new) & np.isnan(old))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, abs(new - old)).max(initial=0)
        either = np.where(same & ~np.isfinite(old), 0.0, np.maximum(abs(new), abs(old)))
    return difference, either.max(initial=0), float(np.finfo(old.dtype).eps)


def _numbers(values: Any) -> np.ndarray:
    found = np.asarray(values)
    if not any(jnp.issubdtype(found.dtype, kind) for kind in (jnp.number, jnp.bool_)):
        raise ArgumentError(f"metric: returns {shown(values)}, expected an array of numbers")
    return found.astype(np.result_type(found, np.float32))


def _unstacked(tree: Any) -> list[Any]:
    """The trees that were stacked along the leading axis of every leaf."""
    host = jax.device_get(tree)
    n_trees = len(jax.tree.leaves(host)[0])
    return [jax.tree.map(lambda leaf, at=at: jnp.asarray(leaf[at]), host) for at in range(n_trees)]


def _outputs(model: Model, params: Params, batch: Batch) -> Array:
    return jax.vmap(lambda x: model.apply(params, (), x).recon)(batch.inputs)


def _preserved(model: Model, params: Params, moved: Params, batch: Batch) -> Observable | None:
    """The most that all elements keep; `moved` has them along a leading axis."""
    before = _outputs(model, params, batch)
    after = jax.vmap(lambda each: _outputs(model, each, batch))(moved)
    if all(unchanged(each, before) for each in after):
        return "outputs"
    if before.shape[-1] == 1:
        return None
    softened = jax.nn.softmax(before, axis=-1)
    if all(unchanged(each, softened) for each in jax.nn.softmax(after, axis=-1)):
        return "probabilities"
    kept = after.argmax(-1) == before.argmax(-1)[None]
    return "argmax" if kept.all() else None


def _keeps_loss(model: Model, params: Params, moved: Params, batch: Batch, key: Key) -> bool:
    def loss(each: Params) -> Array:
        return model.loss(each, (), batch, jax.random.clone(key))[0]

    before = loss(params)
    return all(unchanged(each, before) for each in jax.vmap(loss)(moved))


def _judged(
    metric: Metric, params: Params, elements: Sequence[Any], moved: Sequence[Params]
) -> tuple[float, Verdict]:
    before = _numbers(metric(params))
    after = [_numbers(metric(each)) for each in moved]
    change = max(relative_change(each, before) for each in after)
    if all(unchanged(each, before) for each in after):
        return change, "invariant"
    for axes in _axes_of_units(before, elements[0]):
        back = [
            _put_back(element, each, axes) for element, each in zip(elements, after, strict=True)
        ]
        if all(unchanged(each, before) for each in back):
            return max(relative_change(each, before) for each in back), "equivariant"
    return change, "not invariant"


def _axes_of_units(values: np.ndarray, element: Any) -> list[list[int]]:
    """Which axes of a metric may go over the units: all that are as long, or one of them."""
    if not isinstance(element, Pair):
        return []
    axes = [axis for axis in range(values.ndim) if values.shape[axis] == len(element.direct)]
    return [axes, *([axis] for axis in axes)] if axes else []


def _put_back(element: Pair, values: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """A value for each unit, where it was before the element moved the units."""
    for axis in axes:
        moved = np.moveaxis(values, axis, -1) @ np.asarray(element.dual, values.dtype)
        values = np.moveaxis(moved, -1, axis)
    return values
