"""Weights times α, a layer alone or all layers: what changes of a classifier, and what does not."""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.gauge.scale.networks import QUICK, Networks
from superpos import metrics
from superpos.gauge import Group, scaling, symmetries
from superpos.losses import softmax_cross_entropy
from superpos.models import MlpParams
from superpos.types import Array, Model

ALPHAS = (1 / 3, 3.0)
"""What weights are multiplied by."""
CURVE = np.geomspace(0.1, 10, 31)
"""The same, for the figure."""


class Scaled(NamedTuple):
    """Weights times α; of each of several networks, α in ALPHAS, a layer alone or all layers.

    Attributes:
        features: ‖W‖²/m of every layer over what it was, over α² where it was scaled, furthest
            from 1, (networks,) of deviations.
        outputs: outputs over α for each layer that was scaled, the largest relative deviation from
            what they were, (networks,).
        decisions: examples decided otherwise, (networks,).
        accuracy: of the networks as they were, (networks,).
        loss: the largest relative change of the cross entropy, (networks,).
        curve: ‖W‖²/m, examples decided rightly, and cross entropy, each over what it was, for the
            first layer times α in CURVE, (networks, 3, len(CURVE)).
    """

    features: np.ndarray
    outputs: np.ndarray
    decisions: np.ndarray
    accuracy: np.ndarray
    loss: np.ndarray
    curve: np.ndarray


def scaled(found: Networks) -> Scaled:
    """Multiply the weights of each layer alone, and of all layers; see `Scaled`."""
    n_layers = len(found.params.weights)
    sets = np.vstack([np.eye(n_layers), np.ones(n_layers)])
    factors = np.concatenate([alpha**sets for alpha in ALPHAS])
    first = np.where(np.arange(n_layers) == 0, CURVE[:, None], 1.0)
    every = np.concatenate([np.ones((1, n_layers)), factors, first])

    @functools.partial(jax.jit, compiler_options=QUICK)
    def of_one(params: MlpParams) -> dict[str, Array]:
        def row(factor: Array) -> dict[str, Array]:
            weights = tuple(W * f for W, f in zip(params.weights, factor, strict=True))
            outputs = _outputs(
                found.model, dataclasses.replace(params, weights=weights), found.inputs
            )
            right = metrics.decisions(outputs) == metrics.decisions(found.targets)
            return {
                "features": jnp.stack([metrics.features_per_dimension(W) for W in weights]),
                "outputs": outputs,
                "decisions": metrics.decisions(outputs),
                "right": right.sum(),
                "loss": _loss(outputs, found.targets),
            }

        return jax.lax.map(row, jnp.asarray(every))

    rows = [jax.tree.map(np.asarray, of_one(params)) for params in found.each]
    found_of = [_compared(each, factors) for each in rows]
    columns = {name: np.array([each[name] for each in found_of]) for name in found_of[0]}
    return Scaled(**columns)


def _compared(rows: dict[str, np.ndarray], factors: np.ndarray) -> dict[str, Any]:
    """Rows by `factors`, and those of the curve, against the first: the network as it was."""
    end = len(factors) + 1
    before, after, along = (
        {name: row[part] for name, row in rows.items()}
        for part in (0, slice(1, end), slice(end, None))
    )
    curve = [
        along["features"][:, 0] / before["features"][0],
        along["right"] / max(before["right"], 1),
        along["loss"] / before["loss"],
    ]
    n_examples = len(before["decisions"])
    scale = factors.prod(1)[:, None, None]
    largest = np.abs(before["outputs"]).max()
    return {
        "features": np.abs(after["features"] / before["features"] / factors**2 - 1).max(),
        "outputs": np.abs(after["outputs"] / scale - before["outputs"]).max() / largest,
        "decisions": (after["decisions"] != before["decisions"]).sum(1).max(),
        "accuracy": before["right"] / n_examples,
        "loss": np.abs(after["loss"] / before["loss"] - 1).max(),
        "curve": np.array(curve),
    }


def biased_decisions(found: Networks) -> tuple[np.ndarray, np.ndarray]:
    """Decisions that change where a layer of a network with biases is scaled, (networks,) twice.

    Its weights alone, first; then with the biases from there on, most over layers. Both for α in
    ALPHAS.
    """
    n_layers = len(found.params.weights)
    weights, biases = ([f"{name}.{i}" for i in range(n_layers)] for name in ("weights", "biases"))

    def changed(params: MlpParams, group: Group) -> Array:
        before = metrics.decisions(_outputs(found.model, params, found.inputs))
        after = [_outputs(found.model, group.act(a, params), found.inputs) for a in ALPHAS]
        return jnp.max(jnp.stack([(metrics.decisions(z) != before).sum() for z in after]))

    @functools.partial(jax.jit, compiler_options=QUICK)
    def of_one(params: MlpParams) -> tuple[Array, Array]:
        alone = changed(params, scaling("scale", {"weights.0": 1}))
        full = [symmetries.layer_scale(weights, biases, layer) for layer in range(n_layers)]
        return alone, jnp.max(jnp.stack([changed(params, group) for group in full]))

    alone, together = np.array([of_one(params) for params in found.each]).T
    return alone, together


def _outputs(model: Model, params: MlpParams, x: Array) -> Array:
    return jax.vmap(lambda one: model.apply(params, (), one).recon)(x)


def _loss(outputs: Array, targets: Array) -> Array:
    return softmax_cross_entropy(outputs.T, targets.T)
