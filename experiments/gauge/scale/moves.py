"""Classifiers moved along their symmetries, and along a change that is none: what changes."""

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from experiments.gauge.scale.dimensions import of_classifier, unit_form
from experiments.gauge.scale.networks import QUICK, Networks
from superpos import metrics
from superpos.gauge import Group, candidates, symmetries
from superpos.gauge.matrices import product
from superpos.models import MlpParams
from superpos.types import Array, Key

N_ELEMENTS = 10
"""Elements that are drawn of a group."""
Changes = Mapping[str, Mapping[str, np.ndarray]]
"""Group -> what -> largest relative change over elements, (networks,)."""
Seen = dict[str, Array]
"""Outputs, probabilities and measures of a network."""


def changes_of(found: Networks, key: Key) -> Changes:
    """Draw elements of each group and say how far they move outputs and measures.

    Args:
        found: networks without biases with one hidden layer.
        key: for the elements, the same for all networks.
    """
    seen = [
        jax.tree.map(np.asarray, _orbits(params, found.inputs, jax.random.clone(key)))
        for params in found.each
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


def groups_of(params: MlpParams) -> list[Group]:
    """The symmetries of a ReLU classifier with one hidden layer; and a rotation, which is none."""
    last = symmetries.layer_scale(["weights.0", "weights.1"], layer=1)
    known, _ = candidates(params, params.weights[0].shape[-2])
    return [*known, last, symmetries.rotation("weights.0")]


def unit_features(found: Networks) -> np.ndarray:
    """Features per dimension with every unit at norm 1, (networks,)."""
    forms = jax.vmap(unit_form)(found.params.weights[0])
    return np.asarray(metrics.features_per_dimension(forms))


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
