"""How features share the hidden space."""

import jax.numpy as jnp

from superpos import metrics
from superpos.arguments import factory
from superpos.required import check_matrix
from superpos.types import Array, Evaluation, Key, Model, Params, State


@factory
def superposition(*, model: Model | None = None) -> Evaluation:
    """Norms and dimensionalities of features, of a model whose parameters have a matrix W.

    Args:
        model: the model, to be looked at now; None leaves that to when it is measured.

    Returns:
        An Evaluation of feature_norms (n_features,), feature_dimensionality (n_features,) and
        features_per_dimension (), of the dimensions that `model` has in use.

    Raises:
        ArgumentError: the parameters of the model have no W.
    """
    check_matrix(model)
    width = None if model is None else model.width

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del state, key
        unused = 1.0 if width is None else params.W.shape[-1] / jnp.floor(jnp.asarray(width))
        return {
            "feature_norms": metrics.feature_norms(params.W),
            "feature_dimensionality": metrics.feature_dimensionality(params.W),
            "features_per_dimension": metrics.features_per_dimension(params.W) * unused,
        }

    per_feature = ("feature_norms", "feature_dimensionality")
    return Evaluation(measure, dict.fromkeys(per_feature, ("feature",)))
