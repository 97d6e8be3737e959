"""Sources from functions, batches from sources, and one stream for all members of a sweep."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from superpos.arguments import Seed, factory
from superpos.types import Array, Batch, Example, Key, Params, Source, Words

_AT_START = 2**32 - 1
"""Folded into the key of a batch for that of the state before it."""


def stateless(
    sample: Callable[[Key, int], Batch],
    columns: Callable[[Words, int], tuple[list[Array], list[Array]]] | None = None,
    gives: Example | None = None,
) -> Source:
    """A Source that keeps no state and does not look at the model.

    Args:
        sample: (key, batch_size) -> Batch.
        columns: as `Source.columns`.
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

    return Source(init, stateful, columns, gives)


def draw(source: Source, key: Key, batch_size: int, params: Params = ()) -> Batch:
    """A batch from a source at its start.

    Args:
        source: any source; one with a stream is drawn from with this key, too.
        key: where the batch is drawn from.
        batch_size: examples, >= 1.
        params: of the model, for a source that reads them.
    """
    state = source.init(jax.random.fold_in(key, _AT_START))
    return source.sample(params, state, key, batch_size)[0]


def vectors(n_inputs: int, n_targets: int | None = None) -> Example:
    """Vectors of float32; as many targets as inputs, unless said otherwise."""
    n_targets = n_inputs if n_targets is None else n_targets
    inputs, targets = (jax.ShapeDtypeStruct((n,), jnp.float32) for n in (n_inputs, n_targets))
    return Example(inputs, targets)


@factory
def shared(*, data: Source, stream_seed: Seed = 0) -> Source:
    """One stream of batches for all members of a sweep, drawn once for each draw.

    Members then differ by nothing that is drawn from the data. A swept number of `data` still
    changes what a member makes of the draw; what the source keeps as its state must not depend on
    one.

    Args:
        data: where the batches come from; a source that does not read parameters.
        stream_seed: which stream, in [0, 2³²).

    Returns:
        The Source with that stream.

    Raises:
        ArgumentError: a value is out of range.
    """
    return data._replace(stream=int(stream_seed), columns=None)
