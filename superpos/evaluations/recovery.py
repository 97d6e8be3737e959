"""How well a sparse autoencoder has recovered features that are known.

Source: SynthSAEBench (arXiv 2602.14687), with the definitions of SAELens 6.54.12.
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp

from superpos import metrics
from superpos.arguments import ArgumentError, Count, MaybeAtLeastOne, factory, shown
from superpos.data.source import draw
from superpos.metrics.recovery import detection_scores, direction_scores, reconstruction_scores
from superpos.required import check_batch, check_fit, require
from superpos.types import Array, Evaluation, Key, Model, Params, Scalar, Source, State


@factory
def recovery(
    *,
    model: Model,
    source: Source,
    batch_size: Count,
    n_batches: Count = 1,
    width: MaybeAtLeastOne = None,
    selection: Literal["threshold", "batch"] = "threshold",
) -> Evaluation:
    """The scores of SynthSAEBench and others, against the directions and factors of a source.

    The examples are the same for all members of a sweep. Where a source does not say what the
    directions of its features are, each feature is an input.

    Args:
        model: one whose parameters have W_dec, (n_latents, n_inputs), or W, the transpose of it.
        source: where fresh batches come from, with factors that are known.
        batch_size: examples in a batch, >= 1; memory grows with it.
        n_batches: batches, >= 1; of all examples inputs and reconstructions are kept at a time.
        width: latents that count, the first of them, in [1, n_latents]; a fraction is dropped. None
            is those that the model has in use.
        selection: which latents of BatchTopK and of Matryoshka are active: "threshold", those above
            their threshold, as where a trained autoencoder is used (Bussmann et al. 2024, arXiv
            2412.06410); or "batch", the k·batch_size largest of each batch, as in training and as
            SynthSAEBench scores them. For other models both are the same.

    Returns:
        An Evaluation of mcc, uniqueness, mmcs and latent_mmcs, of directions alone; precision,
        recall, f1 and accuracy, means over latents; code_l0, true_l0 and dead_latents; shrinkage,
        explained_variance_centred and explained_variance_uncentred; all (). Then feature_cosine
        (n_features,), the largest cosine of a feature with a latent; and latent_match and latent_f1
        (n_latents,), the feature that a latent stands for and how well it detects it.

    Raises:
        ArgumentError: a value is out of range, the source does not give what the model takes or
            does not know its features, or the model has no decoder or fewer latents.
    """
    check_fit(source, model)
    features = _directions(source)
    params, _ = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    if not (hasattr(params, "W_dec") or hasattr(params, "W")):
        raise ArgumentError("model: expected parameters with a decoder, W_dec")
    n_latents = jax.eval_shape(_decoder, params).shape[0]
    counted = _counted(model.width if width is None else width, n_latents)

    apply = jax.vmap(model.apply, in_axes=(None, None, 0))
    if selection == "batch" and model.apply_batch is not None:
        apply = model.apply_batch

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        W_dec = _decoder(params)
        matches = metrics.best_matches(W_dec, features)

        def of_batch(number: Array) -> dict[str, Array]:
            batch = draw(source, jax.random.fold_in(key, number), batch_size, params)
            check_batch(batch, model, batch_size)
            found = apply(params, state, batch.inputs)
            return {
                "counts": metrics.detection_counts(found.code, batch.factors, matches),
                "code_l0": metrics.l0(found.code),
                "true_l0": metrics.l0(batch.factors),
                "inputs": batch.inputs,
                "recon": found.recon,
            }

        parts = jax.lax.map(of_batch, jnp.arange(n_batches))
        counts = jnp.sum(parts["counts"], axis=0)
        used = jnp.arange(n_latents) < jnp.asarray(counted).astype(jnp.int32)
        inputs, recon = (jnp.concatenate(parts[name]) for name in ("inputs", "recon"))
        fit = reconstruction_scores(recon, inputs)
        fit["explained_variance_centred"] = fit.pop("explained_variance")
        feature_cosine = metrics.max_cosine_similarity(W_dec, features, used)
        return {
            **direction_scores(W_dec, features, used),
            **detection_scores(counts, used),
            **fit,
            **{name: jnp.mean(parts[name]) for name in ("code_l0", "true_l0")},
            "dead_latents": jnp.sum(used & (jnp.sum(counts[:, :2], axis=1) == 0)),
            "mmcs": jnp.mean(feature_cosine),
            "feature_cosine": feature_cosine,
            "latent_match": matches,
            "latent_f1": metrics.latent_f1(counts),
        }

    per_latent = ("latent_match", "latent_f1")
    dims = {**dict.fromkeys(per_latent, ("latent",)), "feature_cosine": ("feature",)}
    return Evaluation(measure, dims)


def _counted(width: Scalar | None, n_latents: int) -> Scalar:
    """How many latents count.

    Raises:
        ArgumentError: more than there are; one line.
    """
    if width is None:
        return n_latents
    require(
        lambda width: width <= n_latents,
        [width],
        lambda: f"width={shown(width)}: expected at most the {n_latents} latents of the model",
    )
    return width


def _directions(source: Source) -> Array:
    """Of the features of a source.

    Raises:
        ArgumentError: they are not known; one line.
    """
    if source.directions is not None:
        return source.directions
    batch = jax.eval_shape(lambda: draw(source, jax.random.key(0), 1))
    if batch.factors.shape != batch.inputs.shape:
        raise ArgumentError(
            "source: expected one that knows the directions of its features, such as embedded"
        )
    return jnp.eye(batch.inputs.shape[1])


def _decoder(params: Any) -> Array:
    """The decoder, (n_latents, n_inputs)."""
    return params.W_dec if hasattr(params, "W_dec") else params.W.T
