"""The contracts of the package: data containers, bundles of pure functions, and type aliases.

Everything in superpos is a factory: keyword-only arguments in, a NamedTuple of pure functions out.
An argument typed `Scalar` may be a tracer, so it can be swept inside one compiled program; an
argument of any other type is static, so another value is another compile.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.struct
import jax

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
Params = Any
State = Any


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


class Source(NamedTuple):
    """A data distribution.

    Attributes:
        sample: (key, batch_size) -> Batch.
        columns: (words, batch_size) -> (inputs, targets), for an engine that keeps a run in
            registers: each a list of vectors (batch,), one per feature, of the same numbers as
            `sample` gives for a key of generator threefry13, whose data are the two words, uint32
            (). None where there is no such function.
    """

    sample: Callable[[Key, int], Batch]
    columns: Callable[[Words, int], tuple[list[Array], list[Array]]] | None = None


class Model(NamedTuple):
    """A model as three pure functions.

    Attributes:
        init: key -> (params, state); state is () when there is none.
        apply: (params, state, x) -> Output, for ONE example.
        loss: (params, state, batch, key) -> (loss, (state, measurements)), for a batch.
        columns: (params, inputs, targets) -> loss (), for an engine that keeps a run in registers:
            the same loss with every array in params as nested lists of scalars, a batch as
            `Source.columns` gives it. None where there is no such function, as for a loss that
            reads a state or a key.
    """

    init: Callable[[Key], tuple[Params, State]]
    apply: Callable[[Params, State, Array], Output]
    loss: Callable[[Params, State, Batch, Key], tuple[Array, tuple[State, dict[str, Array]]]]
    columns: Callable[[Params, list[Array], list[Array]], Array] | None = None


Probe = Callable[[Params, State, Key], dict[str, Array]]
"""What is measured during a run: (params, state, key) -> named arrays."""


@dataclass(frozen=True, kw_only=True)
class FitSpec:
    """How long a run is.

    Attributes:
        n_steps: optimiser updates, >= 0; 0 measures nothing and leaves the model at its start.
        batch_size: examples in a batch, >= 1.
        log_every: updates in one compiled block, after which the probe is run; divides n_steps.

    Raises:
        TypeError: a count is not an integer.
        ValueError: a count is out of range, or log_every does not divide n_steps.
    """

    n_steps: int
    batch_size: int
    log_every: int

    def __post_init__(self) -> None:
        """Check the counts; a float such as 1e4 is refused, not rounded."""
        for name, low in (("n_steps", 0), ("batch_size", 1), ("log_every", 1)):
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

    @property
    def n_blocks(self) -> int:
        """Blocks in a run."""
        return self.n_steps // self.log_every


@flax.struct.dataclass(kw_only=True)
class Carry:
    """All that one run takes from block to block.

    Attributes:
        step: updates done, int32 (). The same for all members of a sweep.
        key: the key from which every later key of the run derives, ().
        params: the model's parameters.
        state: the model's state.
        opt_state: the optimiser's state.
        diverged_step: the update that made the run non-finite, int32 (); -1 while it is finite.
            From then on the run is frozen at its last finite parameters.
    """

    step: Array
    key: Key
    params: Params
    state: State
    opt_state: Any
    diverged_step: Array


class Training(NamedTuple):
    """One run, as two pure functions.

    Attributes:
        init: key -> Carry.
        advance: Carry -> (Carry, metrics): one block of `spec.log_every` updates, then the probe.
        spec: how many blocks there are and how long each is.
    """

    init: Callable[[Key], Carry]
    advance: Callable[[Carry], tuple[Carry, dict[str, Array]]]
    spec: FitSpec


@flax.struct.dataclass(kw_only=True)
class Run:
    """A finished run.

    Attributes:
        params: final parameters.
        state: final state.
        metrics: what the probe measured, each stacked over blocks: (n_blocks, ...).
        diverged_step: the update that made the run non-finite, int32 (); -1 for a finite run.
    """

    params: Params
    state: State
    metrics: dict[str, Array]
    diverged_step: Array
