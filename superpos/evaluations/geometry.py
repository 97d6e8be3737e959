"""How the polytopes of a toy autoencoder form."""

from superpos import metrics
from superpos.arguments import NonNegative, factory
from superpos.required import check_matrix
from superpos.types import Array, Evaluation, Key, Model, Params, State


@factory
def geometry(*, model: Model | None = None, threshold: NonNegative = 0.1) -> Evaluation:
    """Tegum factors and the spectrum of the frame operator, of a model whose parameters have W.

    Args:
        model: the model, to be looked at now; None leaves that to when it is measured.
        threshold: inner products up to this size count as 0 between factors, >= 0.

    Returns:
        An Evaluation of tegum_factors (n_features,), the label of the component of each feature;
        component_sizes (n_features,), features in it; frame_spectrum (n_hidden,), eigenvalues from
        the largest down; frame_residuals (n_features,), how far a feature is from an eigenvector.

    Raises:
        ArgumentError: a value is out of range, or the parameters of the model have no W.
    """
    check_matrix(model)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del state, key
        labels = metrics.tegum_factors(params.W, threshold=threshold)
        return {
            "tegum_factors": labels,
            "component_sizes": metrics.component_sizes(labels),
            "frame_spectrum": metrics.frame_spectrum(params.W),
            "frame_residuals": metrics.frame_residual(params.W),
        }

    per_feature = ("tegum_factors", "component_sizes", "frame_residuals")
    dims = {**dict.fromkeys(per_feature, ("feature",)), "frame_spectrum": ("hidden",)}
    return Evaluation(measure, dims)
