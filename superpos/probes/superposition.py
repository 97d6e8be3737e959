"""What is measured of a toy autoencoder while it trains."""

import jax

from superpos import metrics
from superpos.arguments import Count, factory
from superpos.types import Array, Key, Model, Params, Probe, Source, State


@factory
def superposition(*, model: Model, source: Source, batch_size: Count) -> Probe:
    """The loss on fresh data, and how the features share the hidden space.

    Args:
        model: a model whose parameters have a matrix W (n_features, n_hidden).
        source: where the fresh batch comes from.
        batch_size: examples in it, >= 1.

    Returns:
        A Probe of loss (), feature_norms (n_features,), feature_dimensionality (n_features,) and
        features_per_dimension ().

    Raises:
        ArgumentError: a value is out of range.
    """

    def probe(params: Params, state: State, key: Key) -> dict[str, Array]:
        key_batch, key_loss = jax.random.split(key)
        loss, _ = model.loss(params, state, source.sample(key_batch, batch_size), key_loss)
        return {
            "loss": loss,
            "feature_norms": metrics.feature_norms(params.W),
            "feature_dimensionality": metrics.feature_dimensionality(params.W),
            "features_per_dimension": metrics.features_per_dimension(params.W),
        }

    return probe
