"""The start of a linear layer of PyTorch, weights and biases uniform around 0."""

import jax
import numpy as np

from superpos.arguments import Finite, factory
from superpos.models.inits.base import Init, fields
from superpos.models.inits.normal import packed, root
from superpos.types import Array, Key, Params, Scalar, Scalars


@factory
def fan_in_uniform(*, bias_offset: Finite = 0.0) -> Init:
    """Weights and biases of each layer uniform on ±1/√n_in.

    Args:
        bias_offset: added to the biases of hidden layers, any number.

    Returns:
        An Init for a model with weights, (n_in, n_out) of each layer, and biases. Each array has a
        key of its own.

    Raises:
        ArgumentError: a value is out of range; or, from the Init, the model has no such parameters.

    Reference:
        PyTorch's documentation of torch.nn.Linear. Jermyn, Schiefer & Hubinger 2022, Engineering
        Monosemanticity in Toy Models (arXiv 2211.09169), "Bias" (bias_offset).
    """

    def uniform(key: Key, like: Array, used: Scalars | None, n_in: Scalar) -> Array:
        drawn = jax.random.uniform(key, like.shape, like.dtype, -1, 1)
        if used is not None and like.ndim == 2:
            drawn = packed(drawn, used)
        return drawn / root(n_in)

    def init(key: Key, params: Params, sizes: Params | None = None) -> Params:
        fields("fan_in_uniform", params, "weights", "biases")
        whole = jax.tree.map(np.shape, params) if sizes is None else sizes
        n_in = [size[0] for size in whole.weights]
        key_weights, key_biases = jax.random.split(key)

        def drawn(key: Key, name: str) -> list[Array]:
            arrays = getattr(params, name)
            used = [None] * len(arrays) if sizes is None else getattr(sizes, name)
            each = zip(jax.random.split(key, max(len(arrays), 1)), arrays, used, n_in, strict=False)
            return [uniform(*one) for one in each]

        biases = drawn(key_biases, "biases")
        hidden = len(params.weights) - 1
        offset = [b + bias_offset if at < hidden else b for at, b in enumerate(biases)]
        return params.replace(weights=tuple(drawn(key_weights, "weights")), biases=tuple(offset))

    return init
