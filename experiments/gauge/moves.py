"""Classifiers moved along their symmetries, and along changes that are none: what changes."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.gauge.measures import of_classifier, unit_form
from experiments.gauge.networks import Networks
from superpos import metrics
from superpos.gauge import Group, scaling, symmetries
from superpos.gauge.matrices import product
from superpos.losses import softmax_cross_entropy
from superpos.models import MlpParams
from superpos.types import Array, Key, Model

ALPHAS = (1 / 3, 3.0)
"""What weights are multiplied by."""
CURVE = np.geomspace(0.1, 10, 31)
"""The same, for the figure."""
N_ELEMENTS = 10
"""Elements that are drawn of a group."""
QUICK: Any = {"xla_backend_optimization_level": 0}
"""Options for programs that take seconds to compile and milliseconds to run."""


class Scaled(NamedTuple):
    """Weights times α; of each of several networks, α in ALPHAS, a layer alone or all layers.

    Attributes:
        features: ‖W‖²/m of every layer over what it was, over α² where it was scaled, furthest
            from 1, (networks,) of deviations.
        outputs: outputs over α for each layer that was scaled, the largest relative deviation from
            what they were, (networks,).
        decisions: examples decided otherwise, (networks,).
        accuracy: of the networks as they were, (networks,).
        accuracy_change: the largest change of it, (networks,).
        loss: the largest relative change of the cross entropy, (networks,).
        curve: ‖W‖²/m, examples decided rightly, and cross entropy, each over what it was, for the
            first layer times α in CURVE, (networks, 3, len(CURVE)).
    """

    features: np.ndarray
    outputs: np.ndarray
    decisions: np.ndarray
    accuracy: np.ndarray
    accuracy_change: np.ndarray
    loss: np.ndarray
    curve: np.ndarray


Changes = Mapping[str, Mapping[str, np.ndarray]]
"""Group -> what -> largest relative change over elements, (networks,)."""
Seen = dict[str, Array]
"""Outputs, probabilities and measures of a network."""


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

    rows = [jax.tree.map(np.asarray, of_one(params)) for params in _each(found.params)]
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
        "accuracy_change": np.abs(after["right"] - before["right"]).max() / n_examples,
        "loss": np.abs(after["loss"] / before["loss"] - 1).max(),
        "curve": np.array(curve),
    }


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
    seen = [
        jax.tree.map(np.asarray, _orbits(params, found.inputs, jax.random.clone(key)))
        for params in _each(found.params)
    ]
    return {
        group.name: {
            what: np.array(
                [_largest_change(after[number][what], before[what]) for before, after in seen]
            )
            for what in seen[0][0]
        }
        for number, group in enumerate(groups_of(found.params))
    }


@functools.partial(jax.jit, compiler_options=QUICK)
def _orbits(params: MlpParams, x: Array, key: Key) -> tuple[Seen, list[Seen]]:
    """What is seen of a network, and with a leading axis of elements of what each group makes."""
    groups = groups_of(params)

    def elements(key: Key) -> list[MlpParams]:
        keys = [jax.random.fold_in(key, number) for number in range(len(groups))]
        pairs = zip(groups, keys, strict=True)
        return [group.act(group.sample(k, params), params) for group, k in pairs]

    orbits = jax.vmap(elements)(jax.random.split(key, N_ELEMENTS))
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *orbits)
    flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), together)
    after = jax.lax.map(lambda each: _seen(each, x), flat)
    return _seen(params, x), [
        {
            name: values.reshape(len(groups), N_ELEMENTS, *values.shape[1:])[number]
            for name, values in after.items()
        }
        for number in range(len(groups))
    ]


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

    @functools.partial(jax.jit, compiler_options=QUICK)
    def of_one(params: MlpParams) -> tuple[Array, Array]:
        alone = changed(params, scaling("scale", {"weights.0": 1}))
        full = [symmetries.layer_scale(weights, biases, layer) for layer in range(n_layers)]
        return alone, jnp.max(jnp.stack([changed(params, group) for group in full]))

    alone, together = np.array([of_one(params) for params in _each(found.params)]).T
    return alone, together


def _seen(params: MlpParams, x: Array) -> Seen:
    W, U = params.weights
    outputs = product(jax.nn.relu(product(x, W)), U)
    softened = jax.nn.softmax(outputs, axis=-1)
    return {"outputs": outputs, "probabilities": softened, **of_classifier(params, x)}


def _largest_change(after: np.ndarray, before: np.ndarray) -> float:
    """Over elements the largest difference, relative to the largest entry before or after."""
    axes = tuple(range(1, after.ndim))
    size = np.maximum(np.abs(after).max(axes), np.abs(before).max())
    return float((np.abs(after - before).max(axes) / size).max())


def _each(params: MlpParams) -> list[MlpParams]:
    """The networks one by one."""
    n = len(params.weights[0])
    return [jax.tree.map(lambda leaf, at=at: leaf[at], params) for at in range(n)]


def _outputs(model: Model, params: MlpParams, x: Array) -> Array:
    return jax.vmap(lambda one: model.apply(params, (), one).recon)(x)


def _loss(outputs: Array, targets: Array) -> Array:
    return softmax_cross_entropy(outputs.T, targets.T)
