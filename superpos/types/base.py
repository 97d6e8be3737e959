"""Aliases, and the containers of data: batches, outputs, examples, assets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import flax.struct
import jax
import numpy as np

Array = jax.Array
"""An array of JAX, or a tracer of one."""
Key = jax.Array
"""A typed key of JAX, (), as `superpos.random.key` makes it."""
KeyData = Sequence[Array]
"""The data of a key as two scalars, uint32 ()."""
Scalar = float | jax.Array
"""The mark of a sweep axis, and nothing else."""
Scalars = Sequence[Scalar]
"""A fixed number of Scalars, each of which can be swept by its index."""
Magnitude = Callable[[Array], Array]
"""How large a feature is that is on, as a quantile function: uniforms on [0, 1] -> values."""


def _as_it_is(arrays: Any) -> Any:
    return arrays


EMPTY: Mapping[str, Any] = MappingProxyType({})
"""Nothing by name, for an argument that is left out."""
Dims = Mapping[str, Sequence[str]]
"""Name of a result -> names of its own dimensions."""
Params = Any
"""A tree of arrays: what a model learns."""
State = Any
"""A tree of arrays: what a model keeps between updates and does not learn; () is none."""
SourceState = Any
"""A tree of arrays: what a source keeps between batches; () is none."""


@dataclass(frozen=True)
class Asset:
    """Arrays that are not hyperparameters: data, or a trained model. All members share them.

    Attributes:
        arrays: a tree of NumPy arrays, or of their shapes and dtypes.
        digest: SHA-256 of their content, shapes and dtypes, and of what `read` depends on besides.
        read: the same tree of JAX arrays -> what a factory is given.
        make: for arrays that only an experiment makes, of which shapes and dtypes are known: the
            folder of its output -> the asset. None where the arrays are there.
    """

    arrays: Any
    digest: str
    read: Callable[[Any], Any] = _as_it_is
    make: "Callable[[str], Asset] | None" = None

    def made(self, folder: str) -> "Asset":
        """The asset with its arrays, made in a folder where they are not there yet."""
        return self if self.make is None else self.make(folder)


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
