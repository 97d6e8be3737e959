"""One run: how long it is, what it takes from block to block, and what it ends with."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import flax.struct

from superpos.types.base import Array, Dims, Key, Params, SourceState, State
from superpos.types.parts import Trigger


@dataclass(frozen=True, kw_only=True)
class FitSpec:
    """How long a run is.

    Attributes:
        n_steps: optimiser updates, >= 0; 0 measures nothing and leaves the model at its start.
        batch_size: examples in a batch, >= 1.
        log_every: updates between two measurements, unless an evaluation says otherwise; divides
            n_steps.
        updates_per_draw: updates that are made with one batch, >= 1; divides log_every.

    Raises:
        TypeError: a count is not an integer.
        ValueError: a count is out of range, log_every does not divide n_steps, or updates_per_draw
            does not divide log_every.
    """

    n_steps: int
    batch_size: int
    log_every: int
    updates_per_draw: int = 1

    def __post_init__(self) -> None:
        """Check the counts; a float such as 1e4 is refused, not rounded."""
        for name, low in LEAST.items():
            value = getattr(self, name)
            try:
                count = operator.index(value)
            except TypeError:
                count = None
            if count is None or isinstance(value, bool):
                text = " ".join(repr(value).split())[:120]
                raise TypeError(f"{name}={text}: expected an integer, such as {low or 10000}")
            if not low <= count < 2**31:
                raise ValueError(f"{name}={value}: expected an integer in [{low}, 2147483647]")
        if self.n_steps % self.log_every:
            raise ValueError(
                f"log_every={self.log_every}: expected a divisor of n_steps={self.n_steps}"
            )
        if self.log_every % self.updates_per_draw:
            raise ValueError(
                f"updates_per_draw={self.updates_per_draw}: expected a divisor of"
                f" log_every={self.log_every}"
            )


LEAST = {"n_steps": 0, "batch_size": 1, "log_every": 1, "updates_per_draw": 1}
"""The least value of each count of a FitSpec."""


@flax.struct.dataclass(kw_only=True)
class Carry:
    """All that one run takes from block to block.

    Attributes:
        step: updates done, int32 (). The same for all members of a sweep.
        key: the key from which every later key of the run derives, ().
        params: the model's parameters.
        state: the model's state.
        opt_state: the optimiser's state.
        source: the state of the source; where its stream is shared, that of all members.
        diverged_step: the update that made the run non-finite, int32 (); -1 while it is finite.
            From then on the run is frozen at its last finite parameters.
    """

    step: Array
    key: Key
    params: Params
    state: State
    opt_state: Any
    source: SourceState = ()
    diverged_step: Array


class Measure(NamedTuple):
    """An evaluation as part of a run: from its carry.

    Attributes:
        measure: Carry -> named arrays.
        every: updates between two measurements, or a Trigger.
        at_end: whether the end of the run is measured, too.
        at_start: whether its start is.
    """

    measure: Callable[[Carry], dict[str, Array]]
    every: int | Trigger
    at_end: bool = False
    at_start: bool = False


class Training(NamedTuple):
    """One run, as pure functions.

    Attributes:
        init: key -> Carry.
        advance: Carry -> (Carry, metrics): one block of updates, then what is measured after each.
        spec: how long the run is.
        block: updates in a block; it divides spec.log_every. None is spec.log_every.
        measures: name -> what is measured after some blocks only.
        after: name -> what is measured once the run is stored.
        dims: names of the dimensions of parameters, state and whatever is measured.
        stream: whether the state of the source is one for all members of a sweep.
        logged: name -> what `advance` measures after each block, alone.
    """

    init: Callable[[Key], Carry]
    advance: Callable[[Carry], tuple[Carry, dict[str, Array]]]
    spec: FitSpec
    block: int | None = None
    measures: Mapping[str, Measure] = MappingProxyType({})
    after: Mapping[str, Callable[[Carry], dict[str, Array]]] = MappingProxyType({})
    dims: Dims = MappingProxyType({})
    stream: bool = False
    logged: Mapping[str, Callable[[Carry], dict[str, Array]]] = MappingProxyType({})


@flax.struct.dataclass(kw_only=True)
class Run:
    """A finished run.

    Attributes:
        params: final parameters.
        state: final state.
        metrics: what was measured, by name, each stacked over the times that it was: (times, ...).
            An evaluation with a time of its own has its steps as step_<evaluation>, int (times,).
        diverged_step: the update that made the run non-finite, int32 (); -1 for a finite run.
    """

    params: Params
    state: State
    metrics: dict[str, Array]
    diverged_step: Array
