"""Exactly one feature at a time: the limit of high sparsity, and each feature once.

Source: Elhage et al. 2022, Toy Models of Superposition, "Mathematical Understanding" (to lowest
order in the density, the loss is that of examples with one feature on); Chen et al. 2023, Dynamical
versus Bayesian Phase Transitions in a Toy Model of Superposition (arXiv 2310.06301), section 3,
which takes the limit x = μ e_i; Lecomte et al. 2024, What Causes Polysemanticity? (arXiv
2312.03096), section 2, which trains on the basis vectors.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import Count, factory
from superpos.data.source import stateless
from superpos.random import uniform_columns, uniform_rows
from superpos.types import Array, Batch, Key, KeyData, Source, vectors


@factory
def one_sparse(*, n_features: Count, stratified: bool = False) -> Source:
    """One feature is on: x = μ e_i with i uniform over the features and μ uniform on [0, 1].

    Args:
        n_features: number of features, >= 1.
        stratified: draw the batch with less variance, for the same distribution of each example:
            features take turns from a random one on, and the values of a feature are one in each
            of equal parts of [0, 1]. With a multiple of n_features as batch_size every feature
            comes equally often.

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal.

    Raises:
        ArgumentError: a value is out of range.
    """

    def sample(key: Key, batch_size: int) -> Batch:
        index, value = drawn(*uniform_rows(key, (2, batch_size)))
        values = jnp.where(index[:, None] == jnp.arange(n_features)[None], value[:, None], 0.0)
        return Batch(inputs=values, targets=values, factors=values)

    def columns(words: KeyData, batch_size: int) -> tuple[list[Array], list[Array]]:
        index, value = drawn(*uniform_columns(words, (2, batch_size)))
        values = [jnp.where(index == feature, value, 0.0) for feature in range(n_features)]
        return values, values

    def drawn(u: Array, value: Array) -> tuple[Array, Array]:
        """Which feature is on and its value, each (batch,)."""
        if not stratified:
            return _index(u, n_features), value
        number = jnp.arange(len(u))
        turn = (number + _index(u[0], n_features)) % n_features
        return turn, (number // n_features + value) / -(-len(u) // n_features)

    return stateless(sample, None if stratified else columns, vectors(n_features))


@factory
def identity(*, n_features: Count) -> Source:
    """The basis vectors: each feature alone, with value 1.

    Args:
        n_features: number of features, >= 1.

    Returns:
        A Source whose batches have inputs, targets and factors (batch, n_features), float32, all
        three equal. Features take turns from a random one on, so that a batch of n_features
        examples has each feature once.

    Raises:
        ArgumentError: a value is out of range.
    """

    def sample(key: Key, batch_size: int) -> Batch:
        first = jax.random.randint(key, (), 0, n_features)
        turn = (jnp.arange(batch_size) + first) % n_features
        values = jax.nn.one_hot(turn, n_features, dtype=jnp.float32)
        return Batch(inputs=values, targets=values, factors=values)

    return stateless(sample, gives=vectors(n_features))


def _index(u: Array, n_features: int) -> Array:
    """Uniform numbers on [0, 1] as indices of features, int32."""
    return jnp.minimum((u * n_features).astype(jnp.int32), n_features - 1)
