"""How the polytopes of a toy autoencoder form while it trains."""

from superpos import metrics
from superpos.arguments import Count, NonNegative, factory
from superpos.evaluations.superposition import superposition
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State


@factory
def geometry(
    *, model: Model, source: Source, batch_size: Count, threshold: NonNegative = 0.1
) -> Evaluation:
    """What `superposition` measures, the tegum factors, and the spectrum of the frame operator.

    Args:
        model: a model whose parameters have a matrix W (n_features, n_hidden).
        source: where the fresh batch comes from.
        batch_size: examples in it, >= 1.
        threshold: inner products up to this size count as 0 between factors, >= 0.

    Returns:
        An Evaluation of the results of `superposition` and tegum_factors (n_features,), the label
        of the component of each feature; component_sizes (n_features,), features in it;
        frame_spectrum (n_hidden,), eigenvalues from the largest down; frame_residuals
        (n_features,), how far a feature is from an eigenvector.

    Raises:
        ArgumentError: a value is out of range.
    """
    shared = superposition(model=model, source=source, batch_size=batch_size)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        labels = metrics.tegum_factors(params.W, threshold=threshold)
        return {
            **shared.measure(params, state, key),
            "tegum_factors": labels,
            "component_sizes": metrics.component_sizes(labels),
            "frame_spectrum": metrics.frame_spectrum(params.W),
            "frame_residuals": metrics.frame_residual(params.W),
        }

    per_feature = ("tegum_factors", "component_sizes", "frame_residuals")
    dims = {**dict.fromkeys(per_feature, ("feature",)), "frame_spectrum": ("hidden",)}
    return Evaluation(measure, {**shared.dims, **dims})
