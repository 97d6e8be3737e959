"""The contracts of the package: data containers, bundles of pure functions, and type aliases.

Everything in superpos is a factory: keyword-only arguments in, a NamedTuple of pure functions out.
An argument typed `Scalar` may be a tracer, so it can be swept inside one compiled program; an
argument of any other type is static, so another value is another compile.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import flax.struct
import jax
import numpy as np

Array = jax.Array
Key = jax.Array
Words = Sequence[Array]
"""The data of a key as two scalars, uint32 ()."""
Scalar = float | jax.Array
"""The mark of a sweep axis, and nothing else."""
Scalars = Sequence[Scalar]
"""A fixed number of Scalars, each of which can be swept by its index."""
Magnitude = Callable[[Array], Array]
"""How large a feature is that is on, as a quantile function: uniforms on [0, 1] -> values."""


def _as_it_is(arrays: Any) -> Any:
    return arrays


Dims = Mapping[str, Sequence[str]]
"""Name of a result -> names of its own dimensions."""
Params = Any
State = Any
SourceState = Any


@dataclass(frozen=True)
class Asset:
    """Arrays that are not hyperparameters: data, or a trained model. All members share them.

    Attributes:
        arrays: a tree of NumPy arrays.
        digest: SHA-256 of their content, shapes and dtypes, and of what `read` depends on besides.
        read: the same tree of JAX arrays -> what a factory is given.
    """

    arrays: Any
    digest: str
    read: Callable[[Any], Any] = _as_it_is


@flax.struct.dataclass(kw_only=True)
class Batch:
    """A batch of examples.

    Attributes:
        inputs: what the model reads, (batch, n_inputs).
        targets: what it should return, (batch, n_outputs).
        factors: the ground-truth feature values, (batch, n_features); (batch, 0) when unknown.
    """

    inputs: Array
    targets: Array
    factors: Array


@flax.struct.dataclass(kw_only=True)
class Output:
    """What a model computes for one example.

    Attributes:
        code: the hidden code, (n_hidden,).
        recon: the reconstruction or prediction, (n_outputs,).
    """

    code: Array
    recon: Array


class Example(NamedTuple):
    """Shapes and dtypes of one example, without a batch.

    Attributes:
        inputs: what a model reads.
        targets: what it should return.
    """

    inputs: jax.ShapeDtypeStruct
    targets: jax.ShapeDtypeStruct


def vectors(n_inputs: int, n_targets: int | None = None) -> Example:
    """An Example of float32 vectors; as many targets as inputs, unless said otherwise."""
    n_targets = n_inputs if n_targets is None else n_targets
    inputs, targets = (jax.ShapeDtypeStruct((n,), np.float32) for n in (n_inputs, n_targets))
    return Example(inputs, targets)


class Source(NamedTuple):
    """A data distribution, a stream of stored examples, or rollouts of the model itself.

    `superpos.data.stateless` makes one of (key, batch_size) -> Batch.

    Attributes:
        init: key -> state; () when there is none.
        sample: (params, state, key, batch_size) -> (Batch, state). The params are those of the
            model that is trained.
        columns: (words, batch_size) -> (inputs, targets), for an engine that keeps a run in
            registers: each a list of vectors (batch,), one per feature, of the same numbers as
            `sample` gives for a key of generator threefry13, whose data are the two words, uint32
            (). None where there is no such function.
        gives: shapes and dtypes of an example; None where they are not declared.
        stream: None where each run draws for itself. Else a seed in [0, 2³²): all members of a
            sweep share what is drawn with it, once per draw; the params given are then ().
    """

    init: Callable[[Key], SourceState]
    sample: Callable[[Params, SourceState, Key, int], tuple[Batch, SourceState]]
    columns: Callable[[Words, int], tuple[list[Array], list[Array]]] | None = None
    gives: Example | None = None
    stream: int | None = None


class Model(NamedTuple):
    """A model as three pure functions.

    Attributes:
        init: key -> (params, state); state is () when there is none.
        apply: (params, state, x) -> Output, for ONE example.
        loss: (params, state, batch, key) -> (loss, (state, measurements)), for a batch. The
            measurements are numbers by name, of which a run keeps the mean over each block.
        columns: (params, inputs, targets) -> loss (), for an engine that keeps a run in registers:
            the same loss with every array in params as nested lists of scalars, a batch as
            `Source.columns` gives it. None where there is no such function, as for a loss that
            reads a state or a key.
        takes: shapes and dtypes of an example; None where they are not declared.
        dims: names of the dimensions of parameters and state, such as {"W": ("feature", "hidden")}.
    """

    init: Callable[[Key], tuple[Params, State]]
    apply: Callable[[Params, State, Array], Output]
    loss: Callable[[Params, State, Batch, Key], tuple[Array, tuple[State, dict[str, Array]]]]
    columns: Callable[[Params, list[Array], list[Array]], Array] | None = None
    takes: Example | None = None
    dims: Dims = MappingProxyType({})


Probe = Callable[[Params, State, Key], dict[str, Array]]
"""What is measured of a model: (params, state, key) -> named arrays."""


class Trigger(NamedTuple):
    """When a run is evaluated, in place of every so many updates: decided after each block.

    Attributes:
        due: (step, measured) -> whether. `measured` is what the run has measured so far: name ->
            values after each block, (blocks, ...). Called on the host with NumPy arrays.
        most: n_steps -> how often it may be due in a run of that length, at the most.
        block: the updates between two decisions, >= 1.
    """

    due: Callable[[int, Mapping[str, Any]], bool]
    most: Callable[[int], int]
    block: int


class Members(NamedTuple):
    """Trained models that differ in what they learned alone.

    Attributes:
        model: of all.
        params: their parameters, every leaf led by (n_members,).
        state: likewise.
    """

    model: Model
    params: Params
    state: State

    def at(self, number: Array | int) -> tuple[Params, State]:
        """The parameters and the state of one; of the last where there is no such number."""
        return jax.tree.map(lambda leaf: leaf.at[number].get(mode="clip"), (*self[1:],))


class Evaluation(NamedTuple):
    """What is measured, and when.

    Attributes:
        measure: (params, state, key) -> named arrays.
        dims: names of the dimensions of results, such as {"feature_norms": ("feature",)}.
        every: updates between two measurements, >= 1, or a Trigger; None is after each
            `log_every`.
        at_end: measure after the last update, too.
        after: measure stored members, in a stage of its own, and not while they train.
    """

    measure: Probe
    dims: Dims = MappingProxyType({})
    every: int | Trigger | None = None
    at_end: bool = False
    after: bool = False


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
    """

    measure: Callable[[Carry], dict[str, Array]]
    every: int | Trigger
    at_end: bool = False


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
    """

    init: Callable[[Key], Carry]
    advance: Callable[[Carry], tuple[Carry, dict[str, Array]]]
    spec: FitSpec
    block: int | None = None
    measures: Mapping[str, Measure] = MappingProxyType({})
    after: Mapping[str, Callable[[Carry], dict[str, Array]]] = MappingProxyType({})
    dims: Dims = MappingProxyType({})
    stream: bool = False


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
