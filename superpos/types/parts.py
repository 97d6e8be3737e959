"""What a run is made of: sources, models and evaluations, as bundles of pure functions."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from superpos.types.agents import Environment, Policy
from superpos.types.base import (
    Array,
    Batch,
    Dims,
    Example,
    Key,
    KeyData,
    Output,
    Params,
    Scalar,
    SourceState,
    State,
)


class Source(NamedTuple):
    """A data distribution, a stream of stored examples, or rollouts of the model itself.

    `superpos.data.stateless` makes one of (key, batch_size) -> Batch.

    Attributes:
        init: key -> state; () when there is none.
        sample: (params, state, key, batch_size) -> (Batch, state). The params are those of the
            model that is trained.
        sample_columns: (words, batch_size) -> (inputs, targets), for a kernel that keeps a run in
            registers: each a list of vectors (batch,), one per feature, of the same numbers as
            `sample` gives for a key of generator threefry13, whose data are the two words, uint32
            (). None where there is no such function.
        gives: shapes and dtypes of an example; None where they are not declared.
        stream: None where each run draws for itself. Else a seed in [0, 2³²): all members of a
            sweep share what is drawn with it, once per draw; the params given are then ().
        directions: of the features whose values are the factors, among the inputs,
            (n_features, n_inputs); None where they are not known.
        held_out: inputs of examples that are never drawn, in order, (n_held_out, ...); None where
            there are none.
        environment: what the model acts in, where the examples are its episodes; else None.
    """

    init: Callable[[Key], SourceState]
    sample: Callable[[Params, SourceState, Key, int], tuple[Batch, SourceState]]
    sample_columns: Callable[[KeyData, int], tuple[list[Array], list[Array]]] | None = None
    gives: Example | None = None
    stream: int | None = None
    directions: Array | None = None
    held_out: Array | None = None
    environment: Environment | None = None


class Model(NamedTuple):
    """A model as three pure functions.

    Attributes:
        init: key -> (params, state); state is () when there is none.
        apply: (params, state, x) -> Output, for ONE example.
        loss: (params, state, batch, key) -> (loss, (state, measurements)), for a batch. The
            measurements are numbers by name, of which a run keeps the mean over each block.
        loss_columns: (params, inputs, targets) -> loss (), for a kernel that keeps a run in
            registers: the same loss with every array in params as nested lists of scalars, and a
            batch as `Source.sample_columns` gives it. None where there is no such function, as for
            a loss that reads a state or a key.
        takes: shapes and dtypes of an example; None where they are not declared.
        dims: names of the dimensions of parameters and state, such as {"W": ("feature", "hidden")}.
        apply_batch: (params, state, inputs) -> Output, for a batch whose examples compete, as in
            training; inputs, codes and reconstructions are led by (batch,). None where the code of
            an example depends on no other.
        width: parts of the code that are in use, the first of them; a fraction is dropped. None is
            all.
        transformer: of a language model, the functions that it is made of, a
            `superpos.models.transformer.Transformer`; None for others.
        policy: of an agent, how it acts on its outputs; None for others.
    """

    init: Callable[[Key], tuple[Params, State]]
    apply: Callable[[Params, State, Array], Output]
    loss: Callable[[Params, State, Batch, Key], tuple[Array, tuple[State, dict[str, Array]]]]
    loss_columns: Callable[[Params, list[Array], list[Array]], Array] | None = None
    takes: Example | None = None
    dims: Dims = MappingProxyType({})
    apply_batch: Callable[[Params, State, Array], Output] | None = None
    width: Scalar | None = None
    transformer: Any = None
    policy: Policy | None = None


Probe = Callable[[Params, State, Key], dict[str, Array]]
"""What is measured of a model: (params, state, key) -> named arrays."""


class Trigger(NamedTuple):
    """When a run is evaluated, in place of every so many updates: decided after each block.

    Attributes:
        due: (step, measured) -> whether. `measured` is what the run has measured so far, train_loss
            and what its loss measures: name -> means over each `block` updates, (times, ...).
            Called on the host with NumPy arrays.
        most: n_steps -> how often it may be due in a run of that length, at the most.
        block: the updates between two decisions, >= 1.
    """

    due: Callable[[int, Mapping[str, Any]], bool]
    most: Callable[[int], int]
    block: int


class Member(NamedTuple):
    """A trained model.

    Attributes:
        model: its functions.
        params: what it learned, as `model.init` makes them; float64 only inside `jax.enable_x64`.
        state: likewise; () where there is none.
    """

    model: Model
    params: Params
    state: State


class Members(NamedTuple):
    """Trained models of the same shapes.

    Attributes:
        model: of all; where they differ in numbers, the first, for its shapes and names alone.
        params: their parameters, every leaf led by (n_members,).
        state: likewise.
        model_at: number of a member -> its model, where they differ in numbers, as in a width in
            use; else None.
    """

    model: Model
    params: Params
    state: State
    model_at: Callable[[Array | int], Model] | None = None

    def at(self, number: Array | int) -> Member:
        """One of them; the last where there is no such number."""
        learned = jax.tree.map(
            lambda leaf: jnp.take(leaf, number, axis=0, mode="clip"), (self.params, self.state)
        )
        return Member(self.model if self.model_at is None else self.model_at(number), *learned)


class Evaluation(NamedTuple):
    """What is measured, and when.

    Attributes:
        measure: (params, state, key) -> named arrays. The key is another one at each step.
        dims: names of the dimensions of results, such as {"feature_norms": ("feature",)}.
        every: updates between two measurements, >= 1, or a Trigger; None is after each
            `log_every`, or with at_end never before the end.
        at_end: measure after the last update, too.
        after: measure stored members, in a stage of its own, and not while they train.
        common: at a step, all members of all sweeps are given the same key, so that what it draws
            does not decide between them. False gives each member a key of its own, so that the
            noise of an evaluation averages out over members.
        at_start: measure before the first update, too, as step 0.
    """

    measure: Probe
    dims: Dims = MappingProxyType({})
    every: int | Trigger | None = None
    at_end: bool = False
    after: bool = False
    common: bool = True
    at_start: bool = False
