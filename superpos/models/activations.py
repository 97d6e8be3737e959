"""Activations by name: of a model's output, and of its hidden layer."""

from collections.abc import Callable, Mapping
from typing import Literal

import jax

from superpos.types import Array

Activation = Literal["relu", "linear", "gelu"]
HiddenActivation = Literal["linear", "relu", "gelu", "solu"]


def solu(x: Array) -> Array:
    """Each neuron times its share of a softmax over them all.

    Args:
        x: the neurons lead, (n_hidden, ...).

    Returns:
        The same shape.

    Reference:
        Elhage et al. 2022, Softmax Linear Units, the definition without its layer norm.
    """
    return x * jax.nn.softmax(x, axis=0)


def gelu(x: Array) -> Array:
    """Each number times the probability that a standard normal one is below it; no approximation.

    Reference:
        Hendrycks & Gimpel 2016, Gaussian Error Linear Units (arXiv 1606.08415), section 2.
    """
    return jax.nn.gelu(x, approximate=False)


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "linear": lambda x: x,
    "gelu": gelu,
    "solu": solu,
}
"""Every activation by name; neurons lead, for one example or for a batch."""
