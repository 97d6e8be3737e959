"""Evaluations as a run makes them: by name, with the key they are given, into its results."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, check_value, shown
from superpos.types import Array, Carry, Evaluation, Probe

STREAM_EVALUATIONS = 2
COMMON_SEED = 1_055_231_999
"""Of the key that evaluations are given where it is the same for all members."""


def named_evaluations(
    evaluations: Mapping[str, Evaluation], probe: Probe | Evaluation | None
) -> Mapping[str, Evaluation]:
    """The evaluations, with the one that `probe` is short for.

    Raises:
        ArgumentError: one of them is none; one line.
    """
    for name, each in evaluations.items():
        if not str(name).isidentifier():
            raise ArgumentError(f"evaluations.{name}: expected a name of letters, digits and _")
        if not isinstance(each, Evaluation):
            raise ArgumentError(f"evaluations.{name}={shown(each)}: expected an Evaluation")
        check_value(f"evaluations.{name}.at_start", each.at_start, bool)
        check_value(f"evaluations.{name}.at_end", each.at_end, bool)
        check_value(f"evaluations.{name}.after", each.after, bool)
        check_value(f"evaluations.{name}.common", each.common, bool)
        if each.after and (each.every is not None or each.at_end or each.at_start):
            raise ArgumentError(
                f"evaluations.{name}.after=True: expected no every, at_start or at_end beside it"
            )
    if probe is None:
        return evaluations
    if evaluations:
        raise ArgumentError("probe: expected it among the evaluations, as there are some")
    return {"probe": probe if isinstance(probe, Evaluation) else Evaluation(probe)}


def measure_of(name: str, evaluation: Evaluation) -> Callable[[Carry], dict[str, Array]]:
    """An evaluation of a carry; at one step, all of one run are given the same key.

    Where the evaluation is `common`, that key is the same for all members too: two models are
    compared on the same examples, whatever seed they were trained from.
    """

    def measure(carry: Carry) -> dict[str, Array]:
        key = carry.key
        if evaluation.common:
            key = jax.random.key(COMMON_SEED, impl=jax.random.key_impl(key))
        key = jax.random.fold_in(key, STREAM_EVALUATIONS)
        key = jax.random.fold_in(key, carry.step)
        found = evaluation.measure(carry.params, carry.state, key)
        return arrays_of(f"evaluations.{name}", found)

    return measure


def arrays_of(where: str, found: Any) -> dict[str, Array]:
    """What was measured, by name, as arrays.

    Args:
        where: what measured it, for messages.
        found: what it gave.

    Raises:
        ArgumentError: no mapping of names to arrays of numbers or bools; one line.
    """
    if not isinstance(found, Mapping):
        raise ArgumentError(f"{where}: expected a dict of arrays, not {type(found).__name__}")
    return {result: _array(where, result, each) for result, each in found.items()}


def _array(where: str, result: Any, value: Any) -> Array:
    """A result of an evaluation, which is an array of numbers or bools with a name."""
    if not isinstance(result, str) or not result:
        raise ArgumentError(f"{where}: {shown(result)}: expected a text as the name of a result")
    known = isinstance(value, (jax.Array, np.ndarray, np.number, np.bool, bool, int, float))
    dtype = getattr(value, "dtype", np.dtype(type(value) if known else object))
    if not known or not any(jnp.issubdtype(dtype, kind) for kind in (jnp.number, jnp.bool)):
        what = dtype if known else type(value).__name__
        raise ArgumentError(f"{where}: {result}: expected an array of numbers, not {what}")
    return jnp.asarray(value)


def add_results(results: dict[str, Array], evaluation: str, measured: Mapping[str, Array]) -> None:
    """Add what an evaluation measured to the results of a block.

    Raises:
        ArgumentError: another one has a result of that name; one line.
    """
    taken = results.keys() & measured.keys()
    if taken:
        raise ArgumentError(
            f"evaluations.{evaluation}: {min(taken)} is taken, expected a result of another name"
        )
    results.update(measured)
