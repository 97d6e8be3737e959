"""Sources from functions, batches from sources, and one stream for all members of a sweep."""

from collections.abc import Callable

import jax

from superpos.arguments import ArgumentError, MaybeCount, Seed, factory
from superpos.required import check_key
from superpos.types import Array, Batch, Example, Key, KeyData, Params, Source, SourceState

_AT_START = 2**32 - 1
"""Folded into the key of a batch for that of the state before it."""


def stateless(
    sample: Callable[[Key, int], Batch],
    sample_columns: Callable[[KeyData, int], tuple[list[Array], list[Array]]] | None = None,
    gives: Example | None = None,
) -> Source:
    """A Source that keeps no state and does not look at the model.

    Args:
        sample: (key, batch_size) -> Batch.
        sample_columns: as `Source.sample_columns`.
        gives: shapes and dtypes of an example; None where they are not declared.
    """

    def init(key: Key) -> tuple[()]:
        del key
        return ()

    def stateful(
        params: Params, state: tuple[()], key: Key, batch_size: int
    ) -> tuple[Batch, tuple[()]]:
        del params
        return sample(key, batch_size), state

    return Source(init, stateful, sample_columns, gives)


def with_batches(data: Source, change: Callable[[Batch], Batch], gives: Example | None) -> Source:
    """A source whose batches are those of another one, changed once they are drawn.

    Args:
        data: the other source.
        change: of a batch.
        gives: shapes and dtypes of an example after it; None where they are not declared.
    """

    def sample(
        params: Params, state: SourceState, key: Key, batch_size: int
    ) -> tuple[Batch, SourceState]:
        batch, state = data.sample(params, state, key, batch_size)
        return change(batch), state

    return data._replace(sample=sample, sample_columns=None, gives=gives)


def draw(source: Source, key: Key, batch_size: int, params: Params = ()) -> Batch:
    """A batch from a source at its start.

    Args:
        source: any source; one with a stream is drawn from with this key, too.
        key: where the batch is drawn from.
        batch_size: examples, >= 1.
        params: of the model, for a source that reads them.

    Raises:
        TypeError: the key is not a typed key (jax.random.key).
    """
    check_key(key)
    state = source.init(jax.random.fold_in(key, _AT_START))
    return source.sample(params, state, key, batch_size)[0]


def check_inputs(n_features: int, data: Source) -> None:
    """Refuse another number of features than the inputs that a source gives.

    Raises:
        ArgumentError: one line.
    """
    if data.gives is not None:
        shape = data.gives.inputs.shape
    else:  # which a source that reads parameters cannot do without them
        shape = jax.eval_shape(lambda: draw(data, jax.random.key(0), 1)).inputs.shape[1:]
    if shape != (n_features,):
        found = " by ".join(map(str, shape)) or "one number"
        raise ArgumentError(f"n_features={n_features}: expected the {found} of data")


@factory
def shared(*, data: Source, n_features: MaybeCount = None, stream_seed: Seed = 0) -> Source:
    """One stream of batches for all members of a sweep, drawn once for each draw.

    Members then differ by nothing that is drawn from the data. A swept number of `data` still
    changes what a member makes of the draw; what the source keeps as its state must not depend on
    one.

    Args:
        data: where the batches come from; a source that does not read parameters.
        n_features: inputs of an example, >= 1: those of `data`; None is not checked.
        stream_seed: which stream, in [0, 2³²).

    Returns:
        The Source with that stream.

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    if n_features is not None:
        check_inputs(n_features, data)
    return data._replace(stream=int(stream_seed), sample_columns=None)
