"""Examples of norm 1.

Source: Henighan et al. 2023, Superposition, Memorization, and Double Descent, "Experimental Setup"
(inputs are normalised).
"""

import jax
import jax.numpy as jnp

from superpos.arguments import Count, factory
from superpos.data.source import check_inputs, with_batches
from superpos.types import Array, Batch, Source, vectors


@factory
def normalised(*, n_features: Count, data: Source) -> Source:
    """The examples of another source, each over the norm of its inputs.

    Args:
        n_features: inputs of an example, >= 1: those of `data`.
        data: where the examples come from.

    Returns:
        A Source whose inputs have norm 1, float32 (batch, n_features), with the targets and factors
        of `data` over the same norms. An example whose inputs are all 0 stays as it is.

    Raises:
        ArgumentError: a value is out of range, or `data` has another number of inputs.
    """
    check_inputs(n_features, data)

    def change(batch: Batch) -> Batch:
        norms = jnp.linalg.norm(batch.inputs, axis=-1, keepdims=True)

        def scaled(leaf: Array) -> Array:
            return leaf / jnp.where(norms > 0, norms, 1)

        return jax.tree.map(scaled, batch)

    gives = vectors(n_features) if data.gives is None else data.gives
    return with_batches(data, change, gives)
