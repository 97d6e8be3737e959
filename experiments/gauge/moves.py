"""Classifiers moved along their symmetries, and along changes that are none: what changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.gauge.measures import of_classifier, unit_form
from experiments.gauge.networks import Networks
from superpos import metrics
from superpos.gauge import Group, scaling, symmetries
from superpos.losses import softmax_cross_entropy
from superpos.models import MlpParams
from superpos.types import Array, Key, Model

ALPHAS = (1 / 3, 3.0)
"""What weights are multiplied by."""
CURVE = np.geomspace(0.1, 10, 31)
"""The same, for the figure."""
N_ELEMENTS = 10
"""Elements that are drawn of a group."""


class Scaled(NamedTuple):
    """Weights times α; of each of several networks, α in ALPHAS, a layer alone or all layers.

    Attributes:
        features: ‖W‖²/m of every layer over what it was, over α² where it was scaled, furthest
            from 1, (networks,) of deviations.
        outputs: outputs over α for each layer that was scaled, the largest relative deviation from
            what they were, (networks,).
        decisions: examples decided otherwise, (networks,).
        accuracy: the accuracy as it was, and the largest change of it, (2, networks).
        loss: the largest relative change of the cross entropy, (networks,).
        curve: cross entropy for α in CURVE, the first layer, (networks, len(CURVE)).
    """

    features: np.ndarray
    outputs: np.ndarray
    decisions: np.ndarray
    accuracy: np.ndarray
    loss: np.ndarray
    curve: np.ndarray


Changes = Mapping[str, Mapping[str, np.ndarray]]
"""Group -> what -> largest relative change over elements, (networks,)."""


def scaled(found: Networks) -> Scaled:
    """Multiply the weights of layers; see `Scaled`. Biases stay as they are."""

    @jax.jit
    def of_one(params: MlpParams) -> tuple[Array, ...]:
        before = _outputs(found.model, params, found.inputs)
        n_layers = len(params.weights)
        sets = [[layer] for layer in range(n_layers)] + [list(range(n_layers))]
        rows = [_row(found, params, before, layers, a) for layers in sets for a in ALPHAS]
        worst = [jnp.max(jnp.stack(column)) for column in zip(*rows, strict=True)]
        right = metrics.accuracy(before, found.targets)
        curve = jax.vmap(lambda a: _loss(a * before, found.targets))(jnp.asarray(CURVE))
        return worst[0], worst[1], worst[2], jnp.stack([right, worst[3]]), worst[4], curve

    columns = jax.vmap(of_one)(found.params)
    features, outputs, decisions, accuracy, loss, curve = map(np.asarray, columns)
    return Scaled(features, outputs, decisions, accuracy.T, loss, curve)


def _row(
    found: Networks, params: MlpParams, before: Array, layers: Sequence[int], alpha: float
) -> tuple[Array, ...]:
    """Deviation of features and outputs, decisions that change, changes of accuracy and loss."""
    group = scaling("scale", {f"weights.{layer}": 1 for layer in layers})
    moved = group.act(alpha, params)
    after = _outputs(found.model, moved, found.inputs)
    powers = [alpha**2 if layer in layers else 1.0 for layer in range(len(params.weights))]
    ratios = [
        metrics.features_per_dimension(new) / metrics.features_per_dimension(old) / power
        for new, old, power in zip(moved.weights, params.weights, powers, strict=True)
    ]
    right = [metrics.accuracy(outputs, found.targets) for outputs in (before, after)]
    losses = [_loss(outputs, found.targets) for outputs in (before, after)]
    return (
        jnp.max(jnp.abs(jnp.stack(ratios) - 1)),
        _change(after / alpha ** len(layers), before),
        jnp.sum(metrics.decisions(after) != metrics.decisions(before)).astype(before.dtype),
        jnp.abs(right[1] - right[0]),
        jnp.abs(losses[1] - losses[0]) / losses[0],
    )


def groups_of(params: MlpParams) -> list[Group]:
    """The symmetries of a ReLU classifier with one hidden layer; and a rotation, which is none."""
    last = symmetries.layer_scale(["weights.0", "weights.1"], layer=1)
    return [*symmetries.candidates(params), last, symmetries.rotation("weights.0")]


def moved(found: Networks, key: Key) -> Changes:
    """Draw elements of each group and say how far they move outputs and measures.

    Args:
        found: networks without biases with one hidden layer.
        key: for the elements, the same for all networks.
    """
    one = jax.tree.map(lambda leaf: leaf[0], found.params)
    groups = groups_of(one)

    @jax.jit
    @jax.vmap
    def of_one(params: MlpParams) -> dict[str, dict[str, Array]]:
        return {
            group.name: _changes(
                lambda each: _seen(found, each), params, group, jax.random.fold_in(key, number)
            )
            for number, group in enumerate(groups)
        }

    return jax.tree.map(np.asarray, of_one(found.params))


def unit_features(found: Networks) -> np.ndarray:
    """Features per dimension with every unit at norm 1, the furthest from 1, (networks,)."""
    forms = jax.vmap(unit_form)(found.params.weights[0])
    return np.asarray(metrics.features_per_dimension(forms))


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

    @jax.jit
    @jax.vmap
    def of_one(params: MlpParams) -> tuple[Array, Array]:
        alone = changed(params, scaling("scale", {"weights.0": 1}))
        full = [symmetries.layer_scale(weights, biases, layer) for layer in range(n_layers)]
        return alone, jnp.max(jnp.stack([changed(params, group) for group in full]))

    alone, together = of_one(found.params)
    return np.asarray(alone), np.asarray(together)


def _seen(found: Networks, params: MlpParams) -> dict[str, Array]:
    outputs = _outputs(found.model, params, found.inputs)
    return {
        "outputs": outputs,
        "probabilities": jax.nn.softmax(outputs, axis=-1),
        **of_classifier(params, found.inputs),
    }


def _changes(
    seen: Callable[[Any], dict[str, Array]], params: Any, group: Group, key: Key
) -> dict[str, Array]:
    """What is seen -> its largest relative change over elements of a group."""
    keys = jax.random.split(key, N_ELEMENTS)
    after = jax.lax.map(lambda k: seen(group.act(group.sample(k, params), params)), keys)
    before = seen(params)
    return {
        name: jnp.max(jax.vmap(_change, (0, None))(after[name], before[name])) for name in before
    }


def _change(after: Array, before: Array) -> Array:
    """Largest difference over the largest entry of either, ()."""
    return jnp.max(jnp.abs(after - before)) / jnp.maximum(
        jnp.max(jnp.abs(after)), jnp.max(jnp.abs(before))
    )


def _outputs(model: Model, params: MlpParams, x: Array) -> Array:
    return jax.vmap(lambda one: model.apply(params, (), one).recon)(x)


def _loss(outputs: Array, targets: Array) -> Array:
    return softmax_cross_entropy(outputs.T, targets.T)
