"""What is measured of a toy autoencoder while it trains."""

from superpos import metrics
from superpos.arguments import Count, factory
from superpos.evaluations.loss import loss
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State


@factory
def superposition(*, model: Model, source: Source, batch_size: Count) -> Evaluation:
    """The loss on fresh data, and how the features share the hidden space.

    Args:
        model: a model whose parameters have a matrix W (n_features, n_hidden).
        source: where the fresh batch comes from.
        batch_size: examples in it, >= 1.

    Returns:
        An Evaluation of loss (), feature_norms (n_features,), feature_dimensionality (n_features,)
        and features_per_dimension ().

    Raises:
        ArgumentError: a value is out of range.
    """
    fresh_loss = loss(model=model, source=source, batch_size=batch_size)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        return {
            **fresh_loss.measure(params, state, key),
            "feature_norms": metrics.feature_norms(params.W),
            "feature_dimensionality": metrics.feature_dimensionality(params.W),
            "features_per_dimension": metrics.features_per_dimension(params.W),
        }

    per_feature = ("feature_norms", "feature_dimensionality")
    return Evaluation(measure, dict.fromkeys(per_feature, ("feature",)))
